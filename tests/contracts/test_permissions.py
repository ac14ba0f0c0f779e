"""Every address, page or REST, as everybody: one table of actions says who may, and both doors give the same verdict.

An address that is not found here fails the suite, and so does a view that does not say what it does.
"""

import gzip
import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import HttpResponseNotAllowed
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from labeling.models import (
    Action,
    Asset,
    BulkStep,
    Context,
    ImportBatch,
    ImportDraft,
    Invitation,
    KnownAnswer,
    Pair,
    Quarantine,
    ReviewDecision,
    Snapshot,
    Task,
)
from labeling.services.machines.manage import add_machine
from learning.models import Alert, ModelVersion, PredictionCaller, PredictionFile, Release, Run, SimilarSearch
from learning.services import files
from tests.factories import make_answer, make_items
from tests.learning.predictor import served_in_process

pytestmark = pytest.mark.django_db

ROLES = ("manager", "reviewer", "annotator", "viewer", "stranger", "anonymous")
MEMBERS = ROLES[:4]
VIEW = ("manager", "reviewer", "viewer")
LABEL = ("manager", "reviewer", "annotator")
REVIEW = ("manager", "reviewer")
MANAGE = ("manager",)
SIGNED_IN = ROLES[:5]
EVERYBODY = ROLES

