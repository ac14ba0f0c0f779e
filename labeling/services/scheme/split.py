"""One label that becomes several: nobody knows which of them was meant, so what was said is asked again."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from django.db import transaction

from labeling.kinds import LabelNames, kind_of
from labeling.models import Label, Project, SchemeChange, SchemeOperation, User
from labeling.services.audit.trail import record
from labeling.services.scheme import versions
from labeling.services.scheme.new_labels import MAX_NAME, free_hotkeys, free_key, in_use_or_refused, refuse_name
from labeling.services.scheme.relabel import start_relabeling
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_PARTS = 50


@transaction.atomic
def split_label(
    user: User, project: Project, name: Any, parts: Any, *, reason: Any = "", version: Any = None
) -> SchemeChange:
    """Takes a label out of use for two or more: names of new labels, its own name may be among them, or of labels in
    use. Answers that gave it are kept and count for nothing until they are given anew; the job that is left behind
    opens their items.

    Raises Invalid (``name``, ``parts``, ``reason``, ``version``).
    """
    reason = versions.checked_reason(reason)
    number = versions.locked(project, version)
    labels = {label.name: label for label in project.labels.all()}
    label, names = to_split(project, labels, name, parts)
    old_name, hotkey, taken = label.name, label.hotkey, set(labels)
    versions.give_way(label, number, taken)
    label.is_split = True
    label.save(update_fields=["name", "key", "archived", "hotkey", "is_split"])
    identities = {other.identity for other in labels.values()}
    keys = chain([hotkey] if hotkey else [], (key for key in free_hotkeys(labels) if not key or key != hotkey))
    for place, part in enumerate(names):
        if part in labels and part != old_name:
            continue
        made = Label(
            project=project, name=part, key=free_key(part, identities), hotkey=next(keys),
            position=label.position + place,
        )  # fmt: skip
        identities.add(made.identity)
        made.save()
    _make_room(project, label.position, names)
    versions.announce(project)
    details = {"from": old_name, "into": names}
    change = versions.write(project, SchemeOperation.SPLIT, details, user=user, reason=reason)
    said = {"labels": names, "version": change.number, "reason": reason}
    record("project.labels_split", user=user, project=project, subject=old_name, before={"label": old_name}, after=said)
    start_relabeling(user, project, change.number)
    return change


def to_split(project: Project, labels: Mapping[str, Label], name: Any, parts: Any) -> tuple[Label, list[str]]:
    """The label and the names of its parts. Raises Invalid."""
    if why := kind_of(project).refuse_scheme:
        raise Invalid("name", why)
    label = in_use_or_refused(labels, "name", name)
    if not isinstance(parts, list | tuple):
        raise Invalid("parts", "Expected a list of names.")
    names = [text("parts", part, max_length=MAX_NAME, required=True) for part in parts]
    if not 2 <= len(names) <= MAX_PARTS:
        raise Invalid("parts", f"A label is split into 2 to {MAX_PARTS} labels.")
    for place, part in enumerate(names):
        if twin := LabelNames(names[:place]).find(part):
            raise Invalid("parts", f"{twin!r} is given twice.")
        if part not in labels or labels[part].archived:
            refuse_name(project, labels, "parts", part, {label.name})
    return label, names


def _make_room(project: Project, position: int, names: list[str]) -> None:
    """The parts stand where the label stood, the others behind them."""
    later = [label for label in project.labels.in_use() if label.position > position and label.name not in names]
    for label in later:
        label.position += len(names)
    Label.objects.bulk_update(later, ["position"])
