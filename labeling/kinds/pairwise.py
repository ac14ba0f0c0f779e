from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from labeling.kinds.base import InvalidAnswer, Majority, QuestionKind

WINNERS = ("left", "right", "tie", "neither")
SWAPPED = {"left": "right", "right": "left", "tie": "tie", "neither": "neither"}


class Pairwise(QuestionKind):
    """Which of two items is better for the purpose: ``{"winner": "left"}``, ``right``, ``tie`` or ``neither``."""

    name = "pairwise"
    template = "kinds/pairwise.html"
    script = "js/kinds/pairwise.js"
    has_labels = False
    labels_to_learn = 0
    family = "pairwise"
    answers_come_alone = True
    own_keys = frozenset(("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", *"1234cl"))

    def validate(self, answer: Any, labels: frozenset[str]) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"winner"}:
            raise InvalidAnswer("answer", 'Expected {"winner": "left", "right", "tie" or "neither"}.')
        return {"winner": _winner(answer["winner"])}

    def answer_from_import(self, value: Any, labels: frozenset[str]) -> dict[str, Any]:
        return {"winner": _winner(value.strip() if isinstance(value, str) else value)}

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        """The winner, though no project's label set holds it."""
        return (answer["winner"],)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer

    def majority(self, answers: Sequence[dict[str, Any]]) -> Majority:
        """What most said of answers whose sides are those of the first; none when two share the lead."""
        counts = Counter(answer["winner"] for answer in answers)
        (first, most), *others = counts.most_common(2)
        tie = bool(others) and others[0][1] == most
        soft = {winner: counts[winner] / len(answers) for winner in sorted(counts)}
        return Majority(None if tie else first, () if tie else (first,), most / len(answers), soft, tie)

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["winner"])


def _winner(value: Any) -> str:
    if not isinstance(value, str) or value not in WINNERS:
        raise InvalidAnswer("winner", f"{str(value)[:80]!r} is not one of {', '.join(WINNERS)}.")
    return value
