"""The versions of a label scheme: how answers are read by each, and what was done, in words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from labeling.kinds import kind_of
from labeling.models import Label, Project, SchemeChange, SchemeOperation
from labeling.selectors.label_names import LabelIdentities, identities_of, label_names


def version_now(project: Project) -> int:
    """Version 1 is not written down before the first change."""
    return SchemeChange.objects.filter(project=project).values_list("number", flat=True).first() or 1


def words_of(change: SchemeChange) -> str:
    """What was done, as a sentence without who and when."""
    return _WORDS[change.operation](change.details)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _set_words(details: Mapping[str, Collection[str]]) -> str:
    said = [f"{_listed(details[what])} {what}" for what in ("added", "retired", "described") if details.get(what)]
    return f"Label set changed: {'; '.join(said)}." if said else "Label set changed."


def _undo_words(details: Mapping[str, Any]) -> str:
    """One step by what it had done; of several how many they are: ``steps_of`` says which."""
    steps = _steps(details)
    return (
        f"Undone: {steps[0]}" if len(steps) == 1 else f"Back to version {details['to']}: {len(steps)} changes undone."
    )


def _steps(details: Mapping[str, Any]) -> list[str]:
    """Undos of before kept the one change that they took back, as it was made."""
    return details["steps"] if "steps" in details else [_WORDS[details["operation"]](details)]


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "start": lambda details: "The first version.",
    "rename": lambda details: f"“{details['from']}” renamed to “{details['into']}”.",
    "merge": lambda details: f"{_listed(details['from'])} merged into “{details['into']}”.",
    "split": lambda details: f"“{details['from']}” split into {_listed(details['into'])}.",
    "retire": lambda details: f"“{details['label']}” retired.",
    "describe": lambda details: f"“{details['label']}” described.",
    "set": _set_words,
    "undo": _undo_words,
}


def step_words(change: SchemeChange) -> str:
    """A change as something that is undone: an undo in as many words however many undos it undid."""
    to = restored_by(change)
    return words_of(change) if to is None else f"Back to version {to}."


def steps_of(change: SchemeChange) -> list[str]:
    """What an undo took back, a sentence a step, the newest first; of other changes none."""
    return _steps(change.details) if change.operation == SchemeOperation.UNDO else []


def restored_by(change: SchemeChange) -> int | None:
    """The version whose labels an undo brought back."""
    return None if change.undoes is None else int(change.details.get("to", change.undoes - 1))


def names_at(project: Project, number: int | None = None) -> LabelIdentities:
    """How answers are read by a version of the scheme; by that of now without one.

    What was said of labels that came later is read as far as that is a function: the parts of a split as what they were
    parts of. What only a later merge would read counts for nothing, and other labels are told as they are.
    """
    if number is None or number == version_now(project):
        return label_names(project)
    return identities_of(kind_of(project), _labels_at(project, number))


def told_names(project: Project, number: int | None = None) -> list[str]:
    """The names of a version's labels in their order, archived ones too; those that were merged are told as another."""
    if number is None or number == version_now(project):
        return list(project.labels.filter(read_as="").values_list("name", flat=True))
    rows = SchemeChange.objects.get(project=project, number=number).labels
    return [row["name"] for row in rows if not row["read_as"]]


class LaterLabel(NamedTuple):
    """A label that a version does not know, as what it is read by it: ``read_as`` is the identity of the label it is a
    part of, ``is_split`` says that nobody knows which of those merged into it was meant. ``operation`` is what brought
    it, by the name it had then."""

    name: str
    version: int
    operation: str
    read_as: str = ""
    is_split: bool = False


def later_labels(changes: Sequence[SchemeChange]) -> dict[str, LaterLabel]:
    """By identity, what came after the first of these versions, which follow one another."""
    known = {row["identity"] for row in changes[0].labels}
    later: dict[str, LaterLabel] = {}
    for before, change in pairwise(changes):
        for row in change.labels:
            if row["identity"] not in known and row["identity"] not in later:
                later[row["identity"]] = _brought_by(change, row["name"], before)
    return later


def _brought_by(change: SchemeChange, name: str, before: SchemeChange) -> LaterLabel:
    came = LaterLabel(name, change.number, change.operation, is_split=change.operation == SchemeOperation.MERGE)
    if change.operation != SchemeOperation.SPLIT:
        return came
    whole = next(row["identity"] for row in before.labels if row["name"] == change.details["from"])
    return came._replace(read_as=whole)


def _labels_at(project: Project, number: int) -> list[Label]:
    """The labels of the version as they were, and those that came later as what they were then. Not stored."""
    changes = list(SchemeChange.objects.filter(project=project, number__gte=number).order_by("number"))
    rows = changes[0].labels
    names = {row["name"] for row in rows}
    there = [
        Label(key=row["identity"], name=row["name"], read_as=row["read_as"], is_split=row["is_split"]) for row in rows
    ]
    for identity, came in later_labels(changes).items():
        name = f"{came.name} (version {came.version})" if came.name in names else came.name
        there.append(Label(key=identity, name=name, read_as=came.read_as, is_split=came.is_split))
    return there
