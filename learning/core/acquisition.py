"""From utilities to an ordered draw in which every pick has a known probability.

Taking the top of a ranking is deterministic: nothing about the pool can be estimated from what was picked. Here every
pick is a draw, sharp enough to cost almost nothing and soft enough that every eligible row has a chance. With
``r`` the rank of a row by falling utility (1 is best) and ``b = 1 / temperature``, the weight of a row is

    w = r ** -b

which needs no scale for the utilities and no knowledge of the pool's size. Rows are drawn one after the other without
replacement, each in proportion to its weight among those that remain. The *propensity* of the m-th draw is

    q_m = w_m / (sum of the weights of the rows not drawn before m)

the conditional probability that LURE weights ask for (Farquhar et al. 2021). Two ways of drawing share this law:

* :func:`draw` for a ranking that does not change: Gumbel top-k, in its equal form of an exponential race;
* :class:`RankDraws` for rankings that change with every pick (diverse batches, clusters): a rank is drawn from ``r **
-b``
  over the ranks that remain, and the row at that rank of the current order is taken.

References
----------
W. Kool et al., "Stochastic beams and where to find them", ICML 2019 (Gumbel top-k). A. Kirsch et al., "Stochastic batch
acquisition", TMLR 2023 (soft-rank). S. Farquhar et al., "On statistical bias in active learning", ICLR 2021.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray

DEFAULT_TEMPERATURE = 0.25
_TINY = float(np.finfo(np.float64).tiny)


def order_by_utility(utilities: FloatMatrix, rng: np.random.Generator) -> IntArray:
    """Return positions by falling utility, equal ones in random order.

    Parameters
    ----------
    utilities : ndarray of shape (n,)
        Finite.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> order_by_utility(np.array([0.1, 0.9, 0.5], np.float32), np.random.default_rng(0)).tolist()
    [1, 2, 0]
    """
    # Storage order often follows the label; ties broken by position would pick one label only. So the float becomes an
    # integer of the same order with random bits below it, and one sort does both.
    bits = (np.float32(0.0) - utilities.astype(np.float32, copy=False)).view(np.uint32)
    rising = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.uint64)
    keys = rising << np.uint64(32) | rng.integers(2**32, size=utilities.size, dtype=np.uint32)
    return np.asarray(np.argsort(keys), dtype=np.int64)


def demoted(order: IntArray, factors: DoubleArray | None) -> IntArray:
    """Return an order in which every rank was divided by its row's factor, and ranks dealt anew.

    A rank is drawn with ``r ** -b``: a factor ``f`` on the rank is one of ``f ** b`` on the weight. Which weights there
    are does not change, only who has them, so propensities are as known and as positive as before.

    Parameters
    ----------
    order : ndarray of int, shape (n,)
        Positions, best first.
    factors : ndarray of shape (n,), range (0, 1], optional
        By position, as in :func:`learning.core.skips.factor_of`; None leaves the order as it is.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> demoted(np.array([2, 0, 1]), np.array([1.0, 1.0, 0.1])).tolist()
    [0, 1, 2]
    """
    if factors is None:
        return order
    ranks = np.arange(1, order.size + 1) / factors[order]
    return np.asarray(order[np.argsort(ranks, kind="stable")])


def rank_log_weights(n: int, temperature: float) -> DoubleArray:
    """Return the log weight of ranks 1 to ``n``.

    Parameters
    ----------
    n : int
    temperature : float
        Above 0. The exponent is its inverse: 0.25 gives the first rank 92 % of a large pool, 0.5 gives it 61 %,
        1 spreads evenly over orders of magnitude.

    Returns
    -------
    ndarray of float64, shape (n,)
        Read-only; a view of one table, for a weight does not depend on how many ranks there are.

    Raises
    ------
    ValueError
        If the temperature is not above 0.

    Examples
    --------
    >>> np.exp(rank_log_weights(3, 1.0)).round(3)
    array([1.   , 0.5  , 0.333])
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    return _table(temperature, _room_for(n))[0][:n]


def _room_for(n: int) -> int:
    """Tables grow by doubling: a pool that shrinks by a batch needs no new one."""
    return max(1_024, 1 << (max(n, 1) - 1).bit_length())


