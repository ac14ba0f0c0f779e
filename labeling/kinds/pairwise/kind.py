from collections.abc import Container, Sequence, Set
from typing import Any

from labeling.kinds.aggregate import Aggregate, plurality
from labeling.kinds.base import ITEM_SETTINGS, OPINION_SETTINGS, VOTE_SETTINGS, Confusion, QuestionKind
from labeling.kinds.question import InvalidAnswer, LabelNames, Question
from labeling.kinds.subject import Subject
from labeling.kinds.words import KindWords

WINNERS = ("left", "right", "tie", "neither")
SWAPPED = {"left": "right", "right": "left", "tie": "tie", "neither": "neither"}


class Pairwise(QuestionKind):
    """Which of two items is better for the purpose: ``{"winner": "left"}``, ``right``, ``tie`` or ``neither``."""

    name = "pairwise"
    words = KindWords(
        "Pairwise (which of two is better)",
        hint="left, right, tie or neither, for the context at hand",
        bar="Tie or neither",
        learned_from="judgments",
        measured_on="held-out pairs",
        held_out="pairs with an item or a context drawn at random",
    )
    subject = Subject.PAIR
    has_labels = False
    needs_purpose = "Say what the better one of two is better for: a judgment without a purpose is none."
    # pairs have repeats, and are chosen otherwise
    settings_left_out = (
        ITEM_SETTINGS | OPINION_SETTINGS | VOTE_SETTINGS | {"eval_double_share", "fall_back", "signal_from"}
    )
    labels_to_learn = 0
    family = "pairwise"
    answers_come_alone = True
    ranks_items = True
    rows_name_items = True
    has_contexts = True
    runs_out = False
    stage = "pages/annotate/_pair.html"
    styles = ("css/pairwise.css",)
    own_keys = frozenset(("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", *"1234cl"))

    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"winner"}:
            raise InvalidAnswer("answer", 'Expected {"winner": "left", "right", "tie" or "neither"}.')
        return {"winner": _winner(answer["winner"])}

    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        """``value`` is one of WINNERS in any case."""
        return {"winner": _winner(value.strip().casefold() if isinstance(value, str) else value)}

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        """The winner, though no project's label set holds it."""
        return (answer["winner"],)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer

    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        """What most said of answers whose sides are those of the first; none when two share the lead."""
        return plurality([answer["winner"] for answer in answers])

    def confusions(self, answer: dict[str, Any], others: Sequence[str]) -> tuple[Confusion, ...]:
        """Which item stood where is a coin's doing: the sides are told as the one and the other."""
        said, (common,) = answer["winner"], others
        if said == common:
            return ()
        one_of_two = {"left": "one of the two", "right": "one of the two"}
        opposite = {"left": "the other one", "right": "the other one"} if common in one_of_two else one_of_two
        return ((one_of_two.get(common, common), opposite.get(said, said)),)

    def probable_names(self, labels: Set[str]) -> Set[str]:
        return LabelNames(WINNERS)

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["winner"])

    def value_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        return WINNERS

    def refuse_labels(self, names: Sequence[str]) -> str:
        return "Pairs are not labeled: their answers are left, right, tie and neither." if names else ""


def _winner(value: Any) -> str:
    if not isinstance(value, str) or value not in WINNERS:
        raise InvalidAnswer("winner", f"{str(value)[:80]!r} is not one of {', '.join(WINNERS)}.")
    return value
