from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from labeling.kinds.base import InvalidAnswer, Majority, QuestionKind


class Classification(QuestionKind):
    """Exactly one label: ``{"label": "cat"}``."""

    name = "classification"
    template = "kinds/classification.html"
    script = "js/kinds/classification.js"
    labels_to_learn = 2
    family = "labels"
    learned_as = "classification"

    def validate(self, answer: Any, labels: frozenset[str]) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"label"}:
            raise InvalidAnswer("answer", 'Expected {"label": "…"}.')
        return {"label": one_of(answer["label"], labels)}

    def answer_from_import(self, value: Any, labels: frozenset[str]) -> dict[str, Any]:
        return {"label": one_of(str(value), labels)}

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return (answer["label"],)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer if answer["label"] in labels else None

    def majority(self, answers: Sequence[dict[str, Any]]) -> Majority:
        """The label most people gave; none when two labels share the lead."""
        counts = Counter(answer["label"] for answer in answers)
        (first, most), *others = counts.most_common(2)
        tie = bool(others) and others[0][1] == most
        soft = {label: counts[label] / len(answers) for label in sorted(counts)}
        return Majority(None if tie else first, () if tie else (first,), most / len(answers), soft, tie)

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["label"])


def one_of(label: Any, labels: frozenset[str]) -> str:
    """The label if it is in the label set. Raises InvalidAnswer."""
    if not isinstance(label, str) or label not in labels:
        raise InvalidAnswer("label", f"{str(label)[:80]!r} is not in the label set of this project.")
    return label
