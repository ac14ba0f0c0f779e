"""Penalised linear models with soft targets: the numerics under the linear learners.

One solver serves both kinds of question. ``softmax`` fits one distribution over the classes, ``sigmoid`` one
independent yes/no for each of them. Targets may be any probabilities, so disagreeing annotators need no special case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix

from learning.core.arrays import DoubleArray, FloatMatrix, sigmoid, softmax
from learning.core.forms import Link

Loss: TypeAlias = Literal["softmax", "sigmoid", "hinge"]
_INTERCEPT_PENALTY = 1e-5
_MAX_ITERATIONS = 300
#: Steps the minimiser remembers: ten take as many steps, and each costs as much as the products.
_CORRECTIONS = 5
_CURVATURE = {"softmax": 0.01, "sigmoid": 0.02, "hinge": 0.2}
_NEGLIGIBLE = 1e-12


def rotate(features: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Express rows in their principal axes.

    An L2 penalty does not see rotations, so the fit is the same. Its cost then depends on the number of labels instead
    of the width of the features, and a direction's curvature hardly depends on the other directions, which is what
    :func:`fit_linear` needs to be fast.

    Parameters
    ----------
    features : ndarray of shape (n, d)

    Returns
    -------
    rotated : ndarray of shape (n, r)
        ``r <= min(n, d)``; pairwise inner products are those of ``features``. Directions with less than 1e-12 of the
        largest variance are left out.
    basis : ndarray of shape (d, r)
        ``features == rotated @ basis.T``.

    Examples
    --------
    >>> rotated, basis = rotate(np.array([[3.0, 4.0]]))
    >>> rotated.shape, round(float(abs(rotated[0, 0])), 6)
    ((1, 1), 5.0)
    """
    n, d = features.shape
    squares, axes = np.linalg.eigh(features @ features.T if n < d else features.T @ features)
    kept = squares > max(float(squares[-1]), 0.0) * _NEGLIGIBLE
    if not kept.any():
        return np.zeros((n, 0)), np.zeros((d, 0))
    if n >= d:
        return features @ axes[:, kept], np.ascontiguousarray(axes[:, kept])
    sizes = np.sqrt(squares[kept])
    return axes[:, kept] * sizes, features.T @ (axes[:, kept] / sizes)


def probabilities(logits: DoubleArray, link: Link) -> DoubleArray:
    """Apply the link function.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
    link : {"softmax", "sigmoid"}

    Returns
    -------
    ndarray of float64, shape (n, k), range [0, 1]

    Examples
    --------
    >>> probabilities(np.zeros((1, 2)), "softmax")
    array([[0.5, 0.5]])
    """
    return softmax(logits) if link == "softmax" else sigmoid(logits)


def losses(logits: DoubleArray, targets: DoubleArray, link: Link) -> DoubleArray:
    """Cross-entropy of every row, in nats, summed over the classes.

    Parameters
    ----------
    logits, targets : ndarray of shape (n, k)
    link : {"softmax", "sigmoid"}

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> float(losses(np.zeros((1, 2)), np.array([[1.0, 0.0]]), "softmax")[0] / np.log(2))
    1.0
    """
    if link == "softmax":
        top = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
        return np.asarray(targets.sum(axis=1) * total - np.einsum("ij,ij->i", targets, logits))
    return np.asarray((np.logaddexp(0.0, logits) - targets * logits).sum(axis=1))


def losses_and_slopes(
    logits: DoubleArray | FloatMatrix, targets: DoubleArray | FloatMatrix, loss: Loss
) -> tuple[DoubleArray, DoubleArray | FloatMatrix]:
    """Loss of every row and its derivative by every logit.

    Parameters
    ----------
    logits : ndarray of shape (n, k)
        Overwritten.
    targets : ndarray of shape (n, k)
        Of the same type: so are the slopes.
    loss : {"softmax", "sigmoid", "hinge"}
        Squared hinge: ``t * max(0, 1 - s)^2 + (1 - t) * max(0, 1 + s)^2``, summed over the classes.

    Returns
    -------
    losses : ndarray of float64, shape (n,)
    slopes : ndarray of shape (n, k)

    Examples
    --------
    >>> losses_and_slopes(np.array([[0.5]]), np.array([[1.0]]), "hinge")
    (array([0.25]), array([[-1.]]))
    """
    if loss == "hinge":
        missing, excess = np.maximum(1.0 - logits, 0.0), np.maximum(1.0 + logits, 0.0)
        each = (targets * missing**2 + (1.0 - targets) * excess**2).sum(axis=1, dtype=np.float64)
        return each, 2.0 * ((1.0 - targets) * excess - targets * missing)
    if loss == "softmax":  # one exponential serves both
        logits -= logits.max(axis=1, keepdims=True)
        mass = targets.sum(axis=1)
        each = -np.einsum("ij,ij->i", targets, logits).astype(np.float64)
        slopes = np.exp(logits, out=logits)
        total = slopes.sum(axis=1)
        each += mass * np.log(total)
        slopes *= (mass / total)[:, None]
    else:
        slopes = 0.5 * (1.0 + np.tanh(0.5 * logits))
        each = (np.logaddexp(0.0, logits) - targets * logits).sum(axis=1, dtype=np.float64)
    slopes -= targets
    return each, slopes