#: Written down a second time, so that a slip in the table of the product is seen. Strangers get 404, members without
#: the right 403, who is not signed in 401 over REST and the sign-in page elsewhere.
WHO = {
    Action.PROJECT_READ: MEMBERS,
    Action.PROJECT_CHANGE: MANAGE,
    Action.PROJECT_DELETE: MANAGE,
    Action.TASKS_ANSWER: LABEL,
    Action.TASKS_SEE_OWN_PICTURE: MEMBERS,
    Action.IMPORTS_READ: MANAGE,
    Action.IMPORTS_START: MANAGE,
    Action.ITEMS_READ: VIEW,
    Action.ITEMS_SET_ASIDE: REVIEW,
    Action.ITEMS_ASK_AGAIN: REVIEW,
    Action.ITEMS_BULK: REVIEW,
    Action.ITEMS_BULK_ALL: MANAGE,
    Action.GOLD_READ: REVIEW,
    Action.GOLD_CHANGE: REVIEW,
    Action.PRACTICE_CHANGE: MANAGE,
    Action.REVIEWS_READ: REVIEW,
    Action.REVIEWS_DECIDE: REVIEW,
    Action.REVIEWS_CHANGE: MANAGE,
    Action.COMMENTS_READ: MEMBERS,
    Action.COMMENTS_WRITE: MEMBERS,
    Action.CONTEXTS_READ: VIEW,
    Action.CONTEXTS_SET_ASIDE: REVIEW,
    Action.CONTEXTS_DELETE: MANAGE,
    Action.ANNOTATIONS_READ: VIEW,
    Action.METRICS_READ: VIEW,
    Action.EXPORT: VIEW,
    Action.SNAPSHOTS_READ: VIEW,
    Action.SNAPSHOTS_START: REVIEW,
    Action.NAMES_READ: REVIEW,
    Action.MEMBERS_READ: REVIEW,
    Action.MEMBERS_CHANGE: MANAGE,
    Action.INVITATIONS_READ: MANAGE,
    Action.INVITATIONS_CHANGE: MANAGE,
    Action.PEOPLE_READ: MANAGE,
    Action.MACHINES_READ: REVIEW,
    Action.MACHINES_CHANGE: MANAGE,
    Action.PREDICTIONS_READ: REVIEW,
    Action.PREDICTIONS_CHANGE: MANAGE,
    Action.OWN_WORK_READ: MEMBERS,
    Action.QUARANTINES_READ: REVIEW,
    Action.QUARANTINES_CHANGE: MANAGE,
    Action.AUDIT_READ: MANAGE,
    Action.STORAGE_READ: MANAGE,
    Action.RUNS_READ: VIEW,
    Action.RUNS_CHANGE: MANAGE,
    Action.MODELS_READ: VIEW,
    Action.MODELS_PREDICT: VIEW,
    Action.FEEDBACK_GIVE: VIEW,
    Action.SERVED_READ: MANAGE,
    Action.CALLERS_CHANGE: MANAGE,
    Action.MODELS_PROMOTE: MANAGE,
    Action.RELEASES_READ: VIEW,
    Action.RELEASES_CHANGE: MANAGE,
    Action.MAP_CHANGE: MANAGE,
    Action.QUEUE_READ: MANAGE,
    Action.RANKING_READ: VIEW,
    Action.ALERTS_READ: VIEW,
    Action.ALERTS_RESOLVE: MANAGE,
}
#: Addresses that are about no project.
OUTSIDE = {
    ("api:schema", "get"): EVERYBODY,
    ("api:docs", "get"): EVERYBODY,
    ("api:auth-token", "post"): EVERYBODY,
    ("api:projects", "get"): SIGNED_IN,
    ("api:projects", "post"): (),
    ("pages:projects", "get"): SIGNED_IN,
    ("pages:projects", "post"): SIGNED_IN,
    ("pages:project-new", "get"): (),
    ("pages:project-new", "post"): (),
    ("pages:preview", "post"): SIGNED_IN,
    ("pages:sign-in", "get"): EVERYBODY,
    ("pages:sign-in", "post"): EVERYBODY,
    ("pages:sign-out", "post"): EVERYBODY,
    ("pages:join", "get"): EVERYBODY,
    ("pages:reset", "get"): EVERYBODY,
    ("pages:reset", "post"): EVERYBODY,
    ("pages:join", "post"): EVERYBODY,
    ("pages:password", "get"): SIGNED_IN,
    ("pages:password", "post"): SIGNED_IN,
    ("pages:tokens", "get"): SIGNED_IN,
    ("pages:tokens", "post"): SIGNED_IN,
    ("pages:tokens-revoke-all", "post"): SIGNED_IN,
    ("pages:help", "get"): EVERYBODY,
    ("api:audit", "get"): (),
    ("api:audit-file", "get"): (),
    ("pages:audit", "get"): (),
    ("pages:room", "get"): (),
    ("pages:room", "post"): (),
}
#: Where more than the role decides.
SPECIAL = {
    # only the person whose task or token it is: for everybody else there is none
    ("api:task-answer", "put"): ("annotator",),
    ("api:task-answer", "delete"): ("annotator",),
    ("api:task-skip", "post"): ("annotator",),
    # each answer is taken or refused for itself
    ("api:task-answers", "put"): SIGNED_IN,
    ("api:practice-answer", "put"): (),
    ("api:practice-skip", "post"): (),
    ("pages:token-revoke", "post"): (),
    # the annotator was asked about it
    ("api:item-preview", "get"): MEMBERS,
    # nobody's answer to it was sent back
    ("api:item-comments", "post"): REVIEW,
    ("pages:item-reply", "post"): REVIEW,
    ("api:task-preview", "get"): MEMBERS,
    # says to everybody who is signed in whether questions are put to them; strangers learn that there is no project
    ("pages:annotate-state", "get"): SIGNED_IN,
}
#: 404 for this project, which is not of their kind; who may not come in is refused all the same.
OF_OTHER_KINDS = {"learning-pages:ranking"}
#: where a member without the right gets 404 instead of 403: it is somebody else's
HIDDEN = {"api:task-answer", "api:task-skip", "api:practice-answer", "api:practice-skip", "pages:token-revoke"}
BODIES = {
    ("api:projects", "post"): {"name": "New", "kind": "classification", "modality": "text"},
    ("api:project", "patch"): {"purpose": "Sort."},
    ("api:label-merge", "post"): {"names": ["ham", "spam"], "into": "mail", "preview": True},
    ("api:label-split", "post"): {"name": "spam", "parts": ["a", "b"], "preview": True},
    ("api:label-retire", "post"): {"name": "spam", "preview": True},
    ("api:label-describe", "post"): {"name": "spam", "description": "bad", "preview": True},
    ("api:members", "post"): {"username": "viewer", "role": "viewer"},
    ("api:roster", "post"): {"rows": [{"username": "stranger"}, {"username": "somebody new"}]},
    ("api:quarantines", "post"): {"annotator": "annotator", "reason": "always left"},
    ("api:quarantine-lift", "post"): {"reason": "we talked"},
    ("learning-api:people-without", "post"): {"people": ["annotator"]},
    ("learning-api:similar", "post"): {"text": "hello"},
    ("learning-api:predict", "post"): {"rows": [{"text": "hello"}]},
    ("learning-api:feedback", "post"): {"rows": [{"prediction": "1", "right": True}]},
    ("api:member-practice-waive", "post"): {"reason": "we talked"},
    ("api:member-practice-reset", "post"): {"reason": "we talked"},
    ("api:member-gold-waive", "post"): {"reason": "we talked"},
    ("api:item-comments", "post"): {"text": "Why?"},
    ("api:items-bulk", "post"): {"step": "review", "view": {}, "confirmed": True},
    ("api:imports", "post"): {"rows": [{"text": "hello"}]},
    ("api:snapshots", "post"): {},
    ("api:machines", "post"): {"name": "keywords", "version": "1"},
    ("api:predictions-import", "post"): {"rows": []},
    ("pages:machines", "post"): {"name": "keywords", "version": "1"},
    ("api:task-next", "post"): {"count": 1},
    ("api:task-answer", "put"): {"answer": {"label": "ham"}},
    ("api:task-answers", "put"): {"answers": [{"task": 1, "answer": {"label": "ham"}}]},
    ("api:task-skip", "post"): {"reason": "unclear"},
    ("api:practice-next", "post"): {"count": 1},
    ("api:practice-answer", "put"): {"answer": {"label": "ham"}},
    ("api:practice-skip", "post"): {"reason": "unclear"},
    ("api:auth-token", "post"): {"username": "nobody", "password": "nothing"},
    ("learning-api:model-promote", "post"): {"reason": "looks better"},
    ("learning-api:model-pin", "post"): {"pinned": True},
    ("learning-api:model-stand-in", "post"): {"stands_in": False, "reason": "to compare"},
    ("learning-api:rollback", "post"): {"reason": "looks worse"},
    ("learning-api:caller-stop", "post"): {"reason": "it asks nonsense"},
    ("learning-api:caller-allow", "post"): {"reason": "mended"},
    ("learning-api:releases", "post"): {"candidate": 2, "reason": "newer"},
    ("learning-api:release-promote", "post"): {"reason": "looks better"},
    ("learning-api:release-roll-back", "post"): {"reason": "looks worse"},
    ("pages:sign-in", "post"): {"username": "nobody", "password": "nothing"},
    ("pages:member-role", "post"): {"role": "viewer"},
    ("pages:quarantine-set", "post"): {"annotator": "annotator", "reason": "always left"},
    ("pages:quarantine-lift", "post"): {"reason": "we talked"},
    ("learning-pages:models", "post"): {"reason": "looks worse"},
    ("learning-pages:model", "post"): {"reason": "looks better"},
}


