"""Ask what the model is least sure of: least confidence, margin, entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix, IntArray, row_blocks
from learning.core.forms import Kind, form_of
from learning.core.learners.base import FittedLearner
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, model_of

#: Of the eligible rows, and at least: those about which a model that has a sketch is asked itself.
_SHARE_ASKED, _LEAST_ASKED = 0.04, 2_000


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
    """Score every row of the pool as :func:`read_pool` reads it.

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

    def scores(probabilities: FloatMatrix) -> FloatMatrix:
        return score(probabilities, request.kind).reshape(1, -1)

    return read_pool(request, model_of(request, name), scores).ravel()


def read_pool(
    request: Request, model: FittedLearner, scores: Callable[[FloatMatrix], FloatMatrix], n_scores: int = 1
) -> FloatMatrix:
    """Return what a model's probabilities come to for every row of the pool.

    A model that has a sketch (:attr:`FittedLearner.sketch`) is asked itself about a part of the eligible rows only: a
    25th of them, at least 2,000. Half are those whose first score by the sketch is highest, half are any, since a model
    may doubt where its sketch does not. The others keep what the sketch says.

    Parameters
    ----------
    request : Request
    model : FittedLearner
    scores : callable
        Probabilities of shape (n, n_labels) -> ndarray of float32, shape (n_scores, n); the first one, higher is
        sooner, tells which rows matter.
    n_scores : int

    Returns
    -------
    ndarray of float32, shape (n_scores, pool.n_rows)
    """
    sketch = model.sketch
    reader = model if sketch is None else sketch
    found = np.empty((n_scores, request.pool.n_rows), dtype=np.float32)
    for first, features in request.pool.blocks():
        found[:, first : first + len(features)] = scores(reader.predict(features))
    if sketch is not None:
        rows = eligible_rows(request)
        asked = _asked_itself(found[0, rows], request.rng)
        for block in row_blocks(asked.size):
            some = rows[asked[block]]
            found[:, some] = scores(model.predict(request.pool.take(some)))
    return found


def _asked_itself(doubts: FloatMatrix, rng: np.random.Generator) -> IntArray:
    """Return the positions a model is asked about itself, ascending."""
    half = max(_LEAST_ASKED, int(_SHARE_ASKED * doubts.size)) // 2
    if doubts.size <= 2 * half:
        return np.arange(doubts.size)
    chosen = np.zeros(doubts.size, dtype=bool)
    chosen[np.argpartition(-doubts, half)[:half]] = True
    chosen[rng.choice(np.flatnonzero(~chosen), half, replace=False)] = True
    return np.flatnonzero(chosen)


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
