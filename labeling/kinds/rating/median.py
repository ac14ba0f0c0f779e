"""The median of a few ratings, and how far it may be off."""

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

LEVEL = 0.95


class MedianInterval(NamedTuple):
    """``lower`` and ``upper`` are the middle values, the same for an odd number; ``low`` to ``high`` holds the median
    of all who might be asked with probability ``coverage`` or more."""

    lower: int
    upper: int
    low: int
    high: int
    coverage: float


def median_of(values: Sequence[int]) -> MedianInterval:
    """The median with its interval between two of the values, whatever they are distributed like: the j-th from either
    end, j the largest with at least 95 %. Below six values that takes more than there are: then from the lowest to the
    highest, and ``coverage`` says how much that is worth (two: .5, five: .94; one: 0).

    H. A. David, H. N. Nagaraja, "Order Statistics", 2003, section 7.1.
    """
    ordered, n = sorted(values), len(values)
    place, coverage = 1, _coverage(n, 1)
    while 2 * (place + 1) <= n and _coverage(n, place + 1) >= LEVEL:
        place += 1
        coverage = _coverage(n, place)
    return MedianInterval(ordered[(n - 1) // 2], ordered[n // 2], ordered[place - 1], ordered[n - place], coverage)


def _coverage(n: int, place: int) -> float:
    """That the median lies between the ``place``-th value from below and from above."""
    return 1 - 2 * sum(comb(n, k) for k in range(place)) / 2**n