METHODS = ("get", "post", "put", "patch", "delete")


def methods_of(view) -> list[str]:
    """Those a view takes: what a class has, or what a function does not refuse before it looks at anything else."""
    if hasattr(view, "view_class"):
        taken = view.view_class.http_method_names
        return [name for name in METHODS if name in taken and hasattr(view.view_class, name)]
    taken = []
    for method in METHODS[:2]:
        request = getattr(RequestFactory(SERVER_NAME="localhost"), method)("/")
        request.user = AnonymousUser()
        if not isinstance(view(request, slug="-"), HttpResponseNotAllowed):
            taken.append(method)
    return taken


def every_address():
    """(full url name, route, method, view) of everything but the console and what has no name."""
    found = []

    def walk(patterns, prefix, namespace):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                if pattern.namespace != "admin":
                    walk(pattern.url_patterns, route, pattern.namespace or namespace)
            elif isinstance(pattern, URLPattern) and pattern.name:
                view = pattern.callback
                found.extend((f"{namespace}:{pattern.name}", route, method, view) for method in methods_of(view))

    walk(get_resolver().url_patterns, "/", "")
    return [row for row in found if (row[0], row[2]) not in NOT_TAKEN]


#: Refused as 405, but only to who has signed in.
NOT_TAKEN = {
    ("pages:help", "post"), ("pages:sign-in", "put"), ("pages:password", "put"), ("pages:preview", "get"),
    ("pages:token-revoke", "get"), ("pages:tokens-revoke-all", "get"),
}  # fmt: skip


def action_of(view, method: str) -> Action | None:
    """What the view says it does: the declaration that its door reads."""
    owner = getattr(view, "view_class", view)
    return getattr(owner, "actions", {}).get(method.upper())


def who_may(name: str, view, method: str) -> tuple[str, ...]:
    if (name, method) in SPECIAL:
        return SPECIAL[name, method]
    action = action_of(view, method)
    return WHO[action] if action else OUTSIDE[name, method]


