"""What every detector promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import BoolArray, DoubleArray


@dataclass(frozen=True)
class KnownRows:
    """Labeled rows, placed in their :class:`~learning.core.outliers.subspace.Subspace`.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, c), n >= 1
    outside : ndarray of float64, shape (n,)
        Squared distance from the subspace.
    members : ndarray of bool, shape (n, k)
        Which labels each row has: one, several or none.
    shared : dict
        What one detector made of these rows and another needs too, by name.
    """

    coordinates: DoubleArray
    outside: DoubleArray
    members: BoolArray
    shared: dict[str, Any] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return len(self.coordinates)

    def groups(self) -> BoolArray:
        """Return the members of every label that somebody has, and of "no label" where there are such rows.

        Returns
        -------
        ndarray of bool, shape (n, g), g >= 1
            Every row is in at least one group.
        """
        without = ~self.members.any(axis=1)
        kept = self.members[:, self.members.any(axis=0)]
        return np.column_stack((kept, without)) if without.any() else kept


class FittedDetector(Protocol):
    """A settled measure of how unlike the known rows others are."""

    name: str

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return one number a row, higher for rows more unlike the known ones; see :class:`KnownRows`.

        Returns
        -------
        ndarray of float64, shape (n,), finite for finite rows
        """
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state, for storing; nothing but arrays of numbers."""
        ...


class Detector(Protocol):
    """Fits detectors."""

    name: str

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedDetector:
        """Learn what is known."""
        ...

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedDetector:
        """Restore what :meth:`FittedDetector.arrays` gave; raises KeyError where one is missing."""
        ...