@lru_cache(maxsize=4)
def _table(temperature: float, n: int) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Log weights, weights and cumulative weights of the first ``n`` ranks."""
    log_weights = np.log(np.arange(1, n + 1, dtype=np.float64))
    log_weights *= -1.0 / temperature
    weights = np.exp(log_weights)
    cumulative = np.cumsum(weights)
    for table in (log_weights, weights, cumulative):
        table.flags.writeable = False
    return log_weights, weights, cumulative


def draw(log_weights: DoubleArray, k: int, rng: np.random.Generator) -> tuple[IntArray, DoubleArray]:
    """Draw ``k`` positions without replacement, each in proportion to its weight among those that remain.

    Position ``i`` gets an arrival time ``E_i / w_i`` with ``E_i`` standard exponential; the first ``k`` arrivals are
    the draw, in order of arrival. (``-log`` of the arrival times are Gumbel-perturbed log weights.)

    Parameters
    ----------
    log_weights : ndarray of shape (n,)
        Finite.
    k : int
        At most ``n`` are drawn.
    rng : numpy.random.Generator

    Returns
    -------
    positions : ndarray of int, shape (min(k, n),)
        In order of the draw.
    propensities : ndarray of float64, same shape, range (0, 1]
        Probability of each draw given those before it.

    Examples
    --------
    >>> positions, propensities = draw(np.log([0.5, 0.5]), 2, np.random.default_rng(0))
    >>> sorted(positions.tolist()), propensities.tolist()
    ([0, 1], [0.5, 1.0])
    """
    n = log_weights.size
    k = min(k, n)
    if k == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    arrivals = np.log(rng.standard_exponential(n))
    arrivals -= log_weights
    first = np.argpartition(arrivals, k - 1)[:k] if k < n else np.arange(n)
    positions = first[np.argsort(arrivals[first])]
    return positions, propensities_of(log_weights, positions)


def propensities_of(log_weights: DoubleArray, positions: IntArray) -> DoubleArray:
    """Return the conditional probability of every draw of a sequence without replacement.

    Parameters
    ----------
    log_weights : ndarray of shape (n,)
    positions : ndarray of int, shape (k,)
        Distinct, in order of the draw.

    Returns
    -------
    ndarray of float64, shape (k,), range (0, 1]

    Examples
    --------
    >>> propensities_of(np.log([0.5, 0.3, 0.2]), np.array([0, 1])).round(2)
    array([0.5, 0.6])
    """
    rest: BoolArray = np.ones(log_weights.size, dtype=bool)
    rest[positions] = False
    drawn = log_weights[positions]
    # Summed from the tail up and in logs: a head that holds nearly all the mass neither cancels nor underflows.
    others = log_weights[rest]
    top = others.max(initial=-np.inf)
    tail = top + np.log(np.exp(others - top).sum()) if others.size else -np.inf
    remaining = np.logaddexp.accumulate(np.concatenate(([tail], drawn[::-1])))[1:][::-1]
    return np.asarray(np.clip(np.exp(drawn - remaining), _TINY, 1.0))


class RankDraws:
    """Draws ranks, one after the other, from ``r ** -b`` over the ranks that remain.

    Parameters
    ----------
    n : int
        Rows that remain before the first draw.
    temperature : float
        Above 0.
    rng : numpy.random.Generator

    Examples
    --------
    >>> draws = RankDraws(2, 1.0, np.random.default_rng(1))
    >>> rank, propensity = draws.next()
    >>> (rank, round(propensity, 3)) in [(1, 0.667), (2, 0.333)], draws.next()
    (True, (1, 1.0))
    """

    def __init__(self, n: int, temperature: float, rng: np.random.Generator) -> None:
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, not {temperature}")
        _, self._weights, self._cumulative = _table(temperature, _room_for(n))
        self._rng = rng
        self.remaining = n

    def next(self) -> tuple[int, float]:
        """Return the next rank (1 is best) and its propensity, and count one row less.

        Raises
        ------
        ValueError
            If no row remains.
        """
        if self.remaining < 1:
            raise ValueError("no row remains to be drawn")
        total = self._cumulative[self.remaining - 1]
        position = int(np.searchsorted(self._cumulative[: self.remaining], self._rng.random() * total, side="right"))
        position = min(position, self.remaining - 1)
        self.remaining -= 1
        return position + 1, float(self._weights[position] / total)

    def mass_beyond(self, rank: int) -> float:
        """Return the probability that the draw just made exceeded ``rank``.

        Examples
        --------
        >>> draws = RankDraws(2, 1.0, np.random.default_rng(1))
        >>> _ = draws.next()
        >>> round(draws.mass_beyond(1), 3)
        0.333
        """
        total = self._cumulative[self.remaining]
        return float((total - (self._cumulative[rank - 1] if rank else 0.0)) / total)
