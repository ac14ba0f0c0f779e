"""Krippendorff's alpha, its interval, and when there is none.

The interval is a percentile bootstrap over items, each with all its answers. Among a few items the bootstrap does not
know what it has not seen: twenty items on which all agree would give an interval of no width. So the lower end reckons
with one item more on which two people disagree, the upper end with one more on which they agree, and both with
Student's quantile instead of the normal one.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.distributions import normal_cdf, t_quantile
from learning.core.evaluation.intervals import TAIL, Estimate

DRAWS = 1_000
#: Numbers drawn at a time: a bootstrap of many patterns of answers stays within some megabytes.
_AT_A_TIME = 2_000_000


def alpha(counts: DoubleArray, *, ordinal: bool = False) -> float | None:
    """Return Krippendorff's alpha: 1 is perfect agreement, 0 what chance gives.

    Parameters
    ----------
    counts : ndarray of shape (n_items, n_values)
        How often each value was given to each item; items with fewer than two answers say nothing.
    ordinal : bool
        Whether the values are steps in their order; else they are the same or not.

    Returns
    -------
    float or None
        None where it is undefined: nobody disagreed anywhere because only one value was ever given, or nothing was
        answered twice.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    Examples
    --------
    >>> both = np.array([[2, 0], [2, 0], [0, 2], [1, 1]])
    >>> round(alpha(both), 3)
    0.533
    >>> alpha(np.array([[2, 0], [3, 0]])) is None
    True
    """
    kept = _several(counts)
    if not len(kept):
        return None
    found = _alphas(np.ones((1, len(kept))), kept, ordinal=ordinal)[0]
    return None if np.isnan(found) else float(found)


def alpha_interval(
    counts: DoubleArray, rng: np.random.Generator, *, ordinal: bool = False, draws: int = DRAWS
) -> Estimate | None:
    """Return alpha with its 95 % interval; ``n`` is the number of items it rests on.

    Parameters
    ----------
    counts, ordinal
        As for :func:`alpha`.
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    Estimate or None
        None where alpha is undefined; never of width zero.

    References
    ----------
    T. Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69, 2015, for the
    quantiles; A. Zapf, S. Castell, L. Morawietz, A. Karch, "Measuring inter-rater reliability for nominal data: which
    coefficients and confidence intervals are appropriate?", BMC Medical Research Methodology 16, 2016.

    Examples
    --------
    >>> agreed = np.array([[2, 0], [0, 2]] * 15)
    >>> found = alpha_interval(agreed, np.random.default_rng(0))
    >>> found.value, found.high, 0.7 < found.low < 1.0, found.n
    (1.0, 1.0, True, 30)
    """
    kept = _several(counts)
    value = alpha(kept, ordinal=ordinal)
    if value is None:
        return None
    patterns, repeated = np.unique(kept, axis=0, return_counts=True)
    times = repeated.astype(np.float64)
    n = len(kept)
    # Student's quantile on the scale of the bootstrap's, whose spread is too small by the root of n / (n - 1)
    tail = normal_cdf(t_quantile(TAIL, max(n - 1, 1)) * (n / max(n - 1, 1)) ** 0.5)
    disagreed, agreed = _further(kept, ordinal=ordinal)
    low = _end(patterns, times, disagreed, tail, rng, ordinal=ordinal, draws=draws, undefined=-1.0)
    high = _end(patterns, times, agreed, 1.0 - tail, rng, ordinal=ordinal, draws=draws, undefined=1.0)
    return Estimate(value, min(low, value), max(min(high, 1.0), value), n)


def _several(counts: DoubleArray) -> DoubleArray:
    given = np.asarray(counts, dtype=np.float64)
    return np.asarray(given[given.sum(axis=1) >= 2])


def _further(counts: DoubleArray, *, ordinal: bool) -> tuple[DoubleArray, DoubleArray]:
    """Return an item on which two people disagree, on the two values given most often (of a scale: its ends), and one
    on which they agree, on the value given least often."""
    totals = counts.sum(axis=0)
    given = np.flatnonzero(totals)
    most_first = given[np.argsort(-totals[given], kind="stable")]
    one, other = (given[0], given[-1]) if ordinal else (most_first[0], most_first[1])
    disagreed, agreed = np.zeros(totals.size), np.zeros(totals.size)
    disagreed[[one, other]] = 1.0
    agreed[most_first[-1]] = 2.0
    return disagreed, agreed


def _end(
    patterns: DoubleArray,
    times: DoubleArray,
    further: DoubleArray,
    quantile: float,
    rng: np.random.Generator,
    *,
    ordinal: bool,
    draws: int,
    undefined: float,
) -> float:
    """Return a quantile of alpha over resamples of the items and one further; ``undefined`` stands for resamples in
    which only one value occurs."""
    every = np.vstack((patterns, further))
    shares = np.append(times, 1.0) / (times.sum() + 1.0)
    n, at_a_time = int(times.sum()) + 1, max(1, _AT_A_TIME // len(every))
    found = [
        _alphas(
            rng.multinomial(n, shares, size=min(at_a_time, draws - start)).astype(np.float64), every, ordinal=ordinal
        )
        for start in range(0, draws, at_a_time)
    ]
    return float(np.quantile(np.nan_to_num(np.concatenate(found), nan=undefined), quantile))


def _alphas(weights: DoubleArray, patterns: DoubleArray, *, ordinal: bool) -> DoubleArray:
    """Return alpha for each row of ``weights`` (how often each pattern of answers occurs); NaN where undefined."""
    answers = patterns.sum(axis=1)
    n, totals = weights @ answers, weights @ patterns
    if ordinal:
        observed, expected = _ordinal_sums(weights, patterns, answers, totals)
    else:
        observed = weights @ ((answers**2 - (patterns**2).sum(axis=1)) / (answers - 1.0))
        expected = n**2 - (totals**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(expected > 0, 1.0 - observed * (n - 1.0) / expected, np.nan)
    return np.asarray(found)


def _ordinal_sums(
    weights: DoubleArray, patterns: DoubleArray, answers: DoubleArray, totals: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Return the sums of differences within items and between all answers. Krippendorff's ordinal difference is the
    squared distance of two steps' middle ranks, which every resample has its own of."""
    ranks = np.cumsum(totals, axis=1) - totals / 2.0
    together = patterns[:, :, None] * patterns[:, None, :] / (answers - 1.0)[:, None, None]
    coincidences = np.tensordot(weights, together, axes=1)
    apart = (ranks[:, :, None] - ranks[:, None, :]) ** 2
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * apart).sum(axis=(1, 2))
    return observed, expected
