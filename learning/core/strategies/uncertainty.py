"""Ask what the model is least sure of: least confidence, margin, entropy."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix
from learning.core.learners.base import Kind
from learning.core.strategies.base import Draws, Request, eligible_rows, model_of


class UtilityRule(Protocol):
    """Probabilities -> utilities, row by row."""

    def __call__(self, probabilities: FloatMatrix, kind: Kind) -> FloatMatrix: ...


def top_two(probabilities: FloatMatrix) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the largest and second largest value of every row.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)

    Returns
    -------
    first, second : ndarray of float32, shape (n,)
        ``second`` is 0 where there is one column only.

    Examples
    --------
    >>> first, second = top_two(np.array([[0.2, 0.5, 0.3]], np.float32))
    >>> round(float(first[0]), 3), round(float(second[0]), 3)
    (0.5, 0.3)
    """
    columns = np.ascontiguousarray(probabilities.T)
    first, second = columns[0].copy(), np.zeros(probabilities.shape[0], dtype=np.float32)
    lower = np.empty_like(first)
    for column in columns[1:]:
        np.minimum(first, column, out=lower)
        np.maximum(second, lower, out=second)
        np.maximum(first, column, out=first)
    return first, second


def least_confidence(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """One minus the probability of the most likely answer (multilabel: averaged over the labels).

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)
    kind : {"classification", "multilabel"}

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    Examples
    --------
    >>> least_confidence(np.array([[0.75, 0.25]], np.float32), "classification")
    array([0.25], dtype=float32)
    """
    if kind == "multilabel":
        return np.asarray(np.minimum(probabilities, 1 - probabilities).mean(axis=1))
    return np.asarray(1 - probabilities.max(axis=1))


def margin(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """One minus the lead of the most likely answer over the next (multilabel: averaged over the yes/no of each label).

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)
    kind : {"classification", "multilabel"}

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    References
    ----------
    T. Scheffer et al., "Active hidden Markov models for information extraction", IDA 2001.

    Examples
    --------
    >>> margin(np.array([[0.75, 0.25]], np.float32), "classification")
    array([0.5], dtype=float32)
    """
    if kind == "multilabel":
        return np.asarray(1 - np.abs(2 * probabilities - 1).mean(axis=1))
    first, second = top_two(probabilities)
    return np.asarray(1 - (first - second))


def entropy(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """Entropy of the answer over its largest possible value (multilabel: averaged over the labels).

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)
    kind : {"classification", "multilabel"}

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5]], np.float32), "classification")
    array([1.], dtype=float32)
    """
    n_labels = probabilities.shape[1]
    result = _surprise(probabilities)
    if kind == "multilabel":
        result += _surprise(1 - probabilities)
        return np.asarray(result.sum(axis=1) / np.float32(n_labels * np.log(2)))
    return np.asarray(result.sum(axis=1) / np.float32(np.log(max(n_labels, 2))))


def _surprise(probabilities: FloatMatrix) -> FloatMatrix:
    return -probabilities * np.log(np.maximum(probabilities, np.float32(1e-30)))


def pool_utilities(request: Request, name: str, score: UtilityRule) -> FloatMatrix:
    """Score every row of the pool in one blocked pass.

    Parameters
    ----------
    request : Request
    name : str
        The strategy, for the error message.
    score : callable
        ``(probabilities, kind) -> utilities`` of a block.

    Returns
    -------
    ndarray of float32, shape (pool.n_rows,)
        Also for rows that are not eligible.

    Raises
    ------
    ValueError
        If the request has no model.
    """
    model = model_of(request, name)
    utilities = np.empty(request.pool.n_rows, dtype=np.float32)
    for first, features in request.pool.blocks():
        utilities[first : first + len(features)] = score(model.predict(features), request.kind)
    return utilities


def ranked_by(score: UtilityRule, request: Request, name: str, reason: str) -> Draws:
    """Score the pool, rank it and draw.

    Parameters
    ----------
    score : callable
        ``(probabilities, kind) -> utilities``.
    request : Request
    name, reason : str
        What the draws say of themselves.

    Returns
    -------
    Draws
    """
    rows = eligible_rows(request)
    utilities = pool_utilities(request, name, score)[rows]
    order = acquisition.order_by_utility(utilities, request.rng)
    log_weights = acquisition.rank_log_weights(rows.size, request.temperature)
    ranks, propensities = acquisition.draw(log_weights, request.head, request.rng)
    picked = order[ranks]
    return Draws(name, reason, rows[picked], utilities[picked], propensities, rows.size)


class _Uncertainty:
    name: str
    needs_model = True
    reason: str
    score: UtilityRule

    def rank(self, request: Request) -> Draws:
        """Score the pool, rank it and draw; see :meth:`Strategy.rank`."""
        return ranked_by(type(self).score, request, self.name, self.reason)


class LeastConfidence(_Uncertainty):
    """Rows whose most likely answer is least likely."""

    name = "least_confidence"
    reason = "the model is least confident here"
    score = staticmethod(least_confidence)


class Margin(_Uncertainty):
    """Rows where the two most likely answers are closest."""

    name = "margin"
    reason = "the model hesitates between two answers"
    score = staticmethod(margin)


class Entropy(_Uncertainty):
    """Rows whose answer is most open over all labels."""

    name = "entropy"
    reason = "the model is most undecided here"
    score = staticmethod(entropy)