@pytest.fixture
def things(project, people, settings, monkeypatch):
    """One of everything that an address can name."""
    served_in_process(monkeypatch)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"auth": None}}
    path = default_storage.save("originals/x", ContentFile(PNG))
    asset = Asset.objects.create(
        project=project, sha256="0" * 64, path=path, size_bytes=len(PNG), format="PNG", media_type="image/png",
        mode="L", width=1, height=1,
    )  # fmt: skip
    item, *_ = make_items(project, ["a", "b"], asset=asset)
    annotation = make_answer(item, people.annotator, {"label": "ham"})
    KnownAnswer.objects.create(project=project, item=item, answer={"label": "ham"}, origin="hand")
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    two = make_items(project, ["c", "d"], asset=asset)
    pair = Pair.objects.create(project=project, context=context, first=two[0], second=two[1], split="pool")
    pair_task = Task.objects.create(
        project=project, pair=pair, left=two[1], annotator=people.annotator, reason="random", state="expired",
        lease_expires_at=timezone.now(),
    )  # fmt: skip
    file = default_storage.save("snapshots/x", ContentFile(b"{}\n"))
    snapshot = Snapshot.objects.create(
        project=project, format="jsonl", rows="items", state="done", path=file, sha256="1" * 64, size_bytes=3,
        certificate=CERTIFICATE,
    )  # fmt: skip
    batch = ImportBatch.objects.create(project=project, format="rows", path="x", state="done")
    upload = default_storage.save("uploads/x", ContentFile(b"text\nhello\n"))
    draft = ImportDraft.objects.create(project=project, format="csv", path=upload)
    run = Run.objects.create(project=project, trigger="manual")
    model = ModelVersion.objects.create(
        project=project, number=1, trained_on=1, learner="logistic", path="learning/gone.zip"
    )
    newer = ModelVersion.objects.create(project=project, number=2, trained_on=2, learner="logistic")
    Release.objects.create(
        project=project, number=1, candidate=newer, champion=model, mode="shadow", share=0, promotes=False
    )
    alert = Alert.objects.create(project=project, kind="run_failed", message="fit: no memory")
    review = ReviewDecision.objects.create(project=project, item=item, reviewer=people.manager, verdict="set_aside")
    quarantine = Quarantine.objects.create(
        project=project, annotator=people.reviewer, reason="a coin", set_by=people.manager, since_change=1
    )
    step = BulkStep.objects.create(
        project=project, created_by=people.manager, do="review", chosen=BulkStep.packed(0), state="done"
    )
    machine, _ = add_machine(people.manager, project, name="judge", version="1")
    return SimpleNamespace(
        item=item, task=annotation.task_id, context=context, pair_task=pair_task, snapshot=snapshot, batch=batch,
        draft=draft, invitation=Invitation.issue(project=project, role="annotator", expires_at=timezone.now())[0],
        machine=machine, review=review, step=step,
        caller=PredictionCaller.objects.create(project=project, caller="user:0"),
        file=PredictionFile.objects.create(
            project=project, asked_by=people.viewer, file_name="a.csv", format="csv", size_bytes=1, sha256="0" * 64,
            state="done",
            parts=[[*files.store("learning/x/predicted", ".jsonl.gz", gzip.compress(b'{"row": 1}\n', mtime=0)), 1]],
        ),
        search=SimilarSearch.objects.create(project=project, key="k", item=item),
        run=run, model=model, alert=alert, quarantine=quarantine, member=project.members.get(user=people.viewer),
    )  # fmt: skip


CERTIFICATE = {
    "rows": {"read": 1, "written": 1, "skipped": 0}, "items": 1, "answers": 1, "columns": [], "losses": [],
    "cannot_hold": [], "checks": [],
}  # fmt: skip
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63680000008200817"
    "7cd72b60000000049454e44ae426082"
)


#: what addresses need behind a question mark
QUERIES = {
    "api:predictions": "?machine=judge&version=1", "api:predictions-import": "?machine=judge",
    "learning-api:compare": "?models=1,2",
}  # fmt: skip


def address(route, name, things):
    job = things.batch if ":import" in name else things.run if ":run" in name else things.snapshot
    job = things.step if ":items-bulk" in name else job
    job = things.draft if name == "pages:import-draft" else job
    job = things.search if name.endswith(":similar-found") else job
    job = things.file if ":prediction-file" in name else job
    pk = things.task if ":task-" in name else things.model.pk if ":model" in name else things.item.pk
    pk = things.caller.pk if ":caller-" in name else pk
    pk = things.alert.pk if ":alert" in name else things.context.pk if ":context" in name else pk
    pk = things.quarantine.pk if name == "api:quarantine-lift" else pk
    pk = things.review.pk if name.endswith(":review-undo") else pk
    pk = things.pair_task.pk if name == "api:task-preview" else pk
    pk = things.invitation.pk if name.endswith(":invitation-revoke") else pk
    pk = things.member.pk if name == "pages:member" or name.startswith("pages:member-") else pk
    pk = things.quarantine.pk if name == "pages:quarantine-lift" else pk
    pk = things.alert.pk if name == "learning-pages:alert" else pk
    pk = things.machine.pk if ":machine" in name else pk
    values = {
        "<slug:slug>": "sms", "<str:username>": "viewer", "<uuid:public_id>": str(job.public_id), "<int:pk>": str(pk),
        "<str:part>": "left", "<int:number>": str(things.model.number),
    }  # fmt: skip
    for placeholder, value in values.items():
        route = route.replace(placeholder, value)
    return route + QUERIES.get(name, "")


