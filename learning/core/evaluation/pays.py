"""What the comparisons of two arms come to, and when the next one is due. Without NumPy: pages say it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MIN_LABELS, MIN_HELD_OUT = 20, 40
GROWTH = 4 / 3
ENOUGH_LABELS, ENOUGH_POINTS = 100, 3


@dataclass(frozen=True)
class ArmPoint:
    """A difference that was measured at ``labels`` answers."""

    labels: int
    value: float
    low: float
    high: float


Pays = Literal["yes", "no", "unclear"]


def next_count(n_random: int, last: int, minimum: int = MIN_LABELS) -> int | None:
    """Return at how many labels the arms are to be compared next, or None while it is too soon.

    Comparisons come at counts that grow by a third, so a project pays for a dozen of them in its life.

    Parameters
    ----------
    n_random : int
        Random answers there are.
    last : int
        Labels of the last comparison; 0 before the first.
    minimum : int

    Returns
    -------
    int or None

    Examples
    --------
    >>> next_count(19, 0), next_count(30, 0), next_count(39, 30), next_count(40, 30)
    (None, 30, None, 40)
    """
    return n_random if n_random >= max(minimum, round(last * GROWTH)) else None


def does_it_pay(points: Sequence[ArmPoint]) -> Pays:
    """Say whether choosing pays, by the comparisons made so far.

    Parameters
    ----------
    points : sequence of ArmPoint
        By rising number of labels.

    Returns
    -------
    {"yes", "no", "unclear"}
        "yes" when the newest interval lies above 0. "no" when it lies below 0, or when the last three comparisons, the
        newest at 100 labels or more, found no gain between them: none above 0 beyond its interval and the mean at most
        0.

    Examples
    --------
    >>> does_it_pay([ArmPoint(120, 0.031, -0.004, 0.066)])
    'unclear'
    >>> does_it_pay([ArmPoint(60, -0.05, -0.09, -0.01)])
    'no'
    >>> does_it_pay([ArmPoint(n, -0.01, -0.05, 0.03) for n in (60, 80, 107)])
    'no'
    """
    if not points:
        return "unclear"
    newest = points[-1]
    if newest.low > 0:
        return "yes"
    last = points[-ENOUGH_POINTS:]
    nothing = len(last) == ENOUGH_POINTS and newest.labels >= ENOUGH_LABELS and all(point.low <= 0 for point in last)
    if newest.high < 0 or (nothing and sum(point.value for point in last) <= 0):
        return "no"
    return "unclear"
