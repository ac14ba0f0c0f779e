"""A kind made by the recipe of CONTRIBUTING and by nothing else: a number for a text. Nothing learns it."""

from collections.abc import Container, Mapping, Sequence, Set
from statistics import median_low
from typing import Any

from labeling.kinds import Aggregate, Distance, InvalidAnswer, KindWords, Question, QuestionKind


class Guess(QuestionKind):
    """``{"number": 42}``, from 0 to 100."""

    name = "guess"
    words = KindWords("Guess (a number)", bar="Numbers")
    has_labels = False
    label_type = "integer"
    item_columns = (("spread", "integer"),)
    labels_to_learn = 0

    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"number"}:
            raise InvalidAnswer("answer", 'Expected {"number": 0 to 100}.')
        number = answer["number"]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 100:
            raise InvalidAnswer("number", f"{str(number)[:80]!r} is no number from 0 to 100.")
        return {"number": number}

    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        return self.validate({"number": int(value) if str(value).isdecimal() else value}, question)

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return (str(answer["number"]),)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer

    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        numbers = sorted(answer["number"] for answer in answers)
        middle = median_low(numbers)
        soft = {str(number): numbers.count(number) / len(numbers) for number in numbers}
        columns = {"spread": numbers[-1] - numbers[0]}
        return Aggregate(middle, (str(middle),), soft[str(middle)], soft, tied=False, columns=columns)

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["number"])

    def distance(self, totals: Mapping[str, int], labels: Set[str] = frozenset()) -> Distance | None:
        return lambda one, other: float(_number(one) - _number(other)) ** 2


def _number(answer: str) -> int:
    return int(answer.partition(":")[2].rstrip("}"))


BAR = '<div class="answers__buttons"><button class="answer" type="button" data-number="7">7</button></div>'
SCRIPT = """
import { ItemView } from "../lib/item_view.js";
import { Workspace as Base } from "../lib/workspace.js";

export class Workspace extends Base {
  constructor(parts) {
    super(new ItemView(parts.stage, parts));
    parts.bar.addEventListener("click", (event) => event.target.closest("[data-number]") && parts.give({ number: 7 }));
  }
  mark() {}
  words(answer) {
    return String(answer.number);
  }
}
"""
