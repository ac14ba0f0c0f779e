"""Doubtful and not an outlier: the margin weighted by how crowded the neighbourhood is.

Source: B. Settles, M. Craven, "An analysis of active learning strategies for sequence labeling tasks", EMNLP 2008
(information density).
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix
from learning.core.learners.distances import squared_distances
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, model_of
from learning.core.strategies.uncertainty import margin

REFERENCES = 256


def density(features: FloatMatrix, references: FloatMatrix, scale: float) -> FloatMatrix:
    """Return the mean of ``exp(-squared distance / scale)`` to the references.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    references : ndarray of float32, shape (m, d), m >= 1
    scale : float
        Above 0.

    Returns
    -------
    ndarray of float32, shape (n,), range [0, 1]

    Examples
    --------
    >>> density(np.zeros((1, 2), np.float32), np.zeros((3, 2), np.float32), 1.0)
    array([1.], dtype=float32)
    """
    distances = squared_distances(features, references)
    distances *= np.float32(-1.0 / scale)
    np.exp(distances, out=distances)
    return np.asarray(distances.mean(axis=1))


class DensityWeighted:
    """Margin times density, the latter against 256 eligible rows drawn at random, scaled by their median distance."""

    name = "density_weighted"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool, rank it and draw; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        model = model_of(request, self.name)
        picked = np.sort(request.rng.choice(rows, size=min(REFERENCES, rows.size), replace=False))
        references = request.pool.take(picked)
        scale = float(np.median(squared_distances(references, references))) or 1.0 if picked.size else 1.0
        utilities = np.zeros(request.pool.n_rows, dtype=np.float32)
        for first, features in request.pool.blocks() if picked.size else ():
            doubt = margin(model.predict(features), request.kind)
            utilities[first : first + len(features)] = doubt * density(features, references, scale)
        utilities = utilities[rows]
        order = demoted(request, rows, acquisition.order_by_utility(utilities, request.rng))
        log_weights = acquisition.rank_log_weights(rows.size, request.temperature)
        ranks, propensities = acquisition.draw(log_weights, request.head, request.rng)
        chosen = order[ranks]
        reason = "the model hesitates here, and there are many like it"
        return Draws(self.name, reason, rows[chosen], utilities[chosen], propensities, rows.size)
