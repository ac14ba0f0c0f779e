"""Expected calibration error without what luck alone adds to it, with an interval.

Even a perfectly honest model is off in every bin of a few answers: of 50 answers the plain error is .1 on average
where the true one is .02. Subtracted is therefore what such luck adds; and the interval holds every true error under
which an error as small, and as large, as the observed one is not unlikely.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learning.core.arrays import DoubleArray, IntArray
from learning.core.evaluation.intervals import TAIL, Estimate

BINS = 15
_DRAWS = 1_000
_STEPS = 30
#: One standard error of luck, as power-constrained limits have it.
_LUCKY = 0.16

Reliability = tuple[tuple[float, float, int], ...]


def calibration(
    confidence: DoubleArray, correct: DoubleArray, rng: np.random.Generator
) -> tuple[Estimate, Reliability]:
    """Return the calibration error and the bins it is made of.

    Parameters
    ----------
    confidence, correct : ndarray of shape (n, c), n >= 1
        How sure each answer was, in [0, 1], and 1 where it was right; ``c`` answers an item.
    rng : numpy.random.Generator

    Returns
    -------
    error : Estimate
        In [0, 1], never of width zero: the gap between how sure and how often right, over 15 bins of equal width
        weighted by their answers, less the part that luck has in it.
    reliability : tuple of (confidence, accuracy, count)
        Of the bins that are not empty.

    References
    ----------
    A. Kumar, P. Liang, T. Ma, "Verified uncertainty calibration", NeurIPS 2019; J. Brocker, "Estimating reliability and
    resolution of probability forecasts through decomposition of the empirical score", Climate Dynamics 39, 2012; G.
    Cowan, K. Cranmer, E. Gross, O. Vitells, "Power-constrained limits", 2011.

    Examples
    --------
    >>> sure, right = np.full((50, 1), 0.8), (np.arange(50) % 5 > 0).astype(float)[:, None]
    >>> error, bins = calibration(sure, right, np.random.default_rng(0))
    >>> error.value, error.low, 0.05 < error.high < 0.2, bins[0][2]
    (0.0, 0.0, True, 50)
    """
    n, each = confidence.shape
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = np.zeros((n, BINS))
    np.add.at(gaps, (np.arange(n)[:, None], bins), correct - confidence)
    flat = bins.ravel()
    weights = np.ones(flat.size), confidence.ravel(), correct.ravel()
    counts, sure, right = (np.asarray(np.bincount(flat, weight, BINS), dtype=np.float64) for weight in weights)
    used = np.flatnonzero(counts)
    total = float(confidence.size)
    variance = _variances(flat, confidence, counts, right)
    if each > 1:  # the answers of an item are right or wrong together
        variance = np.maximum(variance, (gaps**2).sum(axis=0))
    found = _interval(gaps.sum(axis=0)[used] / total, np.sqrt(variance[used]) / total, n, rng)
    points = tuple((float(sure[b] / counts[b]), float(right[b] / counts[b]), int(counts[b])) for b in used)
    return found, points


def _variances(bins: IntArray, confidence: DoubleArray, counts: DoubleArray, right: DoubleArray) -> DoubleArray:
    """Return the variance of each bin's right answers: as its confidences have it, or as many right ones have it.

    The latter by the rule of succession: also where all are right the next one may be wrong.
    """
    said = np.bincount(bins, (confidence * (1.0 - confidence)).ravel(), BINS)
    rate = (right + 1.0) / (counts + 2.0)
    return np.asarray(np.maximum(said, counts * rate * (1.0 - rate)))


def _interval(gaps: DoubleArray, noise: DoubleArray, n: int, rng: np.random.Generator) -> Estimate:
    """Return the sum of the sizes of true gaps, of which ``gaps`` were seen with ``noise`` (standard errors)."""
    luck = noise * rng.standard_normal((_DRAWS, gaps.size))
    seen = float(np.abs(gaps).sum())

    def sums(true_gaps: DoubleArray) -> DoubleArray:
        return np.asarray(np.abs(true_gaps + luck).sum(axis=1))

    # The gaps as they probably are: what is seen, shrunk by the share that noise has in it.
    kept = max(0.0, 1.0 - float((noise**2).sum()) / max(float((gaps**2).sum()), 1e-300)) ** 0.5
    value = min(max(seen - (float(sums(kept * gaps).mean()) - kept * seen), 0.0), 1.0)
    # An error of a given size is seen best in the bin with the least noise, and worst when all bins hide their part.
    plain = np.zeros(gaps.size)
    plain[noise.argmin()] = 1.0
    low = _crossing(lambda size: float(np.quantile(sums(size * plain), 1.0 - TAIL)), seen, noise)
    # A smaller sum than luck alone has is luck too, and no proof of a smaller error (a power-constrained limit).
    hidden, at_least = noise / noise.sum(), float(np.quantile(sums(plain * 0.0), _LUCKY))
    high = _crossing(lambda size: float(np.quantile(sums(size * hidden), TAIL)), max(seen, at_least), noise)
    return Estimate(value, min(low, value), min(max(high, value), 1.0), n)


def _crossing(reached: Callable[[float], float], seen: float, noise: DoubleArray) -> float:
    """Return the smallest true error with which ``reached`` comes up to what was seen."""
    if reached(0.0) >= seen:
        return 0.0
    low, high = 0.0, seen + 6.0 * float(noise.sum())
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if reached(middle) < seen else (low, middle)
    return high
