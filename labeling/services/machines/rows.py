"""One row of predictions: what it is about, what it says, and why it is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from labeling.kinds import InvalidAnswer, LabelNames, PerSubject, Question, kind_of
from labeling.models import Project
from labeling.selectors.label_names import former_names, label_names
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

#: How far probabilities may be from a sum of 1: they were printed with some digits.
SUM_TOLERANCE = 0.01
MAX_NUMBER = 2**63
MAX_ID = 200


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A line that is no JSON, in the place of its row."""

    reason: str


class Named(NamedTuple):
    """What a row is about: by ``number``, or by the ids that came with the import, of a pair the left one first."""

    number: int | None = None
    ids: tuple[str, ...] = ()


class PredictedRow(NamedTuple):
    """``answer`` and ``probabilities`` as they are stored, of a pair with the sides as the row has them."""

    row: int
    about: Named
    answer: dict[str, Any]
    probabilities: dict[str, float] | None
    cost: float | None


class RowCheck:
    """For the rows of one request; reads the label set once."""

    def __init__(self, project: Project) -> None:
        self.kind = kind_of(project)
        in_use = list(project.labels.names()) if self.kind.has_labels else []
        self._question = Question(LabelNames(in_use, former_names(project) if in_use else {}))
        self._names = self.kind.probable_names(self._question.labels)
        self._identities = label_names(project)
        self._about = _ABOUT.of(self.kind.subject)
        self._fields = _FIELDS.of(self.kind.subject)
        self._said = lru_cache(maxsize=4096)(self._of_text)

    def __call__(self, number: int, row: Any) -> PredictedRow:
        """Raises Invalid or InvalidAnswer."""
        if isinstance(row, UnreadableRow):
            raise Invalid("row", row.reason)
        if not isinstance(row, dict):
            raise Invalid("row", "Expected an object.")
        for name in row:
            if name not in self._fields:
                raise Invalid(repr(str(name)[:80])[1:-1], "There is no such field.")  # printable, and so storable
        given = row.get("probabilities")
        probabilities = None if given is None else self._probabilities(given)
        return PredictedRow(
            row=number,
            about=self._about(row),
            answer=self._answer(row, probabilities),
            probabilities=None if probabilities is None else self._stored(probabilities),
            cost=_cost(row.get("cost")),
        )

    def _answer(self, row: Mapping[str, Any], probabilities: Mapping[str, float] | None) -> dict[str, Any]:
        label, answer = row.get("label"), row.get("answer")
        if label is not None and answer is not None:
            raise Invalid("answer", "Either label or answer, not both.")
        if label is not None:
            return self._said(label) if type(label) is str else self._keyed(self._import(label))
        if answer is not None:
            return self._keyed(self.kind.validate(answer, self._question))
        if probabilities is None:
            raise Invalid("label", "Neither label, answer nor probabilities.")
        return self._keyed(self.kind.most_probable(probabilities, self._question))

    def _of_text(self, label: str) -> dict[str, Any]:
        return self._keyed(self._import(label))

    def _import(self, label: Any) -> dict[str, Any]:
        return self.kind.answer_from_import(label, self._question)

    def _keyed(self, answer: dict[str, Any]) -> dict[str, Any]:
        keyed: dict[str, Any] = self._identities.keyed(answer)
        return keyed

    def _probabilities(self, given: Any) -> dict[str, float]:
        """By the names of now, every label once, those left out 0."""
        if not isinstance(given, dict) or not given:
            raise Invalid("probabilities", 'Expected {"label": probability, …}.')
        found = dict.fromkeys(self._names, 0.0)
        said = set()
        for label, share in given.items():
            name = self._name(label)
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise Invalid("probabilities", f"{str(share)[:40]} is no probability: from 0 to 1.")
            if name in said:
                raise Invalid("probabilities", f"{name!r} is there twice.")
            said.add(name)
            found[name] = float(share)
        if self.kind.labels_exclude and abs(sum(found.values()) - 1) > SUM_TOLERANCE:
            raise Invalid("probabilities", f"They sum to {sum(found.values()):.3g}, not to 1.")
        return found

    def _name(self, label: Any) -> str:
        if label in self._names:
            return str(label)
        name = self._names.find(label) if isinstance(self._names, LabelNames) and isinstance(label, str) else None
        if name is None:
            raise Invalid("probabilities", f"{str(label)[:80]!r} is not in the label set of this project.")
        return name

    def _stored(self, probabilities: Mapping[str, float]) -> dict[str, float]:
        return {self._identities.identity(name): share for name, share in probabilities.items()}


def _cost(given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given) or given < 0:
        raise Invalid("cost", "Expected a number from 0.")
    return float(given)


def _item(row: Mapping[str, Any]) -> Named:
    number, external_id = row.get("item"), row.get("id")
    if (number is None) == (external_id is None):
        raise Invalid("item", "Say item (the number) or id (that of the import), one of the two.")
    return Named(ids=(_id("id", external_id),)) if number is None else Named(_number("item", number))


def _pair(row: Mapping[str, Any]) -> Named:
    number, sides = row.get("pair"), [row.get("left"), row.get("right")]
    if (number is None) == (sides == [None, None]):
        raise Invalid("pair", "Say pair (the number) or left and right (ids of the import).")
    if number is not None:
        return Named(_number("pair", number))
    return Named(ids=(_id("left", sides[0]), _id("right", sides[1])))


def _number(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_NUMBER:
        raise Invalid(field, "Expected the number of one.")
    return value


def _id(field: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(field, value, max_length=MAX_ID, required=True)


_SAYS = frozenset(("label", "answer", "probabilities", "cost"))
_ABOUT: PerSubject[Callable[[Mapping[str, Any]], Named]] = PerSubject(item=_item, pair=_pair)
_FIELDS = PerSubject(item=_SAYS | {"item", "id"}, pair=_SAYS | {"pair", "left", "right"})


def as_text(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, as every answer is stored: equal ones are equal texts."""
    return json.dumps(value, sort_keys=True)


def refusal(row: int, error: Invalid | InvalidAnswer) -> dict[str, Any]:
    return {"row": row, "field": error.field, "reason": error.reason}
