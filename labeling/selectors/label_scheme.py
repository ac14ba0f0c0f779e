"""What a change of the label scheme would do, and the versions there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count

from labeling.kinds import kind_of
from labeling.models import Annotation, Project, SchemeChange
from labeling.selectors.label_names import label_names


@dataclass(frozen=True)
class SchemeEffect:
    """Of a change that is not made yet: ``answers`` give the labels it is about, ``asked_again`` items are opened."""

    answers: int
    asked_again: int


def version_now(project: Project) -> int:
    return SchemeChange.objects.filter(project=project).values_list("number", flat=True).first() or 1


def effect(project: Project, labels: Collection[str], *, asks_again: bool) -> SchemeEffect:
    """``labels`` by what they are called. Reads the different answers there are, each once."""
    kind, scheme = kind_of(project), label_names(project)
    wanted = {scheme.identity(name) for name in labels}
    current = Annotation.objects.current().filter(project=project, item__isnull=False)
    told = [
        answer
        for (answer,) in current.order_by().values_list("answer").distinct()
        if not wanted.isdisjoint(kind.labels_of(scheme.read(answer)))
    ]
    if not told:
        return SchemeEffect(0, 0)
    theirs = current.filter(answer__in=told)
    counts = theirs.aggregate(answers=Count("pk"), items=Count("item", distinct=True))
    return SchemeEffect(counts["answers"], counts["items"] if asks_again else 0)


def words_of(change: SchemeChange) -> str:
    """What was done, as a sentence without who and when."""
    return _WORDS[change.operation](change.details)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _set_words(details: Mapping[str, Collection[str]]) -> str:
    said = [f"{_listed(details[what])} {what}" for what in ("added", "retired", "described") if details.get(what)]
    return f"Label set changed: {'; '.join(said)}." if said else "Label set changed."


_WORDS = {
    "start": lambda details: "The first version.",
    "rename": lambda details: f"“{details['from']}” renamed to “{details['into']}”.",
    "merge": lambda details: f"{_listed(details['from'])} merged into “{details['into']}”.",
    "split": lambda details: f"“{details['from']}” split into {_listed(details['into'])}.",
    "retire": lambda details: f"“{details['label']}” retired.",
    "describe": lambda details: f"“{details['label']}” described.",
    "set": _set_words,
    "undo": lambda details: f"Undone: {_WORDS[details['operation']](details)}",
}
