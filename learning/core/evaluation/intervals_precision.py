"""Average precision: how many of those that rank as high as a positive are positives, on average over the positives."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray
from learning.core.evaluation.intervals import Estimate, share


def average_precision(probabilities: DoubleArray, has: BoolArray) -> Estimate:
    """Return the area under the steps of precision over recall, with its interval.

    A label that says nothing has the share of positives for its average precision, one that is told apart without
    fault has 1. No threshold takes part: what it says of a model stays when F1 is 0 because nobody is .5 sure.

    The interval is that of a share of as many items as there are positives. That is exact where each positive is above
    all others or below; elsewhere it is wider than need be: over base rates of .01 to .5 and average precisions of .02
    to .99 it holds the truth in .95 to 1.00 of draws with five positives and more. Average precision rises with how
    frequent a label is, and one that is rarer than it looks is said only where luck had many of it drawn: the lower end
    is therefore that of the least share of positives there may be (without that it held the truth in .88 of the draws
    in which one of nine labels had 6 to 10 of 50 items).

    Parameters
    ----------
    probabilities : ndarray of shape (n,)
        Equal ones are given the label together.
    has : ndarray of bool, shape (n,)

    Returns
    -------
    Estimate
        ``n`` counts the positives; from 0 to 1 where there is none.

    References
    ----------
    K. Boyd, K. H. Eng, C. D. Page, "Area under the precision-recall curve: point estimates and confidence intervals",
    ECML 2013.

    Examples
    --------
    >>> found = average_precision(np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False]))
    >>> round(found.value, 3), found.n
    (0.833, 2)
    """
    n_positives = int(has.sum())
    if not n_positives:
        return Estimate(0.0, 0.0, 1.0, 0)
    precision, recall, _ = precision_recall(probabilities, has)
    step = np.diff(recall, prepend=0.0)
    found, rarer = (
        share(min(float((step * given).sum()), 1.0) * n_positives, n_positives)
        for given in (precision, _precision_if_rarer(precision, n_positives, len(has)))
    )
    return Estimate(found.value, min(rarer.low, found.low), found.high, found.n)


def _precision_if_rarer(precision: DoubleArray, n_positives: int, n: int) -> DoubleArray:
    """Return the same model's precision where positives are as rare as they may be."""
    if n_positives == n:
        return precision
    least = share(n_positives, n).low
    odds = least / (1.0 - least) * (n - n_positives) / n_positives
    return np.asarray(odds * precision / (odds * precision + 1.0 - precision))


def precision_recall(probabilities: DoubleArray, has: BoolArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Return precision and recall of giving a label from each probability on that occurs, falling.

    Parameters
    ----------
    probabilities : ndarray of shape (n,)
    has : ndarray of bool, shape (n,)
        At least one is true.

    Returns
    -------
    precision, recall, levels : ndarray of shape (m,)

    Examples
    --------
    >>> precision, recall, levels = precision_recall(np.array([0.9, 0.5, 0.5]), np.array([True, True, False]))
    >>> precision.round(2).tolist(), recall.tolist(), levels.tolist()
    ([1.0, 0.67], [0.5, 1.0], [0.9, 0.5])
    """
    order = np.argsort(-probabilities, kind="stable")
    falling, hits = probabilities[order], np.cumsum(has[order])
    last = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    return hits[last] / (last + 1.0), hits[last] / float(has.sum()), falling[last]
