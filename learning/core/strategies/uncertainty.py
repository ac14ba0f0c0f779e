"""Ask what the model is least sure of: least confidence, margin, entropy."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix
from learning.core.forms import Kind, form_of
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, model_of


class UtilityRule(Protocol):
    """Probabilities -> utilities, row by row."""

    def __call__(self, probabilities: FloatMatrix, kind: Kind) -> FloatMatrix: ...


def least_confidence(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """Return :meth:`Form.least_confidence` of every row, float32 of shape (n,) in [0, 1]."""
    return form_of(kind).least_confidence(probabilities)


def margin(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """Return :meth:`Form.margin` of every row, float32 of shape (n,) in [0, 1] (Scheffer et al., IDA 2001)."""
    return form_of(kind).margin(probabilities)


def entropy(probabilities: FloatMatrix, kind: Kind) -> FloatMatrix:
    """Return :meth:`Form.entropy` of every row, float32 of shape (n,) in [0, 1]."""
    return form_of(kind).entropy(probabilities)


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
    order = demoted(request, rows, acquisition.order_by_utility(utilities, request.rng))
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
