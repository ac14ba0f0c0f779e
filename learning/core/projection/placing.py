"""Rows that a layout has not seen, placed beside the landmarks that are most like them."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import FloatMatrix, IntArray, row_blocks
from learning.core.learners.distances import squared_distances
from learning.core.projection.layout import Layout

NEIGHBOURS = 15
#: Up to so many landmarks each row is compared with all of them, else with about so many around it.
COMPARED = 2_000


class Placer:
    """Places rows at the mean of the points of their nearest landmarks, the nearer the heavier.

    Measured beside openTSNE's own ``transform``: as trustworthy, at a small part of its cost (decision 0108). With
    more than ``COMPARED`` landmarks, a row is compared with those around one of the square root of their number.

    Examples
    --------
    >>> landmarks, places = np.array([[0.0], [9.0]], np.float32), np.array([[0, 0], [1, 1]], np.float32)
    >>> layout = Layout(np.array([0, 2]), np.zeros(1, np.float32), np.ones((1, 1), np.float32), landmarks, places)
    >>> Placer(layout).place(np.array([[0.0], [0.1], [9.0]], np.float32)).round().tolist()
    [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        landmarks = layout.landmarks
        n = len(landmarks)
        n_cells = 1 if n <= COMPARED else int(np.sqrt(n))
        self._centres = landmarks[np.linspace(0, n - 1, n_cells).astype(np.int64)]
        if n_cells == 1:
            self._around: list[IntArray] = [np.arange(n)]
            return
        cell = np.concatenate([squared_distances(landmarks[b], self._centres).argmin(axis=1) for b in row_blocks(n)])
        members = [np.flatnonzero(cell == one) for one in range(n_cells)]
        order = np.argsort(squared_distances(self._centres, self._centres), axis=1, kind="stable")
        sizes = np.cumsum(np.array([len(of) for of in members])[order], axis=1)
        enough = (sizes < COMPARED).sum(axis=1) + 1
        self._around = [
            np.concatenate([members[other] for other in order[one, : enough[one]]]) for one in range(n_cells)
        ]

    def place(self, features: FloatMatrix, first: int = 0) -> FloatMatrix:
        """Return points for consecutive rows of the pool; a landmark among them is where the layout has it.

        Parameters
        ----------
        features : ndarray of float32, shape (n, d)
        first : int, optional
            The number of the first row.

        Returns
        -------
        ndarray of float32, shape (n, 2), from 0 to 1
        """
        placed = np.empty((len(features), 2), dtype=np.float32)
        known = slice(*np.searchsorted(self._layout.rows, (first, first + len(features))))
        if known.stop - known.start < len(features):
            self._place_beside(features, placed)
        placed[self._layout.rows[known] - first] = self._layout.places[known]
        return placed

    def _place_beside(self, features: FloatMatrix, placed: FloatMatrix) -> None:
        for block in row_blocks(len(features)):
            rows = self._layout.reduced(features[block])
            cells = squared_distances(rows, self._centres).argmin(axis=1)
            points = placed[block]
            for cell in np.unique(cells):
                of_cell = cells == cell
                points[of_cell] = self._among(rows[of_cell], self._around[cell])

    def _among(self, rows: FloatMatrix, landmarks: IntArray) -> FloatMatrix:
        distances = squared_distances(rows, self._layout.landmarks[landmarks])
        k = min(NEIGHBOURS, len(landmarks))
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        away = np.take_along_axis(distances, nearest, axis=1)
        away -= away.min(axis=1, keepdims=True)
        scale = np.maximum(np.median(away, axis=1, keepdims=True), np.float32(1e-9))
        weights = np.exp(-away / scale)
        weights /= weights.sum(axis=1, keepdims=True)
        points = self._layout.places[landmarks[nearest]]
        return np.asarray(np.einsum("nk,nkd->nd", weights, points), dtype=np.float32)
