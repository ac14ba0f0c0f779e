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
    to .99 it holds the truth in .95 to 1.00 of draws with five positives and more.

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
    value = float((np.diff(recall, prepend=0.0) * precision).sum())
    return share(min(value, 1.0) * n_positives, n_positives)


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
