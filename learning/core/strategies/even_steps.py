"""Ask evenly all along the scale: expected error that does not chase noise.

Where answers are mostly noise, the best answer is expected to be far off and stays so: a strategy that goes by the
expected error alone asks there again and again and learns nothing. Such rows have one thing in common: the model places
them alike, near the middle of the scale. So a row's weight is its expected error, squared, over how crowded its place
on the scale is,

    w = error ** 2 / density(expected step)

and rows are drawn in proportion to it. Every part of the scale is asked about equally often, its ends included, which
quadratic weighted kappa weighs most and a model that knows little hardly ever predicts. The draw is soft, so
propensities stay far from 0 and a held-out estimate needs few answers more than under random order.

References
----------
D. Wu, C.-T. Lin, J. Huang, "Active learning for regression using greedy sampling", Information Sciences 474, 2019:
rows spread over the outputs a model expects. Drawn here instead of picked greedily.
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.forms import form_of
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of, model_of
from learning.core.strategies.expected_error import rule_of

PLACES = 20
_LEAST_DENSITY = 0.01
_LEAST_ERROR = 1e-3


def crowding(positions: FloatMatrix) -> DoubleArray:
    """Return the share of rows in the same twentieth of the range, plus a hundredth so that no lone row is everything.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Finite.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> crowding(np.array([0.0, 0.0, 0.0, 1.0], np.float32)).tolist()
    [0.76, 0.76, 0.76, 0.26]
    """
    if not positions.size:
        return np.zeros(0)
    low, high = float(positions.min()), float(positions.max())
    place = np.zeros(positions.size, dtype=np.int64)
    if high > low:
        place = np.minimum((positions - low) * (PLACES / (high - low)), PLACES - 1).astype(np.int64)
    return np.asarray(np.bincount(place)[place] / positions.size + _LEAST_DENSITY)


class EvenSteps:
    """Rows drawn in proportion to their squared expected error over how crowded their place on the scale is.

    Where labels have no order there are no places: the error alone counts.
    """

    name = "even_steps"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool in one pass and draw; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        model, rule = model_of(request, self.name), rule_of(request)
        on_a_scale = request.costs is not None and form_of(request.kind).sums_to_one
        errors, positions = np.empty((2, request.pool.n_rows), dtype=np.float32)
        for first, features in request.pool.blocks():
            block = slice(first, first + len(features))
            probabilities = model.predict(features)
            errors[block] = rule(probabilities, request.kind)
            positions[block] = probabilities @ np.arange(probabilities.shape[1], dtype=np.float32)
        log_weights = 2.0 * np.log(np.maximum(errors[rows].astype(np.float64), _LEAST_ERROR))
        if on_a_scale:
            log_weights -= np.log(crowding(positions[rows]))
        factors = factors_of(request, rows)
        if factors is not None:
            log_weights += np.log(factors)
        picked, propensities = acquisition.draw(log_weights, request.head, request.rng)
        utilities = np.exp(log_weights[picked] - log_weights.max(initial=-np.inf)).astype(np.float32)
        reason = "the answer is expected to be off, and all of the scale is asked about"
        return Draws(self.name, reason, rows[picked], utilities, propensities, rows.size)
