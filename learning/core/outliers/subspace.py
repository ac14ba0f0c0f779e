"""The directions in which known rows differ, which every detector works in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.utils.extmath import randomized_svd

from learning.core.arrays import DoubleArray, FloatMatrix

COMPONENTS = 100
_POWER_ITERATIONS = 2
#: Directions with a smaller share of the largest one's variance are rounding.
_LEAST_VARIANCE = 1e-7


@dataclass(frozen=True)
class Subspace:
    """A centre and the principal directions around it.

    Parameters
    ----------
    centre : ndarray of float32, shape (d,)
    basis : ndarray of float32, shape (d, c)
        Orthonormal columns, c <= 100; none where all rows are the same.
    scale : float
        Root mean squared distance of the rows from their centre, above 0; coordinates are divided by it.

    Examples
    --------
    >>> space = fit_subspace(np.array([[1, 5], [3, 5]], np.float32), np.random.default_rng(0))
    >>> coordinates, outside = space.place(np.array([[1, 5], [2, 6]], np.float32))
    >>> np.abs(coordinates).round(3).ravel().tolist(), outside.round(3).tolist()
    ([1.0, 0.0], [0.0, 1.0])
    """

    centre: FloatMatrix
    basis: FloatMatrix
    scale: float

    @property
    def components(self) -> int:
        """Return how many directions there are."""
        return int(self.basis.shape[1])

    def place(self, features: FloatMatrix) -> tuple[DoubleArray, DoubleArray]:
        """Return where rows lie.

        Parameters
        ----------
        features : ndarray of float32, shape (n, d)
            Finite.

        Returns
        -------
        coordinates : ndarray of float64, shape (n, c)
        outside : ndarray of float64, shape (n,)
            Squared distance from the subspace, in squared scales, never negative.
        """
        centred = features - self.centre
        inside = centred @ self.basis
        lengths = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
        coordinates = inside.astype(np.float64)
        outside = np.maximum(lengths - np.einsum("ij,ij->i", coordinates, coordinates), 0.0)
        return coordinates / self.scale, outside / self.scale**2


def fit_subspace(features: FloatMatrix, rng: np.random.Generator, at_most: int = COMPONENTS) -> Subspace:
    """Find the directions of most variance.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d), n >= 1
    rng : numpy.random.Generator
    at_most : int

    Returns
    -------
    Subspace
        Of at most ``min(at_most, n - 1, d)`` directions: those with any variance.
    """
    centre = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = features - centre
    variance = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64)) / len(features)
    count = min(at_most, len(features) - 1, features.shape[1])
    # float32 rows that are all the same differ by rounding from their mean
    if count < 1 or variance <= 1e-12 * float(np.square(centre, dtype=np.float64).sum()) or variance == 0.0:
        return Subspace(centre, np.zeros((features.shape[1], 0), np.float32), 1.0)
    _, found, directions = randomized_svd(
        centred, count, n_iter=_POWER_ITERATIONS, random_state=int(rng.integers(2**31)), flip_sign=False
    )
    kept = np.square(found) > _LEAST_VARIANCE * float(found[0]) ** 2
    basis = np.ascontiguousarray(directions[kept].T, dtype=np.float32)
    return Subspace(centre, basis, float(np.sqrt(variance)))
