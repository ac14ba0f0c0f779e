"""Can what was asked be learned? How much of the chosen questions the other answers explain, and could.

A model asks what it doubts. It may doubt because it has not seen enough, and then the answers teach it; or because
rows that look alike have different labels, and then the next answer is as much of a surprise as this one: a strategy
that looks for doubt spends its questions where there is nothing to learn, and random questions teach as much or more.
Out-of-fold predictions of the *chosen* rows tell the two apart: they are the hardest of the pool, so what the other
answers explain of them is what asking about doubt has brought.

Two more things leave answers unexplained, and random questions mend neither. People err: what second answers show of
that is taken from what could be explained. And texts and pictures differ in more directions than there are answers at
first: what is unexplained then may just be unseen (decision 0073).
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix
from learning.core.evaluation.answer_errors import likely_rate
from learning.core.evaluation.fall_back import Explained, Grounds
from learning.core.evaluation.intervals_difference import ratio_of_means
from learning.core.learners.own_evidence import RowLosses

#: Of the variance of what was answered, the share that its main directions hold.
OF_VARIANCE = 0.9
#: Rows by which directions are counted, at most: spread over all that were answered.
ROWS_OF_DIRECTIONS = 500


def grounds_of(
    losses: RowLosses | None,
    chosen: BoolArray,
    features: FloatMatrix,
    agreement: DoubleArray,
    n_labels: int,
    overlap: int = 1,
) -> Grounds | None:
    """Return what a queue may fall back on.

    Parameters
    ----------
    losses : RowLosses or None
        Of all answers out of fold.
    chosen : ndarray of bool, shape (n,)
        Which of the answered rows were asked because a strategy wanted to know.
    features : ndarray of float32, shape (n, d)
        Of the answered rows.
    agreement : ndarray of shape (any,)
        Of eval items: share of pairs of people who said the same, NaN where fewer than two answered.
    n_labels : int
    overlap : int
        Answers an item gets, of which most decide.

    Returns
    -------
    Grounds or None
        None with fewer than two chosen rows that can be judged.
    """
    explained = explained_by_others(losses, chosen)
    if losses is None or explained is None:
        return None
    two = agreement[~np.isnan(agreement)]
    of_constant = float(losses.constant[_judged(losses, chosen)].mean())
    could = explainable(likely_rate(two, n_labels, overlap), of_constant, n_labels) if two.size else 1.0
    return Grounds(explained, could, int(two.size), len(features) / directions(features))


def explained_by_others(losses: RowLosses | None, chosen: BoolArray) -> Explained | None:
    """Return how much of the chosen questions the other answers explain.

    Parameters
    ----------
    losses : RowLosses or None
        Of all answers out of fold.
    chosen : ndarray of bool, shape (n,)
        Which of the answered rows were asked because a strategy wanted to know.

    Returns
    -------
    Explained or None
        1 less the model's loss over that of the shares of the labels, both of the chosen rows: at most 1, below 0
        where the model is worse. None with fewer than two such rows.

    Examples
    --------
    >>> losses = RowLosses(np.arange(4), np.full(4, 0.35), np.array([0.69, 0.71, 0.69, 0.71]), np.ones(4))
    >>> found = explained_by_others(losses, np.ones(4, bool))
    >>> round(found.value, 2), found.low < 0.5 < found.high, found.n
    (0.5, True, 4)
    """
    if losses is None:
        return None
    rows = _judged(losses, chosen)
    if int(rows.sum()) < 2:
        return None
    found = ratio_of_means(losses.model[rows], losses.constant[rows], 1e-3)
    return Explained(1.0 - found.value, 1.0 - found.high, 1.0 - found.low, found.n)


def _judged(losses: RowLosses, chosen: BoolArray) -> BoolArray:
    return np.asarray(chosen[losses.rows] & (losses.judged > 0))


def explainable(rate: float, of_constant: float, n_labels: int) -> float:
    """Return the share of a constant's loss that a model may save which knows the truth, but not who errs when.

    Parameters
    ----------
    rate : float
        Share of wrong answers, every wrong label alike.
    of_constant : float
        Loss of the shares of the labels, in nats.
    n_labels : int

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> explainable(0.0, 0.693, 2), round(explainable(0.2, 0.693, 2), 2), explainable(0.5, 0.693, 2).__round__(2)
    (1.0, 0.28, 0.0)
    """
    if rate <= 0.0:
        return 1.0
    told, wrong = max(1.0 - rate, 1e-12), rate / max(n_labels - 1, 1)
    least = -(told * np.log(told) + rate * np.log(wrong))
    return float(np.clip(1.0 - least / max(of_constant, 1e-12), 0.0, 1.0))


def directions(features: FloatMatrix) -> int:
    """Return how many main directions hold nine tenths of the variance of some rows, at least 1.

    A dozen for a table of a hundred columns, seventy for a hundred texts or photos.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)

    Returns
    -------
    int

    Examples
    --------
    >>> directions(np.random.default_rng(0).normal(size=(200, 3)) * [5.0, 5.0, 0.1])
    2
    >>> directions(np.ones((5, 4)))
    1
    """
    rows = features[:: -(-len(features) // ROWS_OF_DIRECTIONS) or 1].astype(np.float64)
    rows = rows - rows.mean(axis=0)
    gram = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    falling = np.maximum(np.linalg.eigvalsh(gram)[::-1], 0.0)
    if not falling.sum() > 0.0:
        return 1
    return int(np.searchsorted(np.cumsum(falling), OF_VARIANCE * falling.sum()) + 1)
