"""Changes of a scheme taken back: a new version in which the labels are what they were in an earlier one."""

from collections.abc import Container, Sequence
from typing import Any

from django.db import transaction

from labeling.models import Label, Project, SchemeChange, SchemeOperation, User
from labeling.selectors.label_names import label_names
from labeling.selectors.label_scheme import LaterLabel, later_labels, step_words
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.scheme.relabel import start_relabeling
from labeling.services.validation.errors import Invalid

#: Rows of one statement.
BATCH_LABELS = 100
#: What makes new labels of old ones, perhaps under their names.
_BY_NEW_LABELS = (SchemeOperation.MERGE, SchemeOperation.SPLIT)


@transaction.atomic
def undo_changes(
    user: User, project: Project, *, to: Any = None, reason: Any = "", version: Any = None
) -> SchemeChange:
    """Takes all changes since version ``to`` back, the newest first; without it the newest alone. Nothing that was said
    is lost, and undoing an undo does the changes again.

    What was said meanwhile by labels that the changes had brought is read as an export by that version reads it: parts
    of a split as the label they were parts of; a label that others had been merged into says nothing any more, for
    nobody knows which it was, and is asked again by the job that is left behind. Raises Invalid (``to``, ``version``,
    ``reason``).
    """
    reason = versions.checked_reason(reason)
    number = versions.locked(project, version)
    if number == 1:
        raise Invalid("version", "Nothing was changed yet.")
    back_to = number - 1 if to is None else _checked(to, number)
    changes = list(SchemeChange.objects.filter(project=project, number__gte=back_to).order_by("number"))
    before = _uncertain(project)
    _restore(project, changes)
    if to is not None and versions.means_the_same(changes[-1].labels, versions.state_of(list(project.labels.all()))):
        raise Invalid("to", f"The labels are what they were in version {back_to}.")
    versions.announce(project)
    details = {"to": back_to, "steps": [step_words(change) for change in reversed(changes[1:])]}
    change = versions.write(project, SchemeOperation.UNDO, details, user=user, reason=reason, undoes=number)
    said = {"version": change.number, "undoes": number, "to": back_to, "reason": reason}
    record("project.labels_undone", user=user, project=project, subject=str(number), after=said)
    if before != _uncertain(project):
        start_relabeling(user, project, change.number)
    return change


def _checked(to: Any, number: int) -> int:
    if not isinstance(to, int) or isinstance(to, bool) or not 1 <= to < number:
        raise Invalid("to", f"Expected the number of a version before {number}, the one of now.")
    return to


def _uncertain(project: Project) -> set[str]:
    """What answers say that does not count."""
    return set(label_names(project).uncertain)


def _restore(project: Project, changes: Sequence[SchemeChange]) -> None:
    """Brings the rows back to what they were in the first of the versions; those that came later are kept, out of
    use."""
    labels = {label.identity: label for label in project.labels.all()}
    state = {row["identity"]: row for row in changes[0].labels}
    made = [label for identity, label in labels.items() if identity not in state]
    names = {row["name"] for row in state.values()}
    taken = names | {label.name for label in labels.values()}
    later = later_labels(changes)
    for label in made:
        came = later.get(label.identity, LaterLabel(label.name, changes[-1].number, SchemeOperation.SET))
        if (came.operation in _BY_NEW_LABELS and not label.archived) or label.name in names:
            versions.give_way(label, changes[-1].number, taken)
        label.archived, label.hotkey, label.read_as, label.is_split = True, "", came.read_as, came.is_split
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
