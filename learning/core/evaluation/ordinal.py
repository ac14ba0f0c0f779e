"""Answers on a scale: where a wrong answer lies counts, not only that it is wrong.

Steps are numbered 0 to k - 1. Truth is a distribution over them: one step, or the two middle ones where an even number
of people is split between them, whose median lies half-way.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, bounded_mean, top_of
from learning.core.evaluation.intervals_kappa import paired_variance, quadratic_kappa_interval

_ENOUGH = 0.5 - 1e-6


def medians(probabilities: FloatMatrix | DoubleArray) -> IntArray:
    """Return the step with the smallest expected absolute error: the lowest that has half of the mass at or below it.

    Parameters
    ----------
    probabilities : ndarray of shape (n, k)

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> medians(np.array([[0.4, 0.2, 0.4], [0.5, 0.1, 0.4], [0.1, 0.2, 0.7]])).tolist()
    [1, 0, 2]
    """
    below = np.cumsum(probabilities, axis=1, dtype=np.float64)
    return np.asarray((below[:, :-1] < _ENOUGH).sum(axis=1), dtype=np.int64)


def positions(targets: DoubleArray) -> DoubleArray:
    """Return where each truth lies on the scale, shape (n,); half-way between two steps is possible.

    Examples
    --------
    >>> positions(np.array([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]])).tolist()
    [1.0, 1.5]
    """
    return np.asarray(targets @ np.arange(targets.shape[1], dtype=np.float64))


def absolute_errors(answers: IntArray, targets: DoubleArray) -> DoubleArray:
    """Return how many steps each answer is off, shape (n,).

    Examples
    --------
    >>> absolute_errors(np.array([0, 2]), np.array([[0.0, 0.0, 1.0], [0.0, 0.5, 0.5]])).tolist()
    [2.0, 0.5]
    """
    return np.asarray(np.abs(answers - positions(targets)))


def quadratic_kappa(answers: IntArray, targets: DoubleArray) -> float:
    """Return quadratic weighted kappa: one minus the squared errors over those of answers dealt out at random.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
    targets : ndarray of shape (n, k)
        A truth of two steps counts half for each.

    Returns
    -------
    float
        1 for the truth itself, 0 for chance, below 0 for less. Where answers and truth are one and the same step there
        is no chance to exceed: 1; where both are constant and differ: 0.

    References
    ----------
    J. Cohen, "Weighted kappa", Psychological Bulletin 70, 1968.

    Examples
    --------
    >>> round(quadratic_kappa(np.array([0, 1, 2, 2]), np.eye(3)[[0, 1, 2, 1]]), 4)
    0.8
    """
    given, truth, squares = answers.astype(np.float64), positions(targets), _squares(targets)
    # (a - t)^2 averaged over the answers and truths of the same item, and over all pairs of an answer and a truth
    apart = float((given**2 - 2 * given * truth + squares).mean())
    by_chance = float((given**2).mean() - 2 * given.mean() * truth.mean() + squares.mean())
    if apart <= 1e-12:
        return 1.0
    return 1.0 - apart / by_chance if by_chance > 1e-12 else 0.0


def _squares(targets: DoubleArray) -> DoubleArray:
    return np.asarray(targets @ np.square(np.arange(targets.shape[1], dtype=np.float64)))


def kappa_estimate(answers: IntArray, targets: DoubleArray, surprise: DoubleArray) -> Estimate:
    """Return quadratic weighted kappa with its interval.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
    targets, surprise : ndarray of shape (n, k)
        The truth, and :func:`learning.core.evaluation.losses.second_choice`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> found = kappa_estimate(np.array([0, 1]), np.eye(2), np.eye(2)[::-1])
    >>> found.value, found.n, found.low < 0
    (1.0, 2, True)
    """
    value = quadratic_kappa(answers, targets)
    places = (answers.astype(np.float64), positions(targets), _squares(targets), positions(surprise))
    return quadratic_kappa_interval(*places, value)


def error_estimate(answers: IntArray, targets: DoubleArray, surprise: DoubleArray) -> Estimate:
    """Return the mean absolute error in steps with its interval; see :func:`kappa_estimate`.

    Examples
    --------
    >>> error_estimate(np.array([0, 0]), np.eye(2), np.eye(2)[::-1]).value
    0.5
    """
    errors = absolute_errors(answers, targets)
    return bounded_mean(errors, top_of(errors, absolute_errors(answers, surprise)))


def kappa_gap_variance(ours: IntArray, theirs: IntArray, targets: DoubleArray) -> float:
    """Return the variance of the difference of two kappas over the draw of the items both were measured on.

    Examples
    --------
    >>> steps = np.array([0, 1, 2, 1] * 25)
    >>> kappa_gap_variance(steps, np.minimum(steps, 1), np.eye(3)[steps]) > 0
    True
    """
    truth, squares = positions(targets), _squares(targets)
    return paired_variance(ours.astype(np.float64), theirs.astype(np.float64), truth, squares)