ADDRESSES = every_address()
IDS = [f"{name}-{method}" for name, _, method, _ in ADDRESSES]


def test_every_address_says_what_it_does_or_is_named_here():
    unnamed = {
        (name, method)
        for name, _, method, view in ADDRESSES
        if (name, method) not in OUTSIDE | SPECIAL and action_of(view, method) is None
    }
    assert not unnamed
    assert not set(OUTSIDE | SPECIAL) - {(name, method) for name, _, method, _ in ADDRESSES}


def test_every_action_is_known_here_and_has_an_address():
    assert set(WHO) == set(Action)
    used = {action_of(view, method) for _, _, method, view in ADDRESSES}
    by_its_service = {Action.ITEMS_BULK_ALL}  # some steps of one address are for managers only
    assert set(Action) - used <= {Action.TASKS_SEE_OWN_PICTURE, Action.NAMES_READ, *by_its_service}


def test_a_view_that_forgets_to_say_what_it_does_is_noticed():
    """The guard itself: a view without ``actions`` has no verdict."""

    def forgetful(request, slug):
        return None

    with pytest.raises(KeyError):
        who_may("pages:forgetful", forgetful, "get")


@pytest.mark.parametrize(("name", "route", "method", "view"), ADDRESSES, ids=IDS)
def test_who_may(api, people, things, name, route, method, view):
    """Everybody meets the same things: what one does is undone before the next comes."""
    for role in ROLES:
        with transaction.atomic():
            is_answered_as_the_table_says(api, people, things, name, route, method, view, role)
            transaction.set_rollback(True)


def is_answered_as_the_table_says(api, people, things, name, route, method, view, role):
    may = role in who_may(name, view, method)
    path, given = address(route, name, things), BODIES.get((name, method))
    user = None if role == "anonymous" else getattr(people, role)
    if "api:" in name:
        response = getattr(api(user), method)(path, given, format="json")
        refused = {"anonymous": 401, "stranger": 404}
        if not may and role == "anonymous":
            assert response["WWW-Authenticate"] == "Token"
    else:
        client = Client()
        if user:
            client.force_login(user)
        response = getattr(client, method)(path, given or {})
        refused = {"anonymous": 302, "stranger": 404}
        if name == "pages:annotate-state":
            refused["anonymous"] = 401
    if may and (name in OF_OTHER_KINDS or (":prediction-file" in name and "<uuid" in route and role == "reviewer")):
        assert response.status_code == 404, "of another kind, or a file of the viewer's own"
    elif may:
        assert response.status_code not in (401, 403, 404), (role, response.content)
        assert response.status_code < 500, role
        assert name == "pages:sign-out" or not str(response.headers.get("Location", "")).startswith("/sign-in/"), role
    if may:
        return
    member = 404 if name in HIDDEN else 403
    expected = refused.get(role, member) if (name, method) not in OUTSIDE or role == "anonymous" else 403
    assert response.status_code == expected, role
    if expected == 302:
        assert response["Location"].startswith("/sign-in/"), role


def test_a_superuser_may_everywhere_but_answer_for_others(api, people, things):
    client, browser = api(people.superuser), Client()
    browser.force_login(people.superuser)
    for name, route, method, _ in ADDRESSES:
        if method == "get" and name not in {"pages:sign-in", *OF_OTHER_KINDS}:
            answer = (client if "api:" in name else browser).get(address(route, name, things))
            assert answer.status_code == 200, name


def test_what_is_not_there_is_404_in_json(api, people, things):
    client = api(people.manager)
    nowhere = uuid.uuid4()
    for path in (
        "projects/nothing/", f"projects/sms/imports/{nowhere}/", f"projects/sms/imports/{nowhere}/rejections/",
        "items/999999/original/", "items/999999/preview/", f"snapshots/{nowhere}/", f"snapshots/{nowhere}/file/",
        "nothing/", "tasks/99999999999999999999999/answer/", "items/99999999999999999999999/original/",
    ):  # fmt: skip
        response = client.get(f"/api/v1/{path}")
        assert response.status_code in (404, 405), path
        assert response.json()["detail"]
