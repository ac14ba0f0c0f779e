"""Intervals of F1: of one label exactly, of their mean and of all cells together with what items and errors share.

The F1 of a label is ``2 J / (1 + J)`` with ``J`` the share of right answers among the items that have the label or were
given it. Of those items each is right or not, so ``J`` is a share like any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from learning.core.arrays import DoubleArray
from learning.core.evaluation.interval_words import STANDARD_ERRORS, TOO_FEW
from learning.core.evaluation.intervals import TAIL, Estimate, share


def f1_of_label(hits: float, missed: float, wrong: float) -> Estimate:
    """Return a label's F1 with its exact interval.

    Parameters
    ----------
    hits : float
        Items that have the label and were given it.
    missed, wrong : float
        Those that have it and were not given it; those that were given it and do not have it.

    Returns
    -------
    Estimate
        ``n`` counts the items of all three sorts. From 0 to 1 where there are none.

    References
    ----------
    P. Jaccard, New Phytologist 11, 1912, for the share; C. J. Clopper, E. S. Pearson, Biometrika 26, 1934.

    Examples
    --------
    >>> found = f1_of_label(3, 0, 0)
    >>> found.value, round(found.low, 3), found.high
    (1.0, 0.452, 1.0)
    """
    found = share(hits, hits + missed + wrong)
    return Estimate(_f1(found.value), _f1(found.low), _f1(found.high), found.n)


def least_f1(hits: DoubleArray, others: DoubleArray) -> DoubleArray:
    """Return the lower ends of :func:`f1_of_label` for many ways to give a label at once.

    Parameters
    ----------
    hits : ndarray
        Above 0.
    others : ndarray of the same shape
        Missed and wrong ones together.

    Examples
    --------
    >>> least_f1(np.array([3.0, 3.0]), np.array([0.0, 5.0])).round(3).tolist()
    [0.452, 0.157]
    """
    jaccard = betaincinv(hits, others + 1.0, TAIL)
    return np.asarray(2.0 * jaccard / (1.0 + jaccard))


def _f1(jaccard: float) -> float:
    return 2.0 * jaccard / (1.0 + jaccard)


def macro_f1(predicted: DoubleArray, truth: DoubleArray) -> Estimate:
    """Return the mean F1 over the labels that occur in the truth, with an interval for the mean over all labels.

    The intervals of the labels are added up (MOVER), as much wider as labels share their errors (a wrong answer is one
    of two labels) and items. With fewer than five items a label's F1 may be anything, and its interval says little of
    how it varies: it then counts with the variance of all labels. One that does not occur has any F1 there is.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n, k)
        Zeros and ones.

    Returns
    -------
    Estimate
        In [0, 1]; from 0 to 1 where no label occurs. Never of width zero.

    References
    ----------
    A. Donner, G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21, 2012, for adding intervals up.

    Examples
    --------
    >>> found = macro_f1(np.eye(2).repeat(20, 0), np.eye(2).repeat(20, 0))
    >>> found.value, round(found.low, 2), found.high
    (1.0, 0.91, 1.0)
    """
    n, k = truth.shape
    occurs = truth.sum(axis=0) > 0
    if not occurs.any():
        return Estimate(0.0, 0.0, 1.0, n)
    hits = (predicted * truth)[:, occurs].sum(axis=0)
    whole = (predicted + truth)[:, occurs].sum(axis=0)
    union = whole - hits
    f1 = 2.0 * hits / whole
    low = _f1_ends(betaincinv(np.maximum(hits, 0.5), union - hits + 1.0, TAIL), hits > 0, 0.0)
    high = _f1_ends(betaincinv(hits + 1.0, np.maximum(union - hits, 0.5), 1.0 - TAIL), union > hits, 1.0)
    below, above = (f1 - low) ** 2, (high - f1) ** 2
    pooled = (hits.sum() + 0.5) / (union.sum() + 1.0)
    varies = pooled * (1.0 - pooled) / union
    few = union < TOO_FEW
    alike = few * STANDARD_ERRORS**2 * max(1.0, 4.0 / (1.0 + pooled) ** 4) * varies
    below, above = np.maximum(below, alike), np.maximum(above, alike)
    shared = _shared(predicted[:, occurs], truth[:, occurs], f1, whole)
    d, value = int(occurs.sum()), float(f1.mean())
    # F1 bends: of a few items it is too low on average, by half its second derivative times the variance.
    middle = min(float((f1 + 2.0 * varies / (1.0 + pooled) ** 3).mean()), 1.0)
    lower = middle - (shared * float(below.sum()) / d**2 + (k - d) * middle**2 / k**2) ** 0.5
    upper = middle + (shared * float(above.sum()) / d**2 + (k - d) * (1.0 - middle) ** 2 / k**2) ** 0.5
    return Estimate(value, min(max(lower, 0.0), value), max(min(upper, 1.0), value), n)


def _f1_ends(jaccard: NDArray[np.float64], known: NDArray[np.bool_], otherwise: float) -> DoubleArray:
    return np.asarray(np.where(known, 2.0 * jaccard / (1.0 + jaccard), otherwise))


def _shared(predicted: DoubleArray, truth: DoubleArray, f1: DoubleArray, whole: DoubleArray) -> float:
    """Return how much the labels' F1 vary together: the variance of their sum over the sum of their variances."""
    influence = (2.0 * predicted * truth - f1 * (predicted + truth)) / whole
    apart = float((influence**2).sum())
    return max(float((influence.sum(axis=1) ** 2).sum()) / apart, 1.0) if apart > 0 else 2.0


def micro_f1(predicted: DoubleArray, truth: DoubleArray) -> Estimate:
    """Return the F1 of all cells together, with the exact interval at the number of cells they are worth.

    The cells of an item are right or wrong together; as many independent ones as have the same variance count.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n, k)
        Zeros and ones.

    Returns
    -------
    Estimate
        In [0, 1]; from 0 to 1 where no label was true or given. Never of width zero.

    References
    ----------
    L. Kish, Survey Sampling, 1965, for the design effect.

    Examples
    --------
    >>> found = micro_f1(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    >>> found.value, found.low < 0.5
    (0.8, True)
    """
    n = len(truth)
    hits, whole = (predicted * truth).sum(axis=1), (predicted + truth).sum(axis=1)
    union = whole - hits
    total = float(union.sum())
    if total == 0:
        return Estimate(0.0, 0.0, 1.0, n)
    jaccard = float(hits.sum()) / total
    alone = total * jaccard * (1.0 - jaccard)
    largest = float((union**2).sum()) / total
    together = max(float(((hits - jaccard * union) ** 2).sum()) / alone, 1.0) if alone > 0 else max(largest, 1.0)
    found = share(float(hits.sum()) / together, total / together)
    value = _f1(jaccard)
    return Estimate(value, min(_f1(found.low), value), max(_f1(found.high), value), n)
