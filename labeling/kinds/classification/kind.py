from collections.abc import Container, Sequence, Set
from typing import Any

from labeling.kinds.aggregate import Aggregate, plurality
from labeling.kinds.base import PAIR_SETTINGS, QuestionKind
from labeling.kinds.cells import as_label
from labeling.kinds.question import InvalidAnswer, Question, one_of
from labeling.kinds.words import KindWords


class Classification(QuestionKind):
    """Exactly one label: ``{"label": "cat"}``."""

    name = "classification"
    words = KindWords("Classification (one label)")
    family = "labels"
    measures_choosing = True
    learned_as = "classification"
    is_one_label = True
    settings_left_out = PAIR_SETTINGS
    one_row_labels = 3

    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"label"}:
            raise InvalidAnswer("answer", 'Expected {"label": "…"}.')
        return {"label": one_of(answer["label"], question.labels)}

    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        return {"label": one_of(as_label(value, question.labels), question.labels)}

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return (answer["label"],)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer if answer["label"] in labels else None

    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        """The label most people gave; none when two labels share the lead."""
        return plurality([answer["label"] for answer in answers])

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["label"])
