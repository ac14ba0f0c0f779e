"""The versions of a label scheme, in words."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from labeling.models import Project, SchemeChange


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
