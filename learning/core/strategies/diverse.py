"""Margin, but not the same question twice: a batch of uncertain rows that lie apart."""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix
from learning.core.strategies.base import Draws, Request, eligible_rows
from learning.core.strategies.sequential import spread_draws
from learning.core.strategies.uncertainty import margin, pool_utilities

CANDIDATES_PER_PICK = 20
MIN_CANDIDATES = 200
MAX_CANDIDATES = 4_096
NEW_FROM = 0.4


class Novelty:
    """How new each candidate still is, given what was picked: 0 for a copy, 1 from .4 of the usual distance on.

    Beyond that distance further away is not better: rewarding it picks outliers (Fashion-MNIST at 100 answers, 4 seeds:
    accuracy .680 with a novelty that keeps rising, .708 with this one).

    Parameters
    ----------
    features : ndarray of float32, shape (m, d)

    Examples
    --------
    >>> novelty = Novelty(np.array([[0.0], [0.0], [2.0]], np.float32))
    >>> novelty.pick(0)
    >>> novelty.values.round(3).tolist()
    [0.0, 0.0, 1.0]
    """

    def __init__(self, features: FloatMatrix) -> None:
        self._features = features - features.mean(axis=0) if len(features) else features
        self._squares = np.einsum("ij,ij->i", self._features, self._features)
        # Twice the variance is the mean squared distance of two candidates.
        self._usual = float(2.0 * self._squares.mean()) if len(features) else 1.0
        self._usual = self._usual or 1.0
        self.values: FloatMatrix = np.ones(len(features), dtype=np.float32)

    def pick(self, candidate: int) -> None:
        """Take note that ``candidate`` was picked."""
        squares = self._squares + self._squares[candidate] - 2.0 * (self._features @ self._features[candidate])
        squares[candidate] = 0.0
        distances = np.sqrt(np.clip(squares, 0.0, None) / self._usual)
        np.minimum(self.values, np.clip(distances / NEW_FROM, 0.0, 1.0), out=self.values)


class DiverseMargin:
    """Margin utilities, discounted by closeness to what the batch already holds.

    The 20 best rows per pick (200 to 4,096) are candidates. A candidate's utility is multiplied by its
    :class:`Novelty`, so copies of a picked row fall to the end of the candidates. After the batch the head goes on in
    the plain order of the margin. Every pick is a rank draw, so its propensity is known and no row is out of reach.
    """

    name = "diverse_margin"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool, then draw a spread batch; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        utilities = pool_utilities(request, self.name, margin)[rows]
        order = acquisition.order_by_utility(utilities, request.rng)
        n_batch = min(request.batch, request.head)
        n_candidates = min(max(MIN_CANDIDATES, CANDIDATES_PER_PICK * n_batch), MAX_CANDIDATES, rows.size)
        candidates = order[:n_candidates]
        novelty = Novelty(request.pool.take(rows[candidates]))
        positions, propensities = spread_draws(
            rows.size,
            n_candidates,
            n_batch,
            request.head,
            lambda: utilities[candidates] * novelty.values,
            novelty.pick,
            request.temperature,
            request.rng,
        )
        chosen = order[positions]
        return Draws(
            self.name,
            "the model hesitates between two answers, and the batch is spread out",
            rows[chosen],
            utilities[chosen],
            propensities,
            rows.size,
        )
