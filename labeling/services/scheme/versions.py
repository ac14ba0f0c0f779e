"""Versions of a label scheme as they are written down, in the transaction of the change that makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from labeling import signals
from labeling.models import Annotation, Label, Project, SchemeChange, SchemeOperation, User
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_REASON = 1000
#: What a version keeps of each label, besides its identity.
FIELDS = ("name", "hotkey", "description", "examples", "position", "archived", "read_as", "is_split", "former_names")
#: Of these, what makes no version of its own when it changes.
_ONLY_LOOKS = frozenset(("hotkey", "position", "former_names"))

State = list[dict[str, Any]]


def state_of(labels: Sequence[Label]) -> State:
    """All labels as a version keeps them."""
    return [{"identity": label.identity, **{name: getattr(label, name) for name in FIELDS}} for label in labels]


def means_the_same(before: State, after: State) -> bool:
    """Whether two states differ in nothing but keys and order."""
    return _meaning(before) == _meaning(after)


def _meaning(state: State) -> dict[str, dict[str, Any]]:
    return {
        label["identity"]: {name: value for name, value in label.items() if name not in _ONLY_LOOKS} for label in state
    }


def checked_reason(given: Any) -> str:
    """Raises Invalid."""
    return text("reason", given or "", max_length=MAX_REASON)


def locked(project: Project, version: Any = None) -> int:
    """The version there is, under the project's lock; the first one is written down if none is. ``version`` is the one
    that a person saw: Invalid when somebody has changed the scheme since."""
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = SchemeChange.objects.filter(project=row).values_list("number", flat=True).first()
    if version is not None and version != (newest or 1):
        raise Invalid("version", f"The labels are at version {newest or 1} by now: look at what it would do again.")
    begin(row, state_of(list(project.labels.all())))
    return newest or 1


def begin(project: Project, state: State) -> None:
    """Writes the first version down, which is what there was before the first change, as of when the project was made.
    Does nothing where it is written down."""
    if not SchemeChange.objects.filter(project=project).exists():
        _first(project, state).save()


def first_version(project: Project) -> SchemeChange:
    """That of a project whose scheme was never changed. Not stored."""
    return _first(project, state_of(list(project.labels.all())))


def _first(project: Project, state: State) -> SchemeChange:
    return SchemeChange(
        project=project, number=1, operation=SchemeOperation.START, made_by_id=project.created_by_id,
        made_at=project.created_at, labels=state,
    )  # fmt: skip


def write(
    project: Project,
    operation: SchemeOperation,
    details: Mapping[str, Any],
    *,
    user: User | None,
    reason: str = "",
    undoes: int | None = None,
) -> SchemeChange:
    """The version that a change has made: the labels as they are now. The project is ``locked``."""
    rows = SchemeChange.objects.filter(project=project)
    newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"]
    return SchemeChange.objects.create(
        project=project, number=rows.values_list("number", flat=True)[0] + 1, operation=operation,
        details=dict(details), reason=reason, made_by=user, labels=state_of(list(project.labels.all())),
        after_annotation=newest or 0, undoes=undoes,
    )  # fmt: skip


def announce(project: Project) -> None:
    """Runs and pages learn of labels that came, went or mean something else; what an import looked up is stale."""
    rows = Project.objects.filter(pk=project.pk)
    rows.update(labels_version=F("labels_version") + 1, label_renames=F("label_renames") + 1)
    project.refresh_from_db(fields=["labels_version", "label_renames"])
    pk = project.pk
    transaction.on_commit(lambda: signals.labels_changed.send(Project, project_id=pk))


def renew_pages(project: Project) -> None:
    """Open pages load the labels anew; a model learns nothing by it."""
    Project.objects.filter(pk=project.pk).update(label_renames=F("label_renames") + 1)
    project.refresh_from_db(fields=["label_renames"])


def give_way(label: Label, version: int, taken: set[str]) -> None:
    """The label is called by how long it was in use: its name is free for another one. Not saved."""
    label.key = label.identity
    stem = label.name[:170]
    name = f"{stem} (until version {version})"
    number = 2
    while name in taken:
        name, number = f"{stem} (until version {version}, {number})", number + 1
    taken.add(name)
    label.name, label.archived, label.hotkey = name, True, ""
