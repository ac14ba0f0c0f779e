import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from itertools import accumulate
from typing import Any

from labeling.kinds.aggregate import Aggregate
from labeling.kinds.base import Distance, LabelSpec, QuestionKind
from labeling.kinds.cells import as_label
from labeling.kinds.question import InvalidAnswer, Question
from labeling.kinds.rating import scale
from labeling.kinds.rating.median import median_of
from labeling.kinds.words import KindWords

Step = int | str
#: From so many steps on one step beside the truth passes for right.
FINE_SCALE = 5


class Rating(QuestionKind):
    """One step of a scale: ``{"rating": 4}``, or ``{"rating": "good"}`` where the steps are no numbers.

    The labels of the project are the steps in their order, lowest first. People come to the median.
    """

    name = "rating"
    words = KindWords(
        "Rating (one step of a scale)",
        hint="2 to 11 steps, lowest first. “1 awful” and “5 great” are enough for a scale from 1 to 5 with names for"
        " its ends; names for every step do as well.",
        bar="Steps of the scale",
    )
    label_type = "number"
    value_type = "integer"
    item_columns = (("label_low", "number"), ("label_high", "number"), ("label_coverage", "number"))
    labels_to_learn = 2
    family = "labels"
    learned_as = "ordinal"
    headline = "quadratic_kappa"
    measures_choosing = True
    styles = ("css/kinds/rating.css",)

    def validate(self, answer: Any, question: Question) -> dict[str, Any]:
        if not isinstance(answer, dict) or set(answer) != {"rating"}:
            raise InvalidAnswer("answer", 'Expected {"rating": …}, a step of the scale.')
        return {"rating": _step_of(answer["rating"], question.labels)}

    def answer_from_import(self, value: Any, question: Question) -> dict[str, Any]:
        """``value`` is a step, or a number that is written otherwise: 4, "4" and "4.0" are the same."""
        return {"rating": _step_of(as_label(value, question.labels, "rating"), question.labels)}

    def labels_of(self, answer: dict[str, Any]) -> tuple[str, ...]:
        return (str(answer["rating"]),)

    def within(self, answer: dict[str, Any], labels: Container[str]) -> dict[str, Any] | None:
        return answer if str(answer["rating"]) in labels else None

    def aggregate(self, answers: Sequence[dict[str, Any]], labels: Set[str] = frozenset()) -> Aggregate:
        """The median, half-way between two steps where an even number of people is split between them; never tied."""
        given = [str(answer["rating"]) for answer in answers]
        counts = Counter(given)
        value_of = scale.values_of(labels if counts.keys() <= labels else sorted(counts))
        name_of = {value: name for name, value in value_of.items()}
        found = median_of([value_of[name] for name in given])
        middle = tuple(dict.fromkeys((name_of[found.lower], name_of[found.upper])))
        return Aggregate(
            label=(found.lower + found.upper) / 2,
            labels=middle,
            confidence=sum(counts[name] for name in middle) / len(given),
            soft_label={name: counts[name] / len(given) for name in sorted(counts)},
            tied=False,
            columns={"label_low": found.low, "label_high": found.high, "label_coverage": found.coverage},
        )

    def most_probable(self, probabilities: Mapping[str, float], question: Question) -> dict[str, Any]:
        """The median of the distribution, as people come to the median: the step at which half of it is reached."""
        steps = scale.in_order(name for name in question.labels if name in probabilities)
        half = sum(probabilities.values()) / 2
        for step, reached in zip(steps, accumulate(probabilities[step] for step in steps), strict=True):
            if reached >= half:
                return self.validate({"rating": step}, question)
        raise InvalidAnswer("probabilities", "No step is probable.")

    def flat(self, answer: dict[str, Any]) -> str:
        return str(answer["rating"])

    def value_of(self, answer: dict[str, Any]) -> Step:
        step: Step = answer["rating"]
        return step

    def value_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Of a scale whose steps are no numbers."""
        return () if all(scale.number_of(label) is not None for label in labels) else tuple(labels)

    def in_order(self, labels: Iterable[str]) -> list[str]:
        return scale.in_order(labels)

    def distance(self, totals: Mapping[str, int], labels: Set[str] = frozenset()) -> Distance:
        """Squared: the ratings given between two steps, those of the two themselves counted half.

        K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section E: ordinal data.
        """
        step_of = {answer: self.labels_of(json.loads(answer))[0] for answer in totals}
        names = set(step_of.values())
        steps = scale.in_order(labels if names <= labels else sorted(names))
        place_of = {step: place for place, step in enumerate(steps)}
        times = [0] * len(steps)
        for answer, n in totals.items():
            times[place_of[step_of[answer]]] += n
        up_to = list(accumulate(times, initial=0))

        def squared(one: str, other: str) -> float:
            low, high = sorted((place_of[step_of[one]], place_of[step_of[other]]))
            between = up_to[high + 1] - up_to[low]
            return float((between - (times[low] + times[high]) / 2) ** 2) if low != high else 0.0

        return squared

    @property
    def refuse_scheme(self) -> str:
        return "The labels are the steps of a scale: with one fewer or more it would be another scale."

    def is_right(self, answer: dict[str, Any], truth: dict[str, Any], labels: Sequence[str] = ()) -> bool:
        """On a scale of five steps or more one step beside it will do: careful people differ by as much."""
        steps = scale.in_order(labels)
        said, true = str(answer["rating"]), str(truth["rating"])
        if said not in steps or true not in steps:
            return said == true
        return abs(steps.index(said) - steps.index(true)) <= _steps_beside(len(steps))

    def chance(self, n_labels: int) -> float:
        n, beside = max(n_labels, 2), _steps_beside(n_labels)
        return sum(min(step + beside, n - 1) - max(step - beside, 0) + 1 for step in range(n)) / n**2

    def refuse_rename(self, name: str, new_name: str) -> str:
        is_number = any(scale.number_of(given) is not None for given in (name, new_name))
        return "A step that is a number is called by it: say what it means in its description." if is_number else ""

    def label_set(self, labels: Sequence[LabelSpec]) -> list[LabelSpec]:
        return scale.read(labels)

    def refuse_labels(self, names: Sequence[str]) -> str:
        return scale.refuse(names)


def _steps_beside(n_steps: int) -> int:
    """How far beside the true step an answer may be that passes."""
    return 1 if n_steps >= FINE_SCALE else 0


def _step_of(value: Any, labels: Set[str]) -> Step:
    """The step, as a number where it is called by one. Raises InvalidAnswer."""
    name = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        name = _whole(value)
    elif isinstance(value, str):
        name = _whole(_number(value))
        name = name if name in labels else value
    if not name or name not in labels:
        raise InvalidAnswer("rating", f"{str(value)[:80]!r} is not a step of the scale of this project.")
    number = scale.number_of(name)
    return name if number is None else number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _whole(number: float) -> str:
    """The name of a whole number; "" of any other."""
    return str(int(number)) if abs(number) < 1e9 and number == int(number) else ""
