"""The kinds of question, one package each, and their registry.

Whatever differs by kind is asked of the kind (``kind_of(project)``); what differs by what is asked about stands in a
``PerSubject`` table beside the code that needs it.
"""

from labeling.kinds.aggregate import Aggregate
from labeling.kinds.base import NO_FAMILY, PAIR_SETTINGS, Confusion, Distance, QuestionKind
from labeling.kinds.classification import Classification
from labeling.kinds.multilabel import Multilabel
from labeling.kinds.pairwise import Pairwise
from labeling.kinds.question import InvalidAnswer, LabelNames, Question
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


class KindNotInstalled(LookupError):
    """The project was made with a kind that this installation has no more; its rows are all there."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"This project's kind of question, “{name}”, is not installed on this server. Nothing of the project is "
            "lost: it can be worked on again as soon as the kind is back."
        )


def kind_of(project: Project) -> QuestionKind:
    """Raises KindNotInstalled."""
    try:
        return KINDS[project.kind]
    except KeyError:
        raise KindNotInstalled(project.kind) from None


def kind_choices() -> list[tuple[str, str]]:
    """The kinds there are, as the choices of a field: name and title."""
    return [(kind.name, kind.words.title) for kind in KINDS.values()]


__all__ = [
    "KINDS",
    "NO_FAMILY",
    "PAIR_SETTINGS",
    "Aggregate",
    "Confusion",
    "Distance",
    "InvalidAnswer",
    "KindNotInstalled",
    "KindWords",
    "LabelNames",
    "PerSubject",
    "Question",
    "QuestionKind",
    "Subject",
    "kind_choices",
    "kind_of",
]
