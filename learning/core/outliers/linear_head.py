"""What a linear model of the labels says of a row: how sure it is of the likeliest one, and of it over the next.

The model is the detector's own, fitted on the subspace's coordinates: it can be fitted again without a label in a
fraction of the time the project's learner takes, and is the same whatever learner that is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.learners.linear import fit_linear
from learning.core.outliers.base import KnownRows

_INVERSE_PENALTY = 10.0
_TOLERANCE = 1e-3
_SHARED = "linear head"


@dataclass(frozen=True)
class LinearHead:
    """Logits of the labels.

    Parameters
    ----------
    slopes : ndarray of float32, shape (c, g)
    intercepts : ndarray of float32, shape (g,)
    """

    slopes: FloatMatrix
    intercepts: FloatMatrix

    def logits(self, coordinates: DoubleArray) -> DoubleArray:
        """Return the logits, shape (n, g)."""
        return np.asarray(coordinates @ self.slopes + self.intercepts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the coefficients."""
        return asdict(self)


class FittedMaxLogit(LinearHead):
    """The largest logit, with its sign turned."""

    name = "max_logit"

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return how little any label is spoken for."""
        return np.asarray(-self.logits(coordinates).max(axis=1))


class FittedMargin(LinearHead):
    """The distance of the two largest logits, with its sign turned."""

    name = "margin"

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return how close the second label comes to the first; 0 for all where there is one label."""
        logits = self.logits(coordinates)
        if logits.shape[1] < 2:
            return np.zeros(len(logits))
        first_two = np.partition(logits, -2, axis=1)[:, -2:]
        return np.asarray(first_two[:, 0] - first_two[:, 1])


def _fit_head(known: KnownRows) -> tuple[FloatMatrix, FloatMatrix]:
    groups = known.groups().astype(np.float64)
    if groups.shape[1] == 1:
        return np.zeros((known.coordinates.shape[1], 1), np.float32), np.zeros(1, np.float32)
    groups /= groups.sum(axis=1, keepdims=True)
    weights = np.ones(len(known))
    found = known.shared.get(_SHARED)
    if found is None:
        narrow = known.coordinates.astype(np.float32)
        found = fit_linear(narrow, groups, weights, _INVERSE_PENALTY, "softmax", tolerance=_TOLERANCE)
        known.shared[_SHARED] = found
    return found[:-1].astype(np.float32), found[-1].astype(np.float32)


class MaxLogit:
    """Multinomial logistic regression; one label alone gives every row the same score.

    Source: D. Hendrycks et al., "Scaling out-of-distribution detection for real-world settings", ICML 2022.
    """

    name = "max_logit"

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedMaxLogit:
        """See :class:`learning.core.outliers.base.Detector`; a row of several labels speaks for each in part."""
        return FittedMaxLogit(*_fit_head(known))

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedMaxLogit:
        """Restore; see :class:`learning.core.outliers.base.Detector`."""
        return FittedMaxLogit(**arrays)


class Margin:
    """The same model as :class:`MaxLogit`; what active learning asks by, as a detector."""

    name = "margin"

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedMargin:
        """See :class:`learning.core.outliers.base.Detector`."""
        return FittedMargin(*_fit_head(known))

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedMargin:
        """Restore; see :class:`learning.core.outliers.base.Detector`."""
        return FittedMargin(**arrays)
