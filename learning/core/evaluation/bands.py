"""Bands of predictions sized by how many people can look at, and how often each band is right.

``low`` is what people look at: so many of a day's predictions as they can, the least sure ones. ``medium`` is as many
again, the next to be looked at with more people, and ``high`` is the rest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.evaluation.intervals import share

BANDS = ("low", "medium", "high")
#: Predictions without which nothing is sized: a quantile of fewer moves by whole points from one to the next.
LEAST = 100
#: Eval items that what the model itself says of a band counts as while they do not contradict it. A band has some
#: dozens of them: their share strays by 6 points, what a calibrated model says by 3 to 4 (``benchmarks/bands.py``).
PRIOR = 100.0
#: Above every probability.
ABOVE_ALL = 1.01


@dataclass(frozen=True)
class BandRate:
    """Of the ``n`` eval items of a band ``right`` are right; ``low`` and ``high`` are the 95 % interval of that share.
    ``value`` is the rate that is told: drawn towards ``expected``, the mean of what the model says itself, as long as
    that lies within the interval."""

    name: str
    n: int
    right: int
    expected: float | None
    value: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sized(sure: NDArray[np.float64], a_day: float, reviews: float) -> tuple[float, float] | None:
    """From so sure on a prediction is of the bands medium and high.

    Parameters
    ----------
    sure : array of shape (n,)
        Of recent predictions, from 0 to 1.
    a_day : float
        Predictions in a day.
    reviews : float
        How many of a day's people look at.

    Returns
    -------
    tuple of float, or None
        The two thresholds; None below ``LEAST`` predictions. Where many are equally sure, no more than fit are low.

    Examples
    --------
    >>> sized(np.arange(100) / 100, a_day=200, reviews=20)
    (0.1, 0.2)
    >>> sized(np.ones(100), a_day=200, reviews=20)
    (1.0, 1.0)
    >>> sized(np.arange(100) / 100, a_day=10, reviews=20)
    (1.01, 1.01)
    """
    if len(sure) < LEAST or a_day <= 0:
        return None
    ordered = np.sort(sure)
    part = min(1.0, reviews / a_day)

    def at(share_below: float) -> float:
        fit = int(share_below * len(ordered) + 1e-9)
        return float(ordered[fit]) if fit < len(ordered) else ABOVE_ALL

    return at(part), at(min(1.0, 2 * part))


def rates(sure: NDArray[np.float64], right: NDArray[np.bool_], thresholds: tuple[float, float]) -> Sequence[BandRate]:
    """How often each band is right, by eval items that the model has not learned.

    Examples
    --------
    >>> low, _, high = rates(np.array([0.5] * 10 + [0.9] * 90), np.array([True] * 95 + [False] * 5), (0.6, 0.85))
    >>> low.right, low.value, high.n  # ten of ten contradict a half
    (10, 1.0, 90)
    >>> round(high.value, 3)
    0.921
    """
    band = np.digitize(sure, thresholds)
    found = []
    for number, name in enumerate(BANDS):
        of_band = band == number
        n, hits = int(of_band.sum()), int(right[of_band].sum())
        if not n:
            found.append(BandRate(name, 0, 0, None, None, None, None))
            continue
        expected, ends = float(sure[of_band].mean()), share(hits, n)
        weight = PRIOR if ends.low <= expected <= ends.high else 0.0
        value = (hits + weight * expected) / (n + weight)
        found.append(BandRate(name, n, hits, expected, value, ends.low, ends.high))
    return found
