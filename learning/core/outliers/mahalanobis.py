"""How much farther a row is from every label than from the rows as a whole.

Source: J. Ren et al., "A simple fix to Mahalanobis distance for improving near-OOD detection", 2021.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import shrunk_covariance

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.outliers.base import KnownRows

#: How far covariances are shrunk towards equal variance in all directions. Ledoit and Wolf's own share is a few
#: hundredths on pictures of digits, where directions that hardly vary then outweigh everything and noise looks known.
SHRINKAGE = 0.1
#: What the distance from the subspace counts, in means of it: at 10 texts and photos of a label left out are told apart
#: best, and nothing that was tried (0 to 100) lost on one of the two what it won on the other.
OUTSIDE_WEIGHT = 10.0
#: That mean is taken to be at least this share of all variance: less is rounding.
LEAST_OUTSIDE = 0.01
#: No direction is taken to vary less than by this share of all variance: rows of a label may all be the same.
_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class FittedRelativeMahalanobis:
    """Distances under the shared covariance of the labels, less the distance under that of all rows.

    Parameters
    ----------
    within, overall : ndarray of float32, shape (c, c)
        What whitens the rows around their labels' centres, and around the common one.
    centres : ndarray of float32, shape (g, c)
        Of the labels, whitened.
    outside : ndarray of float32, shape (1,)
        Mean squared distance of known rows from the subspace.
    """

    within: FloatMatrix
    overall: FloatMatrix
    centres: FloatMatrix
    outside: FloatMatrix

    name = "relative_mahalanobis"

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return the smallest distance from a label less the distance from all.

        With one label the two are the same: it is then the distance from the subspace alone that counts.
        """
        scores = OUTSIDE_WEIGHT * outside / max(float(self.outside[0]), LEAST_OUTSIDE)
        if len(self.centres) == 1:
            return scores
        inside = coordinates @ self.within
        distances = inside @ (-2.0 * self.centres.T)
        distances += np.square(self.centres, dtype=np.float64).sum(axis=1)
        scores += distances.min(axis=1) + np.square(inside).sum(axis=1)
        scores -= np.square(coordinates @ self.overall).sum(axis=1)
        return np.asarray(scores)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return whitening and centres."""
        return asdict(self)


class RelativeMahalanobis:
    """Centres of the labels, one shrunk covariance around them and one around the common centre.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> members = np.eye(2, dtype=bool)[np.arange(60) % 2]
    >>> rows = rng.normal(size=(60, 2)) + 9 * members
    >>> found = RelativeMahalanobis().fit(KnownRows(rows, np.zeros(60), members), rng)
    >>> known, novel = found.score(np.array([[9.0, 0.0], [9.0, 9.0]]), np.zeros(2))
    >>> bool(novel > known + 10)
    True
    """

    name = "relative_mahalanobis"

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedRelativeMahalanobis:
        """See :class:`learning.core.outliers.base.Detector`; a row of several labels is taken around the nearest."""
        groups = known.groups()
        centres = (groups.T @ known.coordinates) / groups.sum(axis=0)[:, None]
        nearest = _own_centres(known.coordinates, groups, centres)
        within = _whitening(known.coordinates - nearest)
        overall = _whitening(known.coordinates)
        found = within, overall, centres @ within, np.array([known.outside.mean()])
        return FittedRelativeMahalanobis(*(part.astype(np.float32) for part in found))

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedRelativeMahalanobis:
        """Restore; see :class:`learning.core.outliers.base.Detector`."""
        return FittedRelativeMahalanobis(**arrays)


def _own_centres(coordinates: DoubleArray, groups: NDArray[np.bool_], centres: DoubleArray) -> DoubleArray:
    if (groups.sum(axis=1) == 1).all():
        return np.asarray(centres[groups.argmax(axis=1)])
    distances = coordinates @ (-2.0 * centres.T) + np.square(centres).sum(axis=1)
    return np.asarray(centres[np.where(groups, distances, np.inf).argmin(axis=1)])


def _whitening(rows: DoubleArray) -> DoubleArray:
    covariance = shrunk_covariance(rows.T @ rows / len(rows), SHRINKAGE)
    values, directions = np.linalg.eigh(covariance)
    return np.asarray(directions / np.sqrt(np.maximum(values, _LEAST_VARIANCE)))
