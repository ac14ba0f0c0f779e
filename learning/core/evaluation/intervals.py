"""Intervals of shares and means. Every interval there is comes from the modules ``intervals*``.

Each is held to its coverage by ``benchmarks/interval_coverage.py`` (the table: decision 0058), none has width zero.
``intervals_f1``, ``intervals_kappa``, ``intervals_calibration`` and ``intervals_difference`` have those of scores that
are no mean, and of comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from learning.core.arrays import DoubleArray
from learning.core.distributions import beta_quantile, t_quantile
from learning.core.evaluation.interval_words import LEVEL, around

TAIL = (1.0 - LEVEL) / 2.0


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


def share(successes: float, n: float) -> Estimate:
    """Share of successes with the exact interval of Clopper and Pearson.

    Wilson's is a little shorter and holds the truth on average, but not where that is close to 0 or 1: in .86 of all
    draws for a share of .985 of ten items.

    Parameters
    ----------
    successes : float
        Between 0 and ``n``.
    n : float
        0 gives the interval from 0 to 1. Not whole for an effective number of answers; ``Estimate.n`` is rounded.

    Returns
    -------
    Estimate
        All in [0, 1].

    References
    ----------
    C. J. Clopper, E. S. Pearson, Biometrika 26, 1934.

    Examples
    --------
    >>> estimate = share(8, 10)
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.444, 0.975)
    """
    if n == 0:
        return Estimate(0.0, 0.0, 1.0, 0)
    failures = n - successes
    low = beta_quantile(TAIL, successes, failures + 1.0) if successes > 0 else 0.0
    high = beta_quantile(1.0 - TAIL, successes + 1.0, failures) if failures > 0 else 1.0
    value = successes / n
    # Rounding must not push the end of the interval inside the share itself.
    return Estimate(value, min(low, value), max(high, value), round(n))


def share_above(rank: int, n: int) -> Estimate:
    """Share of further draws that lie above the ``rank``-th smallest of ``n`` earlier ones of the same distribution.

    Whatever the distribution, it is a draw from Beta(n + 1 - rank, rank).

    Parameters
    ----------
    rank : int
        From 1 to ``n``.

    Returns
    -------
    Estimate
        The mean and the 95 % interval of that distribution; ``n`` is the number of earlier draws.

    References
    ----------
    S. S. Wilks, Annals of Mathematical Statistics 12, 1941.

    Examples
    --------
    >>> estimate = share_above(95, 99)
    >>> round(estimate.value, 3), round(estimate.high, 3)
    (0.05, 0.1)
    """
    above = float(n + 1 - rank)
    low, high = (beta_quantile(tail, above, float(rank)) for tail in (TAIL, 1.0 - TAIL))
    return Estimate(above / (n + 1), low, high, n)


def median_share(successes: float, n: float) -> float:
    """Share of successes that is as likely to be too low as too high: the lower end of an exact interval of level 0.

    Below the plain share, by less than ``1 / n``; of ``n`` successes in ``n`` it is ``.5 ** (1 / n)``.

    Parameters
    ----------
    successes : float
        Between 0 and ``n``.
    n : float
        Above 0.

    Examples
    --------
    >>> round(median_share(5, 5), 3), round(median_share(0, 5), 3), round(median_share(80, 100), 3)
    (0.871, 0.0, 0.794)
    """
    return beta_quantile(0.5, successes, n - successes + 1.0) if successes > 0 else 0.0


def bounded_mean(values: ArrayLike, top: float, least: float = 0.0) -> Estimate:
    """Mean of values in [least, top] with an interval that reckons with values it has not seen.

    The mean is what it would be if the items were weighted anew by a flat Dirichlet distribution, with one item more
    that lies at ``least`` for the lower end and at ``top`` for the upper one (Gaffke's bound). Such a weighted mean has
    nearly a beta distribution; here it has the one with the same mean and variance. Of zeros and ones it is exactly
    that of :func:`share`.

    Parameters
    ----------
    values : array_like of shape (n,), n >= 1
    top : float
        The largest value to be reckoned with: a bound, or the loss of a surprise (:func:`top_of`).
    least : float
        The smallest one.

    Returns
    -------
    Estimate
        Never of width zero.

    References
    ----------
    N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005; E. Learned-Miller, P. S. Thomas, "A new confidence interval for the
    mean of a bounded random variable", 2019.

    Examples
    --------
    >>> found = bounded_mean([0.0, 1.0, 1.0, 1.0, 1.0], 1.0)
    >>> (round(found.low, 3), round(found.high, 3)) == (round(share(4, 5).low, 3), round(share(4, 5).high, 3))
    True
    >>> found = bounded_mean(np.zeros(50), 2.0)
    >>> found.low, round(found.high, 3)
    (0.0, 0.142)
    """
    given = np.asarray(values, dtype=np.float64)
    value, width = float(given.mean()), top - least
    parts = np.clip((given - least) / width, 0.0, 1.0)
    low = least + width * _reweighted(parts, 0.0, TAIL)
    high = least + width * _reweighted(parts, 1.0, 1.0 - TAIL)
    return Estimate(value, min(low, value), max(high, value), given.size)


def _reweighted(parts: DoubleArray, another: float, quantile: float) -> float:
    """Return a quantile of the mean of parts in [0, 1] and ``another`` under flat Dirichlet weights."""
    every = parts.size + 1
    mean = (float(parts.sum()) + another) / every
    spread = float(((parts - mean) ** 2).sum()) + (another - mean) ** 2
    if not 0.0 < mean < 1.0 or spread <= 0.0:
        return mean
    concentration = mean * (1.0 - mean) * every * (every + 1) / spread - 1.0
    return beta_quantile(quantile, mean * concentration, (1.0 - mean) * concentration)


def top_of(losses: DoubleArray, surprised: DoubleArray) -> float:
    """Return the largest loss to be reckoned with, above 0.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        As measured.
    surprised : ndarray of shape (n,)
        What they had been, had the model's second choice been true.

    Examples
    --------
    >>> top_of(np.array([0.1, 0.4]), np.array([1.5, 0.9])), top_of(np.zeros(2), np.zeros(2))
    (1.5, 1.0)
    """
    return max(float(losses.max()), float(surprised.max())) or 1.0


def mean_of_few(values: ArrayLike, resolution: float = 0.0) -> Estimate:
    """Mean of a few repetitions, such as seeds, with Student's interval.

    Parameters
    ----------
    values : array_like of shape (n,), n >= 1
    resolution : float
        What two different values differ by at least; values that do not differ are no further apart than this. At 0 the
        interval of values that do not differ has no width: there is none to give.

    Returns
    -------
    Estimate
        One value alone has an infinite interval.

    References
    ----------
    Student, "The probable error of a mean", Biometrika 6, 1908.

    Examples
    --------
    >>> found = mean_of_few([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> round(found.low, 3), round(found.high, 3)
    (1.037, 4.963)
    >>> mean_of_few([0.9, 0.9], 0.01).high > 0.9
    True
    """
    given = np.asarray(values, dtype=np.float64)
    mean, half = float(given.mean()), half_width(given, resolution)
    return Estimate(mean, mean - half, mean + half, given.size)


def half_width(values: DoubleArray, resolution: float) -> float:
    """Return half the width of Student's interval of a mean; see :func:`mean_of_few`."""
    n = values.size
    if n < 2:
        return float("inf")
    # A value read off a scale with such steps is off by a uniform error of this variance at least.
    variance = max(float(values.var(ddof=1)), resolution**2 / 12.0)
    return t_quantile(1.0 - TAIL, n - 1) * float(np.sqrt(variance / n))


def normal(value: float, standard_error: float, n: int) -> Estimate:
    """Return ``value`` with the interval of a normal distribution, as a posterior has it.

    Examples
    --------
    >>> normal(1.0, 0.5, 40).high.__round__(2)
    1.98
    """
    low, high = around(value, standard_error)
    return Estimate(value, low, high, n)
