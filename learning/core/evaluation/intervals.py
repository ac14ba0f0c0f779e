"""Intervals: Wilson for shares, a seeded bootstrap for everything else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.interval_words import NO_WIDTH

LEVEL = 0.95
_REPLICATES = 1_000
_MIN_REPLICATES = 200
_CELLS = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A number measured on ``n`` items with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict[str, float | int]:
        """Return the fields as the REST contract names them."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def wilson(successes: float, n: float, level: float = LEVEL) -> Estimate:
    """Share of successes with the Wilson score interval.

    Parameters
    ----------
    successes : float
        Between 0 and ``n``.
    n : float
        0 gives the interval from 0 to 1. Not whole for an effective number of answers; ``Estimate.n`` is rounded.
    level : float

    Returns
    -------
    Estimate
        All in [0, 1].

    References
    ----------
    E. B. Wilson, JASA 22, 1927; L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16, 2001.

    Examples
    --------
    >>> estimate = wilson(8, 10)
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.49, 0.943)
    """
    if n == 0:
        return Estimate(0.0, 0.0, 1.0, 0)
    z = float(ndtri(0.5 + level / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    # Rounding must not push the end of the interval inside the share itself.
    return Estimate(share, min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share), round(n))


def bootstrap_weights(n: int, rng: np.random.Generator) -> FloatMatrix:
    """Return how often each of ``n`` items occurs in each resample.

    Parameters
    ----------
    n : int
        At least 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (replicates, n)
        Rows sum to ``n``. 1,000 replicates, fewer (down to 200) above 4,000 items.

    Examples
    --------
    >>> bootstrap_weights(3, np.random.default_rng(0)).sum(axis=1)[:2].tolist()
    [3.0, 3.0]
    """
    replicates = int(np.clip(_CELLS // n, _MIN_REPLICATES, _REPLICATES))
    weights = np.empty((replicates, n), dtype=np.float32)
    for row in weights:
        row[:] = np.bincount(rng.integers(n, size=n), minlength=n)
    return weights


def percentile(value: float, replicates: DoubleArray, n: int, level: float = LEVEL) -> Estimate:
    """Return ``value`` with the percentile interval of its bootstrap replicates.

    Parameters
    ----------
    value : float
    replicates : ndarray of shape (b,)
    n : int
        Items the value was measured on.
    level : float

    Returns
    -------
    Estimate

    Examples
    --------
    >>> percentile(0.5, np.linspace(0, 1, 101), 10).low.__round__(3)
    0.025
    """
    low, high = np.quantile(replicates, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(float(value), float(low), float(high), n)


def bounded(value: float, replicates: DoubleArray, n: int, most: float = 1.0) -> Estimate:
    """Return a score or an error in [0, most] with its interval, which is never of width zero.

    Parameters
    ----------
    value : float
        In [0, most].
    replicates : ndarray of shape (b,)
        Of its bootstrap.
    n : int
        Items the value was measured on.
    most : float
        The largest value there is.

    Returns
    -------
    Estimate
        The bootstrap's, or Wilson's where all replicates are alike: among answers without an error a bootstrap knows of
        none. Wilson's of ``value / most`` is wide enough for every mean of values in [0, most], of which shares vary
        most.

    Examples
    --------
    >>> found = bounded(1.0, np.ones(200), 10)
    >>> round(found.low, 3), found.high
    (0.722, 1.0)
    >>> round(bounded(0.5, np.full(200, 0.5), 10, most=2.0).high, 3)
    1.116
    """
    found = percentile(value, replicates, n)
    if found.high - found.low > NO_WIDTH:
        return found
    alike = wilson(min(max(found.value / most, 0.0), 1.0) * n, n)
    return Estimate(found.value, min(alike.low * most, found.value), max(alike.high * most, found.value), n)
