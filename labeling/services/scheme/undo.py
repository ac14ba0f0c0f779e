"""The last change of a scheme taken back: a new version in which the labels are what they were before."""

from collections.abc import Container
from typing import Any

from django.db import transaction

from labeling.models import Label, Project, SchemeChange, SchemeOperation, User
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.scheme.relabel import start_relabeling
from labeling.services.validation.errors import Invalid

#: Rows of one statement.
BATCH_LABELS = 100
#: What makes new labels of old ones, perhaps under their names.
_BY_NEW_LABELS = (SchemeOperation.MERGE, SchemeOperation.SPLIT)


@transaction.atomic
def undo_last_change(user: User, project: Project, *, reason: Any = "", version: Any = None) -> SchemeChange:
    """Restores the labels of the version before; undoing an undo does the change again. Nothing that was said is lost.

    What was said meanwhile by labels that the change had brought: parts of a split are read as the label they were
    parts of; a label that others had been merged into says nothing any more, for nobody knows which it was, and is
    asked again by the job that is left behind. Raises Invalid (``version``, ``reason``).
    """
    reason = versions.checked_reason(reason)
    number = versions.locked(project, version)
    changes = {change.number: change for change in SchemeChange.objects.filter(project=project)[:2]}
    last, before = changes[number], changes.get(number - 1)
    if before is None:
        raise Invalid("version", "Nothing was changed yet.")
    was_split = _split(project)
    _restore(project, last, before)
    versions.announce(project)
    details = {"operation": last.operation, **last.details}
    change = versions.write(project, SchemeOperation.UNDO, details, user=user, reason=reason, undoes=last.number)
    said = {"version": change.number, "undoes": last.number, "reason": reason}
    record("project.labels_undone", user=user, project=project, subject=str(last.number), after=said)
    if was_split != _split(project):
        start_relabeling(user, project, change.number)
    return change


def _split(project: Project) -> set[int]:
    return set(project.labels.filter(is_split=True).values_list("pk", flat=True))


def _restore(project: Project, last: SchemeChange, before: SchemeChange) -> None:
    """Brings the rows back to what they were; those the change had made are kept, out of use."""
    labels = {label.identity: label for label in project.labels.all()}
    state = {row["identity"]: row for row in before.labels}
    made = [label for identity, label in labels.items() if identity not in state]
    names = {row["name"] for row in before.labels}
    taken = names | {label.name for label in labels.values()}
    for label in made:
        label.archived, label.hotkey = True, ""
        if last.operation in _BY_NEW_LABELS or label.name in names:
            versions.give_way(label, last.number, taken)
        label.read_as, label.is_split = _part_of(last, before, label), last.operation == SchemeOperation.MERGE
    there = [labels[identity] for identity in state if identity in labels]
    for label in there:  # names and hotkeys pass from one to another: all of them are let go first
        label.key, label.name, label.hotkey = label.identity, f"label {label.pk} on its way", ""
    Label.objects.bulk_update([*made, *there], [*versions.FIELDS, "key"], batch_size=BATCH_LABELS)
    gone = [Label(project=project) for identity in state if identity not in labels]
    for label, row in zip([*there, *gone], _in_order(state, labels), strict=True):
        for name in versions.FIELDS:
            setattr(label, name, row[name])
        label.key = "" if row["name"] == row["identity"] else row["identity"]
    Label.objects.bulk_update(there, [*versions.FIELDS, "key"], batch_size=BATCH_LABELS)
    Label.objects.bulk_create(gone)


def _in_order(state: dict[str, dict[str, Any]], labels: Container[str]) -> list[dict[str, Any]]:
    """What is kept of the labels that are there, then of those that are not any more."""
    return sorted(state.values(), key=lambda row: row["identity"] not in labels)


def _part_of(last: SchemeChange, before: SchemeChange, label: Label) -> str:
    """The identity of the label that was split into this one; "" of labels that came otherwise."""
    if last.operation != SchemeOperation.SPLIT:
        return ""
    by_name = {row["name"]: row["identity"] for row in before.labels}
    return str(by_name[last.details["from"]])
