"""What becomes of a candidate. Numbers in, a verdict with its numbers out."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.evaluation import PairedTest, paired_test
from learning.models import Status

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Verdict:
    status: Status
    reason: str
    numbers: dict[str, Any]


def judge(
    correct: NDArray[np.bool_] | None,
    constant_correct: NDArray[np.bool_] | None,
    champion_correct: NDArray[np.bool_] | None,
    has_champion: bool,
) -> Verdict:
    """Champion when better than the best constant answer (exact paired test) and not worse than the present champion.

    Both are asked the same eval items; a tie goes to the newer one, which has learned from more answers. Otherwise
    provisional while there is no champion (it may rank), rejected when there is one.
    """
    otherwise = Status.REJECTED if has_champion else Status.PROVISIONAL
    if correct is None or constant_correct is None:
        return Verdict(otherwise, "No eval item has been answered yet: nothing to measure it by.", {"n_eval": 0})
    constant = paired_test(correct, constant_correct)
    numbers: dict[str, Any] = {"n_eval": constant.n, "against_majority": asdict(constant)}
    if champion_correct is not None:
        numbers["against_champion"] = asdict(paired_test(correct, champion_correct))
    if constant.p_better >= SIGNIFICANT:
        return Verdict(otherwise, f"Not clearly better than always the same answer: {in_words(constant)}.", numbers)
    if champion_correct is None:
        return Verdict(Status.CHAMPION, f"Better than always the same answer: {in_words(constant)}.", numbers)
    champion = paired_test(correct, champion_correct)
    if champion.only_candidate < champion.only_champion:
        return Verdict(Status.REJECTED, f"Worse than the champion: {in_words(champion)}.", numbers)
    return Verdict(Status.CHAMPION, f"Not worse than the champion: {in_words(champion)}.", numbers)


def in_words(test: PairedTest) -> str:
    """The paired test as a person reads it."""
    items = "item" if test.only_candidate == 1 else "items"
    return (
        f"{test.only_candidate} eval {items} right that the other has wrong, {test.only_champion} the other way round,"
        f" of {test.n}; accuracy {test.difference:+.3f} ({test.low:+.3f} to {test.high:+.3f}), p = {test.p_better:.2g}"
    )
