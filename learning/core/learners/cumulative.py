"""Proportional odds: one score a row, rising thresholds between the steps of a scale.

With ``F`` the logistic function, ``s`` a row's score and ``t_1 < ... < t_(k-1)`` the thresholds,

    P(step <= j) = F((t_j - s) / temperature)

so one direction of the features moves a row along the whole scale: ``d + k - 1`` numbers where a softmax fits
``k * (d + 1)``, which is what makes it right for few answers.

References
----------
P. McCullagh, "Regression models for ordinal data", JRSS B 42, 1980.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from learning.core.arrays import DoubleArray, sigmoid
from learning.core.learners.linear import best_temperature

_MAX_ITERATIONS = 300
_CURVATURE = 0.1
_GAP_PENALTY = 1e-3
_LEAST = 1e-12


@dataclass(frozen=True)
class Scale:
    """A fitted scale.

    Parameters
    ----------
    slopes : ndarray of float64, shape (d,)
    thresholds : ndarray of float64, shape (k - 1,)
        Rising.
    """

    slopes: DoubleArray
    thresholds: DoubleArray

    def scores(self, features: DoubleArray) -> DoubleArray:
        """Return where each row stands, shape (n,); higher is further up the scale."""
        return np.asarray(features @ self.slopes)


def step_probabilities(scores: DoubleArray, thresholds: DoubleArray, temperature: float = 1.0) -> DoubleArray:
    """Return the probability of every step.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    thresholds : ndarray of shape (k - 1,)
        Rising.
    temperature : float
        Above 1 flattens, below 1 sharpens.

    Returns
    -------
    ndarray of float64, shape (n, k)
        Rows sum to 1.

    Examples
    --------
    >>> step_probabilities(np.array([0.0, 9.0]), np.array([-1.0, 1.0])).round(2)
    array([[0.27, 0.46, 0.27],
           [0.  , 0.  , 1.  ]])
    """
    return probabilities_of_gaps((thresholds - scores[:, None]) / temperature)


def cumulative_losses(probabilities: DoubleArray, targets: DoubleArray) -> DoubleArray:
    """Cross-entropy of every row in nats; shapes (n, k), result (n,).

    Examples
    --------
    >>> float(cumulative_losses(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]))[0] / np.log(2))
    1.0
    """
    return np.asarray(-np.einsum("ij,ij->i", targets, np.log(np.maximum(probabilities, _LEAST))))


def ranked_probability_losses(probabilities: DoubleArray, targets: DoubleArray) -> DoubleArray:
    """Return how far each row's distribution lies from the truth along the scale, in steps.

    ``sum_j (P(step <= j) - T(step <= j)) ** 2``: proper as the squared error is, but two steps off costs more than one.

    Parameters
    ----------
    probabilities, targets : ndarray of shape (n, k)

    Returns
    -------
    ndarray of float64, shape (n,), range [0, k - 1]

    References
    ----------
    E. S. Epstein, "A scoring system for probability forecasts of ranked categories", J. Appl. Meteorology 8, 1969.

    Examples
    --------
    >>> ranked_probability_losses(np.eye(3)[[0, 1, 2]], np.eye(3)[[0, 0, 0]]).tolist()
    [0.0, 1.0, 2.0]
    """
    apart = np.cumsum(np.asarray(probabilities, dtype=np.float64) - targets, axis=1)
    return np.asarray(np.square(apart[:, :-1]).sum(axis=1))


def fit_cumulative(
    features: DoubleArray,
    targets: DoubleArray,
    weights: DoubleArray,
    inverse_penalty: float,
    *,
    start: Scale | None = None,
    tolerance: float = 1e-9,
) -> Scale:
    """Minimise ``sum(weights * losses) + ||slopes||^2 / (2 * inverse_penalty)``.

    Thresholds are fitted as the first one and the logs of the gaps between them, so they rise whatever the solver does.

    Parameters
    ----------
    features : ndarray of shape (n, d)
    targets : ndarray of shape (n, k), k >= 2
        Rows that sum to 1; every step has some mass.
    weights : ndarray of shape (n,)
        Non-negative.
    inverse_penalty : float
        Above 0.
    start : Scale, optional
        Where to begin, e.g. the solution for a neighbouring penalty.
    tolerance : float
        Stop when a step improves the objective by less than this share.

    Returns
    -------
    Scale

    Examples
    --------
    >>> x = np.array([[-2.0], [0.0], [2.0]])
    >>> found = fit_cumulative(x, np.eye(3), np.ones(3), 1.0)
    >>> bool(found.slopes[0] > 0), bool(found.thresholds[0] < found.thresholds[1])
    (True, True)
    """
    d = features.shape[1]
    penalty = 1.0 / inverse_penalty
    transposed = np.ascontiguousarray(features.T)
    # As in fit_linear: measured in units of its own curvature every direction is as steep as the next.
    unit = 1.0 / np.sqrt(weights @ np.square(features) * _CURVATURE + penalty)
    weighted = weights[:, None] * targets

    def objective(flat: DoubleArray) -> tuple[float, DoubleArray]:
        slopes, gaps = flat[:d] * unit, np.exp(flat[d + 1 :])
        thresholds = flat[d] + np.concatenate(([0.0], np.cumsum(gaps)))
        below = sigmoid(thresholds - (features @ slopes)[:, None])
        steepness = below * (1.0 - below)
        given = np.maximum(np.diff(below, axis=1, prepend=0.0, append=1.0), _LEAST)
        value = -float(np.vdot(weighted, np.log(given)))
        value += 0.5 * penalty * float(slopes @ slopes) + 0.5 * _GAP_PENALTY * float(flat[d + 1 :] @ flat[d + 1 :])
        pull = weighted / given
        by_threshold = (pull[:, 1:] - pull[:, :-1]) * steepness
        of_thresholds = by_threshold.sum(axis=0)
        gradient = np.empty_like(flat)
        gradient[:d] = (penalty * slopes - transposed @ by_threshold.sum(axis=1)) * unit
        gradient[d] = of_thresholds.sum()
        # a gap moves every threshold above it
        gradient[d + 1 :] = np.cumsum(of_thresholds[::-1])[::-1][1:] * gaps + _GAP_PENALTY * flat[d + 1 :]
        return value, gradient

    first = start or Scale(np.zeros(d), _marginal_thresholds(targets, weights))
    flat = np.concatenate((first.slopes / unit, first.thresholds[:1], np.log(np.diff(first.thresholds))))
    found = minimize(
        objective,
        flat,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * (d + 1) + [(-8.0, 8.0)] * (len(flat) - d - 1),
        options={"maxiter": _MAX_ITERATIONS, "ftol": tolerance, "gtol": 1e-5 * max(1.0, float(weights.mean()))},
    ).x
    gaps = np.exp(found[d + 1 :])
    return Scale(found[:d] * unit, found[d] + np.concatenate(([0.0], np.cumsum(gaps))))


def _marginal_thresholds(targets: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """Return the thresholds that give every row the shares of the steps."""
    shares = (weights @ targets + 0.5) / (weights.sum() + 0.5 * targets.shape[1])
    at_most = np.cumsum(shares)[:-1]
    thresholds = np.log(at_most / (1.0 - at_most))
    return np.asarray(thresholds[0] + np.concatenate(([0.0], np.cumsum(np.maximum(np.diff(thresholds), 1e-3)))))


def fit_cumulative_temperature(
    scores: DoubleArray, thresholds: DoubleArray, targets: DoubleArray, weights: DoubleArray
) -> float:
    """Find the temperature with the smallest cross-entropy on rows the scale was not fitted on.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    thresholds : ndarray of shape (n, k - 1)
        Of the fold that predicted each row.
    targets : ndarray of shape (n, k)
    weights : ndarray of shape (n,)

    Returns
    -------
    float
        Between 0.05 and 20, pulled towards 1 by a prior worth about two rows.

    Examples
    --------
    >>> far = np.tile([[-4.0, 4.0]], (90, 1))
    >>> found = fit_cumulative_temperature(np.zeros(90), far, np.tile(np.eye(3), (30, 1)), np.ones(90))
    >>> bool(found > 3)
    True
    """
    if not weights.any():
        return 1.0
    apart = thresholds - scores[:, None]

    return best_temperature(
        lambda temperature: float(weights @ cumulative_losses(probabilities_of_gaps(apart / temperature), targets))
    )


def probabilities_of_gaps(apart: DoubleArray) -> DoubleArray:
    """Return the step probabilities of rows whose thresholds, less the row's score, are given.

    Parameters
    ----------
    apart : ndarray of shape (n, k - 1)
        Rising in every row.

    Returns
    -------
    ndarray of float64, shape (n, k)

    Examples
    --------
    >>> probabilities_of_gaps(np.array([[0.0]]))
    array([[0.5, 0.5]])
    """
    return np.diff(sigmoid(apart), axis=1, prepend=0.0, append=1.0)
