"""The steps of a scale: labels in their order, lowest first, which are numbers or have names."""

import re
from collections.abc import Iterable, Mapping, Sequence

from labeling.kinds.base import LabelSpec

MOST = 11
#: "1", "-2 awful", "5: great"
_NUMBERED = re.compile(r"^(?P<number>0|-?[1-9]\d{0,8})(?:\s*[:=,.–—-]?\s+(?P<words>\S.*))?$", re.DOTALL)


def number_of(name: str) -> int | None:
    """The number a step is called by; None of one that is called otherwise."""
    match = _NUMBERED.match(name)
    return int(match["number"]) if match and not match["words"] else None


def in_order(names: Iterable[str]) -> list[str]:
    """Steps that are numbers by their value, others as they come."""
    steps = list(names)
    numbers = {step: number for step in steps if (number := number_of(step)) is not None}
    return sorted(steps, key=numbers.__getitem__) if len(numbers) == len(steps) else steps


def values_of(names: Iterable[str]) -> dict[str, int]:
    """What each step counts: its number, else its place from 1."""
    steps = in_order(names)
    if all(number_of(step) is not None for step in steps):
        return {step: int(step) for step in steps}
    return {step: place for place, step in enumerate(steps, 1)}


def read(labels: Sequence[LabelSpec]) -> list[LabelSpec]:
    """The scale that is meant. Of "1 awful" and "5 great" the numbers are the steps and the words their descriptions;
    steps between that nobody named are filled in, and a step of one digit has its digit for a key."""
    matches = [match for label in labels if (match := _NUMBERED.match(label["name"]))]
    if not labels or len(matches) < len(labels):
        return list(labels)
    steps = [_step(int(match["number"]), match["words"], label) for match, label in zip(matches, labels, strict=True)]
    steps.sort(key=lambda step: int(step["name"]))
    given = {int(step["name"]): step for step in steps}
    low, high = min(given), max(given)
    if len(given) < len(steps) or high - low >= MOST:
        return steps  # a step given twice is refused; and where too many are left out, none is filled in
    chosen = {label["hotkey"] for label in labels}
    blank: LabelSpec = {"name": "", "hotkey": "", "description": ""}
    steps = [given.get(number) or _step(number, "", blank) for number in range(low, high + 1)]
    for step in steps:
        key = _key_of(int(step["name"]), low, high)
        if not step["hotkey"] and key not in chosen:
            step["hotkey"] = key
    return steps


def _step(number: int, words: str | None, label: Mapping[str, str]) -> LabelSpec:
    return {**label, "name": str(number), "description": label["description"] or (words or "")[:500]}


def _key_of(number: int, low: int, high: int) -> str:
    """The digit a step is called by; ten is the key behind nine where no step is 0."""
    if number == 10 and low > 0:
        return "0"
    return str(number) if 0 <= number <= 9 else ""


def refuse(names: Sequence[str]) -> str:
    """Why these cannot be the steps of a scale."""
    if len(names) > MOST:
        return f"A scale has at most {MOST} steps."
    numbered = sum(number_of(name) is not None for name in names)
    if 0 < numbered < len(names):
        return "Either all steps of a scale begin with a number or none does."
    return ""