def fit_linear(
    features: DoubleArray | FloatMatrix | csr_matrix,
    targets: DoubleArray,
    weights: DoubleArray,
    inverse_penalty: float,
    loss: Loss,
    *,
    start: DoubleArray | None = None,
    tolerance: float = 1e-9,
) -> DoubleArray:
    """Minimise ``sum(weights * losses) + ||slopes||^2 / (2 * inverse_penalty)``.

    Parameters
    ----------
    features : ndarray or sparse matrix of shape (n, d)
        float32 features are multiplied as such: a third of the time, and below a tolerance of about 1e-7 nothing more
        to gain.
    targets : ndarray of shape (n, k)
        Rows that sum to 1 for ``softmax``; anything in [0, 1] for the others.
    weights : ndarray of shape (n,)
        Non-negative.
    inverse_penalty : float
        What scikit-learn calls ``C``; above 0.
    loss : {"softmax", "sigmoid", "hinge"}
        Cross-entropy under a link, or one-vs-rest squared hinge.
    start : ndarray of shape (d + 1, k), optional
        Where to begin, e.g. the solution for a neighbouring penalty.
    tolerance : float
        Stop when a step improves the objective by less than this share.

    Returns
    -------
    ndarray of float64, shape (d + 1, k)
        Slopes, then the intercepts in the last row. Intercepts carry a penalty of 1e-5, which keeps them finite when a
        class is absent.

    Examples
    --------
    >>> x, y = np.array([[-1.0], [1.0]]), np.eye(2)
    >>> solution = fit_linear(x, y, np.ones(2), 1.0, "softmax")
    >>> bool(solution[0, 1] > 0 > solution[0, 0])
    True
    """
    d = features.shape[1]
    k = targets.shape[1]
    penalty = np.full((d + 1, 1), 1.0 / inverse_penalty)
    penalty[-1] = _INTERCEPT_PENALTY
    if isinstance(features, csr_matrix):
        transposed, squares = features.T.tocsr(), features.multiply(features).T @ weights
    else:
        transposed, squares = np.ascontiguousarray(features.T), weights @ np.square(features)
    # Measured in units of its own curvature every direction is as steep as the next: a third of the iterations.
    curvature = np.append(squares, weights.sum())[:, None] * _CURVATURE[loss]
    unit = 1.0 / np.sqrt(curvature + penalty)
    number: type[np.floating] = np.float32 if features.dtype == np.float32 else np.float64
    known, counted = targets.astype(number, copy=False), weights.astype(number, copy=False)[:, None]

    def objective(flat: DoubleArray) -> tuple[float, DoubleArray]:
        solution = flat.reshape(d + 1, k) * unit
        inside = solution.astype(number, copy=False)
        logits = features @ inside[:-1]
        logits += inside[-1]
        each, residual = losses_and_slopes(logits, known, loss)
        value = float(weights @ each)
        residual *= counted
        gradient = penalty * solution
        value += 0.5 * float(np.vdot(solution, gradient))
        gradient[:-1] += transposed @ residual
        gradient[-1] += residual.sum(axis=0)
        gradient *= unit
        return value, gradient.ravel()

    first = np.zeros((d + 1, k)) if start is None else start / unit
    found = minimize(
        objective,
        first.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": _MAX_ITERATIONS,
            "ftol": tolerance,
            "gtol": 1e-4 * max(1.0, float(weights.mean())),
            "maxcor": _CORRECTIONS,
        },
    )
    return np.asarray(found.x.reshape(d + 1, k) * unit)


def fit_temperature(logits: DoubleArray, targets: DoubleArray, weights: DoubleArray, link: Link) -> float:
    """Find the temperature whose division of the logits gives the smallest cross-entropy.

    Parameters
    ----------
    logits, targets : ndarray of shape (n, k)
        From rows the model was not fitted on.
    weights : ndarray of shape (n,)
    link : {"softmax", "sigmoid"}

    Returns
    -------
    float
        Between 0.05 (sharper) and 20 (flatter); 1 when there is nothing to fit. A weak prior (worth about two rows)
        pulls it towards 1, so that a perfectly separated handful of labels does not claim certainty.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> logits = np.tile([[4.0, 0.0]], (100, 1))
    >>> targets = np.tile([[0.75, 0.25]], (100, 1))
    >>> temperature = fit_temperature(logits, targets, np.ones(100), "softmax")
    >>> round(float(softmax(logits / temperature)[0, 0]), 2)
    0.77
    """
    if not logits.size or not weights.any():
        return 1.0

    return best_temperature(lambda temperature: float(weights @ losses(logits / temperature, targets, link)))


def best_temperature(loss: Callable[[float], float]) -> float:
    """Find the temperature from 0.05 to 20 with the smallest loss, pulled towards 1 by a prior worth about two rows.

    Examples
    --------
    >>> round(best_temperature(lambda temperature: 100 * (temperature - 3) ** 2), 2)
    3.0
    """

    def objective(log_temperature: float) -> float:
        return loss(float(np.exp(log_temperature))) + log_temperature**2

    found = minimize_scalar(objective, bounds=(np.log(0.05), np.log(20.0)), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))
