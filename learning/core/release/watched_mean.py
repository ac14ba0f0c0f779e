"""The mean of bounded values, with an interval that may be looked at after every value (decision 0130)."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.release.difference import BETS, LAID

_STEPS = 40


def watched_mean(values: DoubleArray, least: float, most: float, alpha: float) -> tuple[float, float]:
    """Where the mean lies, at every moment at once, with a chance of at least ``1 - 2 * alpha``.

    Somebody who starts with 1 and bets on values above m gains nothing in expectation while the mean is at most m, so
    the chance that his capital *ever* reaches ``1 / alpha`` is at most ``alpha`` (Ville): every m at which it has is
    ruled out, and looking as often as one likes costs nothing. The capital does not depend on the order of the values.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Independent, in [least, most].
    least, most : float
        What a value can be, with least < most.
    alpha : float
        Of each end.

    Returns
    -------
    tuple of float
        The two ends; ``(least, most)`` of no values.

    References
    ----------
    I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86, 2024.

    Examples
    --------
    >>> low, high = watched_mean(np.array([0.0, 4.0] * 100), 0.0, 4.0, 0.025)
    >>> 1.2 < low < 2.0 < high < 2.8
    True
    >>> watched_mean(np.zeros(0), 0.0, 4.0, 0.025)
    (0.0, 4.0)
    """
    parts, times = np.unique(np.clip((values - least) / (most - least), 0.0, 1.0), return_counts=True)
    counts = times.astype(np.float64)
    low, high = _lowest(parts, counts, alpha), 1.0 - _lowest(1.0 - parts, counts, alpha)
    return least + (most - least) * low, least + (most - least) * high


def _lowest(parts: DoubleArray, counts: DoubleArray, alpha: float) -> float:
    """Return the smallest mean of parts in [0, 1] that is not ruled out."""
    low, high = 0.0, 1.0
    if not parts.size or _capital(parts, counts, 0.5**_STEPS) < -np.log(alpha):
        return 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _capital(parts, counts, middle) >= -np.log(alpha) else (low, middle)
    return low


def _capital(parts: DoubleArray, counts: DoubleArray, mean: float) -> float:
    """Return the logarithm of the capital of who bets against "the mean is at most ``mean``"."""
    gained = np.log1p(BETS[:, None] * (parts[None, :] / mean - 1.0)) @ counts
    return float(np.logaddexp.reduce(gained + np.log(LAID)))
