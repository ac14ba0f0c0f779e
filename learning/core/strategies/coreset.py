"""Cover the pool: pick the row farthest from everything already answered.

Source: O. Sener, S. Savarese, "Active learning for convolutional neural networks: a core-set approach", ICLR 2018
(k-center greedy).
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import FloatMatrix, row_blocks
from learning.core.learners.distances import squared_distances
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of
from learning.core.strategies.sequential import spread_draws

SAMPLE_ROWS = 8_192
LABELED_ROWS = 2_048
_ROWS_COMPARED = 1_024


class Coverage:
    """Distance of every row to the nearest one that is covered.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    labeled : ndarray of float32, shape (m, d)
        Covered from the start; without any, distances are to the mean of the rows.

    Examples
    --------
    >>> coverage = Coverage(np.array([[0.0], [1.0], [5.0]], np.float32), np.array([[0.0]], np.float32))
    >>> coverage.distances.tolist()
    [0.0, 1.0, 5.0]
    >>> coverage.pick(2)
    >>> coverage.distances.tolist()
    [0.0, 1.0, 0.0]
    """

    def __init__(self, features: FloatMatrix, labeled: FloatMatrix) -> None:
        self._centre = features.mean(axis=0) if len(features) else np.zeros(features.shape[1], np.float32)
        self._features = features - self._centre
        self._squares = np.einsum("ij,ij->i", self._features, self._features)
        self._nearest = np.full(len(features), np.inf, dtype=np.float32)
        covered = labeled - self._centre if len(labeled) else np.zeros((1, features.shape[1]), np.float32)
        for block in row_blocks(len(features), _ROWS_COMPARED):
            self._nearest[block] = squared_distances(self._features[block], covered).min(axis=1)

    def _cover(self, row: FloatMatrix) -> None:
        squares = self._squares - 2.0 * (self._features @ row) + float(row @ row)
        np.minimum(self._nearest, np.maximum(squares, 0.0), out=self._nearest)

    @property
    def distances(self) -> FloatMatrix:
        """Distances, shape (n,)."""
        return np.asarray(np.sqrt(self._nearest))

    def pick(self, row: int) -> None:
        """Cover a row."""
        self._cover(self._features[row])
        self._nearest[row] = 0.0


class CoreSet:
    """Greedy k-center over at most 8,192 eligible rows drawn at random; the others follow in random order."""

    name = "core_set"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Pick the farthest row again and again; see :meth:`Strategy.rank`."""
        rows = request.rng.permutation(eligible_rows(request))
        n_candidates = min(SAMPLE_ROWS, rows.size)
        labeled = request.asked
        if len(labeled) > LABELED_ROWS:
            labeled = labeled[np.sort(request.rng.choice(len(labeled), LABELED_ROWS, replace=False))]
        coverage = Coverage(request.pool.take(rows[:n_candidates]), labeled)
        factors = factors_of(request, rows[:n_candidates])
        utilities = np.zeros(rows.size, dtype=np.float32)

        def pick(position: int) -> None:
            utilities[position] = coverage.distances[position]
            coverage.pick(position)

        positions, propensities = spread_draws(
            rows.size,
            n_candidates,
            request.batch,
            request.head,
            lambda: coverage.distances if factors is None else (coverage.distances * factors).astype(np.float32),
            pick,
            request.temperature,
            request.rng,
        )
        reason = "far from everything that was answered"
        return Draws(self.name, reason, rows[positions], utilities[positions], propensities, rows.size)
