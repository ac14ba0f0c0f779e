"""A server, and its projects."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypedDict, Unpack, cast

import httpx

from querent_client.errors import InvalidRequest, NotThere
from querent_client.exports import ProjectExports
from querent_client.imports import ProjectImports
from querent_client.invitations import ProjectInvitations
from querent_client.models import (
    AnnotationOut,
    ItemOut,
    MemberOut,
    MetricsOut,
    PredictedOut,
    PredictionFeedbackOut,
    ProductionOut,
    ProjectOut,
    RoleEnum,
    SchemeOutcomeOut,
    SchemeVersionOut,
    TokenOut,
)
from querent_client.prediction_files import ProjectPredictionFiles
from querent_client.predictions import ProjectPredictions
from querent_client.releases import ProjectReleases
from querent_client.retries import Retries
from querent_client.reviews import ProjectReviews
from querent_client.runs import ProjectRuns
from querent_client.tasks import ProjectTasks
from querent_client.transport import Transport

TIMEOUT_S = 60.0


class Client:
    """One Querent server, for the owner of a token. Close it, or use it as a context; it may be shared by threads.

    ``timeout_s`` is how long a single read or write may stand still, ``retries`` how often and how patiently requests
    are sent again, ``http`` another transport of httpx, for tests or a proxy.
    """

    def __init__(
        self, url: str, token: str | None = None, *, timeout_s: float = TIMEOUT_S, retries: Retries | None = None,
        http: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._transport = Transport(url, token, timeout_s=timeout_s, retries=retries or Retries(), http=http)

    @classmethod
    def from_environment(cls, **options: Any) -> Self:
        """The server and token of ``QUERENT_URL`` (else the one that ``make run`` starts) and ``QUERENT_TOKEN``."""
        token = os.environ.get("QUERENT_TOKEN")
        if not token:
            raise ValueError("Set QUERENT_TOKEN: a token is made on the page “API tokens”.")
        return cls(os.environ.get("QUERENT_URL") or "http://127.0.0.1:8000", token, **options)

    @classmethod
    def sign_in(
        cls, url: str, username: str, password: str, *, scopes: Sequence[str] | None = None,
        project: str | None = None, expires_in_days: int | None = None, **options: Any,
    ) -> Self:  # fmt: skip
        """A client with a new token, limited as asked. The token stays until it is revoked or has run out."""
        limits = {"scopes": scopes, "project": project, "expires_in_days": expires_in_days}
        made = cls(url, **options)
        try:
            token = made.new_token(username, password, **{name: value for name, value in limits.items() if value})
        except BaseException:
            made.close()
            raise
        made._transport.authorize(token["token"])
        return made

    def new_token(self, username: str, password: str, **limits: Any) -> TokenOut:
        """A token, by name and password; ``limits`` as in ``sign_in``."""
        body = {"username": username, "password": password, **limits}
        return cast(TokenOut, self._transport.json("auth_token", body=body))

    def __repr__(self) -> str:
        return f"Client({self._transport.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def projects(self) -> Iterator[ProjectOut]:
        """The projects you are in."""
        return self._transport.pages("projects_list")

    def project(self, slug: str) -> "Project":
        """A project by its slug; nothing is asked before something is wanted of it."""
        return Project(self._transport, slug)

    def create_project(
        self, *, name: str, kind: str, modality: str, labels: Sequence[str | Mapping[str, Any]] = (),
        slug: str | None = None, purpose: str = "", instructions: str = "", settings: Mapping[str, Any] | None = None,
    ) -> "Project":  # fmt: skip
        """A new project with you as its manager. Labels are names, or ``{"name", "hotkey", "description"}``.

        Only with a ``slug`` is it asked for again when an answer was lost: without one there would be two.
        """
        body: dict[str, Any] = {
            "name": name, "kind": kind, "modality": modality, "purpose": purpose, "instructions": instructions,
            "labels": [{"name": label} if isinstance(label, str) else dict(label) for label in labels],
        }  # fmt: skip
        if slug:
            body["slug"] = slug
        if settings:
            body["settings"] = dict(settings)
        try:
            made = self._transport.json("projects_create", body=body, repeatable=bool(slug))
        except InvalidRequest as refused:
            if not (slug and refused.answer_lost and refused.field == "slug"):
                raise
            made = self.project(slug).read()  # made by the attempt whose answer was lost, unless it is another's
            if (made["name"], made["kind"], made["modality"]) != (name, kind, modality):
                raise
        return self.project(made["slug"])


class Measure(TypedDict, total=False):
    """Answers a day and in all: a goal is told to the person, a quota ends what is asked, None is none. ``paused`` with
    its note asks nothing until it is False."""

    goal_day: int | None
    goal_total: int | None
    quota_day: int | None
    quota_total: int | None
    paused: bool
    pause_note: str


class Project:
    """One project: ``imports``, ``tasks``, ``reviews``, ``runs``, ``releases``, ``export``, ``invitations``, and what
    it says of itself."""

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self.slug = transport, slug
        self.imports = ProjectImports(transport, slug)
        self.tasks = ProjectTasks(transport, slug)
        self.predictions = ProjectPredictions(transport, slug)
        self.prediction_files = ProjectPredictionFiles(transport, slug)
        self.releases = ProjectReleases(transport, slug)
        self.runs = ProjectRuns(transport, slug)
        self.export = ProjectExports(transport, slug)
        self.invitations = ProjectInvitations(transport, slug)
        self.reviews = ProjectReviews(transport, slug)

    def __repr__(self) -> str:
        return f"Project({self.slug!r})"

    def predict(
        self, rows: Sequence[Mapping[str, Any]], *, version: int | None = None, force: bool = False,
        caller: str | None = None, explain: bool = False,
    ) -> list[PredictedOut]:  # fmt: skip
        """What the model in use, or the one of a number, says of up to 1,000 texts or table rows, in their order.

        A row that cannot be read has the status ``refused`` and its reason. While the predictor starts or is busy it is
        asked again by itself. ``caller`` says for whom it is asked: in a release each meets the same version.
        ``explain`` adds ``why``, of up to 20 rows: the labeled items most like each, and what spoke for and against.
        """
        query: dict[str, Any] = {
            "version": version, "force": force or None, "caller": caller, "explain": explain or None,
        }  # fmt: skip
        body = {"rows": [dict(row) for row in rows]}
        return cast(list[PredictedOut], self._transport.json("predict", slug=self.slug, query=query, body=body))

    def feedback(self, rows: Sequence[Mapping[str, Any]]) -> PredictionFeedbackOut:
        """Says of up to 1,000 predictions what they are (``label``, ``labels``, ``rating``), or whether they were
        ``right`` or ``clicked``: ``[{"prediction": id, "label": "spam"}, …]``. Bad rows are refused by their number;
        to send all again changes nothing."""
        body = {"rows": [dict(row) for row in rows]}
        return cast(PredictionFeedbackOut, self._transport.json("feedback", slug=self.slug, body=body))

    def production(self) -> ProductionOut:
        """How many doubtful predictions came back to people, wait, and what feedback weighs."""
        return cast(ProductionOut, self._transport.json("production_retrieve", slug=self.slug))

    def read(self) -> ProjectOut:
        """Name, kind, labels, settings."""
        return cast(ProjectOut, self._transport.json("projects_read", slug=self.slug))

    def change(self, **fields: Any) -> ProjectOut:
        """Changes ``name``, ``labels``, ``purpose``, ``instructions``, ``settings`` or ``archived``."""
        return cast(ProjectOut, self._transport.json("projects_change", slug=self.slug, body=fields))

    def label_versions(self) -> Iterator[SchemeVersionOut]:
        """The versions of the label scheme, newest first; none while it is what it was at first."""
        return self._transport.pages("labels_versions", slug=self.slug)

    def merge_labels(self, names: Sequence[str], into: str, **how: Any) -> SchemeOutcomeOut:
        """Makes one label of several. ``how``: ``reason``, ``version`` (the one you saw), ``preview``."""
        body = {"names": list(names), "into": into, **how}
        return cast(SchemeOutcomeOut, self._transport.json("labels_merge", slug=self.slug, body=body))

    def split_label(self, name: str, parts: Sequence[str], **how: Any) -> SchemeOutcomeOut:
        """Makes several labels of one, and has its items asked again. ``how`` as in ``merge_labels``."""
        body = {"name": name, "parts": list(parts), **how}
        return cast(SchemeOutcomeOut, self._transport.json("labels_split", slug=self.slug, body=body))

    def undo_labels(self, **how: Any) -> SchemeOutcomeOut:
        """Takes the last change of the labels back, or all since version ``to``. ``how`` as in ``merge_labels``."""
        return cast(SchemeOutcomeOut, self._transport.json("labels_undo", slug=self.slug, body=how))

    def delete(self) -> None:
        """Deletes the project with everything in it."""
        try:
            self._transport.json("projects_delete", slug=self.slug)
        except NotThere as error:
            if not error.answer_lost:
                raise

    def items(
        self, *, split: str | None = None, status: str | None = None, answered: bool | None = None,
        label: str | None = None, q: str | None = None,
    ) -> Iterator[ItemOut]:  # fmt: skip
        """The items, in the order of import; ``q`` is looked for in text and external id."""
        query = {"split": split, "status": status, "answered": answered, "label": label, "q": q}
        return self._transport.pages("items_list", slug=self.slug, query=query)

    def annotations(
        self, *, split: str | None = None, source: str | None = None, annotator: str | None = None,
        since: datetime | str | None = None,
    ) -> Iterator[AnnotationOut]:  # fmt: skip
        """Every answer with its revisions, newest last."""
        query = {"split": split, "source": source, "annotator": annotator, "since": since}
        return self._transport.pages("annotations_list", slug=self.slug, query=query)

    def metrics(self) -> MetricsOut:
        """Progress, labels, learning curve, agreement, throughput."""
        return cast(MetricsOut, self._transport.json("metrics", slug=self.slug))

    def members(self) -> Iterator[MemberOut]:
        return self._transport.pages("members_list", slug=self.slug)

    def set_member(self, username: str, role: RoleEnum) -> MemberOut:
        """Adds a person, or gives them another role."""
        body = {"username": username, "role": role}
        return cast(MemberOut, self._transport.json("members_set", slug=self.slug, body=body, repeatable=True))

    def change_member(self, username: str, **fields: Unpack[Measure]) -> MemberOut:
        """How much a person is asked; what is left out stays."""
        return cast(MemberOut, self._transport.json("members_change", slug=self.slug, username=username, body=fields))

    def remove_member(self, username: str) -> None:
        try:
            self._transport.json("members_remove", slug=self.slug, username=username)
        except NotThere as error:
            if not error.answer_lost:
                raise
