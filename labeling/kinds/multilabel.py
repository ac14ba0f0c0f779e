import json
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from labeling.kinds.base import InvalidAnswer, Majority, QuestionKind
from labeling.kinds.classification import one_of


class Multilabel(QuestionKind):
    """Any number of labels, none included: ``{"labels": ["cat", "dog"]}``, sorted and each once."""

    name = "multilabel"
    template = "kinds/multilabel.html"
    label_type = "list"
    script = "js/kinds/multilabel.js"
    family = "labels"
    learned_as = "multilabel"
    headline = "exact_match"
    own_keys = frozenset(("Enter",))

    def validate(self, answer: Any, labels: frozenset[str]) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"labels"} or not isinstance(answer["labels"], list):
            raise InvalidAnswer("answer", 'Expected {"labels": ["…"]}.')
        return {"labels": sorted({one_of(label, labels) for label in answer["labels"]})}

    def answer_from_import(self, value: Any, labels: frozenset[str]) -> dict[str, Any]:
        """``value`` is a list, a JSON list in a string, or names separated by ``|``."""
        if isinstance(value, str):
            value = _listed(value.strip())
        return self.validate({"labels": value}, labels)

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return tuple(answer["labels"])

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        """The labels that are in use; to have given none of them is an answer too."""
        return {"labels": [label for label in answer["labels"] if label in labels]}

    def majority(self, answers: Sequence[dict[str, Any]]) -> Majority:
        """The labels that more than half gave; none when half did and half did not for any label.

        The confidence is that of the least certain label.
        """
        counts = Counter(label for answer in answers for label in answer["labels"])
        soft = {label: counts[label] / len(answers) for label in sorted(counts)}
        tie = any(2 * count == len(answers) for count in counts.values())
        confidence = min((max(share, 1 - share) for share in soft.values()), default=1.0)
        names = [label for label in soft if soft[label] > 0.5]
        return Majority(None if tie else names, () if tie else tuple(names), confidence, soft, tie)

    def flat(self, answer: dict[str, Any]) -> str:
        return "|".join(answer["labels"])


def _listed(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # a label may be called "[other]"
    return [part.strip() for part in text.split("|") if part.strip()]
