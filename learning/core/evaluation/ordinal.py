"""Answers on a scale: where a wrong answer lies counts, not only that it is wrong.

Steps are numbered 0 to k - 1. Truth is a distribution over them: one step, or the two middle ones where an even number
of people is split between them, whose median lies half-way.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, bounded, percentile

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


def quadratic_kappa(
    answers: IntArray, targets: DoubleArray, weights: DoubleArray | FloatMatrix | None = None
) -> DoubleArray:
    """Return quadratic weighted kappa: one minus the squared errors over those of answers dealt out at random.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
    targets : ndarray of shape (n, k)
        A truth of two steps counts half for each.
    weights : ndarray of shape (b, n), optional
        Of the items in each of ``b`` resamples; without them every item counts once.

    Returns
    -------
    ndarray of float64, shape (b,)
        1 for the truth itself, 0 for chance, below 0 for less. Where answers and truth are one and the same step there
        is no chance to exceed: 1; where both are constant and differ: 0.

    References
    ----------
    J. Cohen, "Weighted kappa", Psychological Bulletin 70, 1968.

    Examples
    --------
    >>> float(quadratic_kappa(np.array([0, 1, 2, 2]), np.eye(3)[[0, 1, 2, 1]])[0].round(4))
    0.8
    """
    given = answers.astype(np.float64)
    truth = positions(targets)
    squares = targets @ np.square(np.arange(targets.shape[1], dtype=np.float64))
    counts = np.ones((1, len(given))) if weights is None else np.asarray(weights, dtype=np.float64)
    total = counts.sum(axis=1)
    # (a - t)^2 summed over pairs of the same item, and over all pairs of an answer and a truth
    columns = np.stack((given**2 - 2 * given * truth + squares, given, truth, given**2, squares), axis=1)
    apart, a, t, aa, tt = ((counts @ columns) / total[:, None]).T
    by_chance = aa - 2 * a * t + tt
    same = apart <= 1e-12
    kappa = 1.0 - np.divide(apart, by_chance, out=np.ones_like(apart), where=by_chance > 1e-12)
    return np.asarray(np.where(same, 1.0, kappa))


def kappa_estimate(answers: IntArray, targets: DoubleArray, weights: FloatMatrix) -> Estimate:
    """Return quadratic weighted kappa with its bootstrap interval.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
    targets : ndarray of shape (n, k)
    weights : ndarray of shape (b, n)
        From :func:`learning.core.evaluation.intervals.bootstrap_weights`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> found = kappa_estimate(np.array([0, 1]), np.eye(2), np.ones((3, 2), np.float32))
    >>> found.value, found.n
    (1.0, 2)
    """
    value = float(quadratic_kappa(answers, targets)[0])
    return percentile(value, quadratic_kappa(answers, targets, weights), len(answers))


def error_estimate(answers: IntArray, targets: DoubleArray, weights: FloatMatrix) -> Estimate:
    """Return the mean absolute error in steps with its bootstrap interval; see :func:`kappa_estimate`.

    Examples
    --------
    >>> error_estimate(np.array([0, 0]), np.eye(2), np.ones((3, 2), np.float32)).value
    0.5
    """
    errors, n = absolute_errors(answers, targets), len(answers)
    return bounded(float(errors.mean()), weights @ errors / n, n, float(max(targets.shape[1] - 1, 1)))
