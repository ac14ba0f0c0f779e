"""The kinds of question, one package each, and their registry.

Whatever differs by kind is asked of the kind (``kind_of(project)``); what differs by what is asked about stands in a
``PerSubject`` table beside the code that needs it.
"""

from labeling.kinds.aggregate import Aggregate
from labeling.kinds.base import NO_FAMILY, PAIR_SETTINGS, Distance, QuestionKind
from labeling.kinds.classification import Classification
from labeling.kinds.multilabel import Multilabel
from labeling.kinds.pairwise import Pairwise
from labeling.kinds.question import InvalidAnswer, Question
from labeling.kinds.rating import Rating
from labeling.kinds.subject import PerSubject, Subject
from labeling.kinds.words import KindWords
from labeling.models import Project

KINDS: dict[str, QuestionKind] = {
    kind.name: kind
    for kind in (
        Classification(),
        Multilabel(),
        Pairwise(),
        Rating(),
    )
}


def kind_of(project: Project) -> QuestionKind:
    return KINDS[project.kind]


def kind_choices() -> list[tuple[str, str]]:
    """The kinds there are, as the choices of a field: name and title."""
    return [(kind.name, kind.words.title) for kind in KINDS.values()]


__all__ = [
    "KINDS",
    "NO_FAMILY",
    "PAIR_SETTINGS",
    "Aggregate",
    "Distance",
    "InvalidAnswer",
    "KindWords",
    "PerSubject",
    "Question",
    "QuestionKind",
    "Subject",
    "kind_choices",
    "kind_of",
]
