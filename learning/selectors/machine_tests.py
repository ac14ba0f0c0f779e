"""What is measured of machines, by the numerics of ``learning/core``."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labeling.extensions import BesideOne, MeasuredValue, StandIn
from learning.core.evaluation.intervals_calibration import calibration
from learning.core.evaluation.intervals_difference import share_change
from learning.core.quality.alternative_annotator import LEAST_ITEMS, LEAST_PEOPLE, alternative_annotator
from learning.selectors.estimates import with_note


def stand_in(
    said: Sequence[int], answers: Sequence[Sequence[int]], likeness: Sequence[Sequence[float]] | None
) -> StandIn | None:
    """None where nobody answered."""
    if not answers or not answers[0]:
        return None
    near = None if likeness is None else np.asarray(likeness, dtype=np.float64)
    found = alternative_annotator(np.asarray(said, dtype=np.int64), np.asarray(answers, dtype=np.int64), near)
    people = tuple(
        BesideOne(one.person, one.items, one.machine, one.human, _measured(one.lead.as_dict()), one.is_won)
        for one in found.people
    )
    return StandIn(people, found.winning_rate, found.advantage, found.passes, LEAST_PEOPLE, LEAST_ITEMS)


def calibration_of(confidence: Sequence[Sequence[float]], right: Sequence[Sequence[bool]]) -> MeasuredValue | None:
    """None of nothing. The same rows have the same interval."""
    if not confidence:
        return None
    error, _ = calibration(
        np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64), np.random.default_rng(0)
    )
    return _measured(error.as_dict())


def share_difference(one: tuple[int, int], other: tuple[int, int]) -> MeasuredValue | None:
    """One share less the other, each as (count, n); ``n`` is that of the smaller sample, by which it is too little to
    say."""
    return _measured({**share_change(one, other).as_dict(), "n": min(one[1], other[1])})


def _measured(estimate: Mapping[str, Any]) -> MeasuredValue:
    told = with_note(estimate)
    return MeasuredValue(told["value"], told["low"], told["high"], told["n"], told["note"])
