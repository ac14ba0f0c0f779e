"""How far the nearest known row is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import DoubleArray, FloatMatrix, row_blocks
from learning.core.outliers.base import KnownRows

_ROWS_PER_BLOCK = 512


@dataclass(frozen=True)
class FittedNearest:
    """Known rows that others are looked up among.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, c)
    outside : ndarray of float32, shape (m,)
        Squared distance of each from the subspace.
    """

    rows: FloatMatrix
    outside: FloatMatrix

    name = "nearest_neighbours"

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return the squared distance of the nearest known row.

        What two rows are apart outside the subspace is not known; it is taken as if they stood at right angles there.
        """
        lengths = np.einsum("ij,ij->i", self.rows, self.rows) + self.outside
        scores = np.empty(len(coordinates))
        for block in row_blocks(len(coordinates), _ROWS_PER_BLOCK):
            given = coordinates[block].astype(np.float32)
            distances = lengths - 2.0 * (given @ self.rows.T)
            scores[block] = distances.min(axis=1) + np.einsum("ij,ij->i", given, given, dtype=np.float64)
        return np.asarray(np.maximum(scores + outside, 0.0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the rows."""
        return {"rows": self.rows, "outside": self.outside}


class NearestNeighbours:
    """Keeps the known rows.

    Examples
    --------
    >>> known = KnownRows(np.array([[0.0], [4.0]]), np.zeros(2), np.ones((2, 1), bool))
    >>> NearestNeighbours().fit(known, np.random.default_rng(0)).score(np.array([[1.0], [9.0]]), np.zeros(2)).tolist()
    [1.0, 25.0]
    """

    name = "nearest_neighbours"

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedNearest:
        """See :class:`learning.core.outliers.base.Detector`."""
        return FittedNearest(known.coordinates.astype(np.float32), known.outside.astype(np.float32))

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedNearest:
        """Restore; see :class:`learning.core.outliers.base.Detector`."""
        return FittedNearest(**arrays)
