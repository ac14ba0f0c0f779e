"""The versions of a label scheme: how answers are read by each, and what was done, in words."""

from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import Any

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


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "start": lambda details: "The first version.",
    "rename": lambda details: f"“{details['from']}” renamed to “{details['into']}”.",
    "merge": lambda details: f"{_listed(details['from'])} merged into “{details['into']}”.",
    "split": lambda details: f"“{details['from']}” split into {_listed(details['into'])}.",
    "retire": lambda details: f"“{details['label']}” retired.",
    "describe": lambda details: f"“{details['label']}” described.",
    "set": _set_words,
    "undo": lambda details: f"Undone: {_WORDS[details['operation']](details)}",
}


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


def _labels_at(project: Project, number: int) -> list[Label]:
    """The labels of the version as they were, and those that came later as what they were then. Not stored."""
    changes = list(SchemeChange.objects.filter(project=project, number__gte=number).order_by("number"))
    there = {row["identity"]: row for row in changes[0].labels}
    names = {row["name"] for row in there.values()}
    for before, change in pairwise(changes):
        of_before = {row["name"]: row["identity"] for row in before.labels}
        for row in change.labels:
            if row["identity"] in there:
                continue
            split = change.operation == SchemeOperation.SPLIT
            there[row["identity"]] = row | {
                "name": f"{row['name']} (version {change.number})" if row["name"] in names else row["name"],
                "read_as": of_before[change.details["from"]] if split else "",
                "is_split": change.operation == SchemeOperation.MERGE,
            }
    return [
        Label(key=identity, name=row["name"], read_as=row["read_as"], is_split=row["is_split"])
        for identity, row in there.items()
    ]
