"""Labels that a change of the scheme brings."""

from collections.abc import Container, Iterator, Mapping, Set
from itertools import count

from labeling.kinds import LabelNames, kind_of
from labeling.kinds.page_keys import AUTOMATIC_HOTKEYS, MOST_BUTTONS_WITH_HOTKEYS
from labeling.models import Label, Project
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_NAME = 200


def free_key(name: str, taken: Set[str]) -> str:
    """The key of a new label: none, unless answers say its name for another one, which is called otherwise by now."""
    if name not in taken:
        return ""
    return next(key for number in count(2) if (key := f"{name} ({number})") not in taken)


def free_hotkeys(labels: Mapping[str, Label]) -> Iterator[str]:
    """Keys that no label in use has; "" when there is none left, or when labels are found by typing."""
    in_use = [label for label in labels.values() if not label.archived]
    taken = {label.hotkey for label in in_use}
    if len(in_use) < MOST_BUTTONS_WITH_HOTKEYS:
        yield from (key for key in AUTOMATIC_HOTKEYS if key not in taken)
    while True:
        yield ""


def in_use_or_refused(labels: Mapping[str, Label], field: str, name: object) -> Label:
    """The label of this name that can be given. Raises Invalid."""
    known = text(field, name, max_length=MAX_NAME, required=True)
    label = labels.get(known)
    if label is None or label.archived:
        raise Invalid(field, f"There is no label {known!r} in use.")
    return label


def refuse_name(project: Project, labels: Mapping[str, Label], field: str, name: str, goes: Container[str]) -> None:
    """Raises Invalid where the name is that of another label, or looks like it; those that go give theirs up."""
    stays = [other for other in labels if other not in goes]
    if taken := LabelNames(stays).find(name):
        is_archived = "an archived" if labels[taken].archived else "a"
        raise Invalid(field, f"There is {is_archived} label {taken!r} already.")
    if why := kind_of(project).refuse_labels([*(other for other in stays if not labels[other].archived), name]):
        raise Invalid(field, why)
