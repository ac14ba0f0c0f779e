"""Simulated people who err, for the rows of a bench, and what their errors come to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from learning.core import cycle
from learning.core.simulated_people import NOISE, Crowd, SimulatedPeople, make_people, out_of_fold
from learning.core.simulation import Bench, Curve

WAYS = tuple(NOISE)
#: Of the pool, as a project has it: what measures how far people err.
EVAL_SHARE = 0.1


@dataclass(frozen=True)
class Erring:
    """How people err: one of WAYS, the share of wrong answers over all rows and people, and how many people."""

    way: str
    rate: float
    annotators: int

    def people(self, bench: Bench, seed: int) -> SimulatedPeople:
        """The same people for every arm of a seed. Raises ValueError for numbers nobody can be made of."""
        truth = bench.targets.argmax(axis=1)
        rng = cycle.step_rng(seed, "people")
        beliefs = out_of_fold(bench.features, truth, bench.targets.shape[1], rng)
        return make_people(self.way, Crowd(truth, beliefs, self.rate, self.annotators), seed)

    def told(self) -> str:
        wrong = f"{self.rate:.0%} of the answers to all rows are wrong"
        return f"{self.annotators} simulated people err ({self.way}): {wrong}"


def errors_told(name: str, curves: Sequence[Curve], random: Sequence[Curve]) -> str:
    """How many of the labels an arm got are wrong, beside random order's."""
    ours, theirs = (float(np.mean([curve.wrong[-1] / curve.items[-1] for curve in arm])) for arm in (curves, random))
    pace = float(np.mean([curve.seconds / curve.labels[-1] for curve in curves]))
    again = float(np.mean([1 - curve.items[-1] / curve.labels[-1] for curve in curves]))
    what, first = "answers", ""
    if again:
        what, first = "labels", f"{again:.0%} of its answers are further ones to the same rows; "
    return f"{name}: {first}{ours:.1%} of its {what} are wrong, {theirs:.1%} of random's; {pace:.1f} s an answer."
