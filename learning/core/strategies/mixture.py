"""Draws from several orders at once: at every pick one of them is chosen by chance, and a rank of it drawn.

With ``s_c`` the share of an order, ``r_c`` the rank a row has in it among the rows that remain and ``w_c`` the weights
of its ranks, the probability of a pick is

    q = sum over c of  s_c * w_c[r_c] / (sum of w_c over the ranks that remain)

so it is known whatever order the pick came by, and never smaller than what any one of them gives. One order alone can
lock itself out of a part of the pool; a mixture can not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray


@dataclass(frozen=True)
class Part:
    """One order of a mixture.

    Parameters
    ----------
    share : float
        Of the picks; the shares of a mixture sum to 1.
    order : ndarray of int, shape (n,)
        All positions, best first.
    weights : ndarray of shape (n,)
        Of its ranks, above 0: :func:`by_rank`, :func:`best_of` or :func:`alike`.
    """

    share: float
    order: IntArray
    weights: DoubleArray


def by_rank(n: int, temperature: float) -> DoubleArray:
    """Return the weights of rank draws; see :mod:`learning.core.acquisition`."""
    return np.asarray(np.exp(acquisition.rank_log_weights(n, temperature)))


def alike(n: int) -> DoubleArray:
    """Return equal weights: every row alike."""
    return np.ones(n)


def best_of(n: int, m: int) -> DoubleArray:
    """Return the weights of ranks where each pick is the best of ``m`` rows drawn at random.

    Examples
    --------
    >>> best_of(2, 2).tolist()
    [0.75, 0.25]
    """
    below = np.arange(n, -1, -1) / max(n, 1)
    return np.asarray(below[:-1] ** m - below[1:] ** m)


class _Standing:
    """Where the rows that remain stand in one order."""

    def __init__(self, part: Part) -> None:
        self._order = part.order
        self._rank = np.empty(part.order.size, dtype=np.int64)
        self._rank[part.order] = np.arange(part.order.size)
        self._taken: list[int] = []
        self._weights = part.weights
        self._sums = np.cumsum(part.weights)

    def draw(self, remaining: int, rng: np.random.Generator) -> int:
        """Return the row at a rank drawn from the ranks that remain."""
        total = self._sums[remaining - 1]
        rank = int(np.searchsorted(self._sums[:remaining], rng.random() * total, side="right"))
        rank = min(rank, remaining - 1)
        # of the ranks taken, the j-th has all its places but j before it left
        before = bisect_right(range(len(self._taken)), rank, key=lambda j: self._taken[j] - j)
        return int(self._order[rank + before])

    def probability(self, row: int, remaining: int) -> float:
        """Return the chance that a draw gives this row."""
        place = int(self._rank[row])
        return float(self._weights[place - bisect_left(self._taken, place)] / self._sums[remaining - 1])

    def take(self, row: int) -> None:
        """Take note that the row was picked."""
        insort(self._taken, int(self._rank[row]))


def mixed_draws(parts: list[Part], k: int, rng: np.random.Generator) -> tuple[IntArray, DoubleArray]:
    """Draw positions without replacement from a mixture of orders.

    Parameters
    ----------
    parts : list of Part
        Of the same positions each, at least one.
    k : int
        At most as many as there are positions are drawn.
    rng : numpy.random.Generator

    Returns
    -------
    positions : ndarray of int, shape (min(k, n),)
        In order of the draw.
    propensities : ndarray of float64, same shape, range (0, 1]
        Probability of each draw given those before it.

    Examples
    --------
    >>> up, down, sharp = np.arange(3), np.arange(3)[::-1], by_rank(3, 0.01)
    >>> parts = [Part(0.5, up, sharp), Part(0.5, down, sharp)]
    >>> positions, propensities = mixed_draws(parts, 2, np.random.default_rng(0))
    >>> sorted(positions.tolist()), propensities.round(2).tolist()
    ([0, 2], [0.5, 0.5])
    """
    n = parts[0].order.size
    standings = [_Standing(part) for part in parts]
    shares = np.array([part.share for part in parts])
    chosen = rng.choice(len(parts), size=min(k, n), p=shares / shares.sum())
    positions, propensities = np.empty(chosen.size, dtype=np.int64), np.empty(chosen.size)
    for number, which in enumerate(chosen.tolist()):
        row = standings[which].draw(n - number, rng)
        each = [standing.probability(row, n - number) for standing in standings]
        positions[number] = row
        propensities[number] = min(float(shares @ each / shares.sum()), 1.0)
        for standing in standings:
            standing.take(row)
    return positions, propensities


def utilities_of(parts: list[Part], positions: IntArray) -> FloatMatrix:
    """Return the probability of being the first pick of all: what a mixture has for a utility.

    Examples
    --------
    >>> utilities_of([Part(1.0, np.array([1, 0]), np.array([3.0, 1.0]))], np.array([0, 1])).tolist()
    [0.25, 0.75]
    """
    result = np.zeros(parts[0].order.size)
    for part in parts:
        result[part.order] += part.share * part.weights / part.weights.sum()
    return np.asarray(result[positions], dtype=np.float32)
