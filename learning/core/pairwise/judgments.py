"""Pairwise judgments as arrays: the one format every function of this package takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEFT, RIGHT, TIE = 0, 1, 2

IntVector = NDArray[np.int64]


@dataclass(frozen=True)
class Judgments:
    """``m`` judgments between ``n_items`` items. ``neither`` and skips are not among them: they compare nothing.

    Parameters
    ----------
    left, right : ndarray of int, shape (m,)
        Item numbers, 0 to ``n_items - 1``, as they stood on the screen.
    outcome : ndarray of int, shape (m,)
        0 left is better, 1 right is better, 2 tie.
    n_items : int
    annotator : ndarray of int, shape (m,), optional
        Who judged, 0 to ``n_annotators - 1``; all the same person when left out.

    Raises
    ------
    ValueError
        If shapes differ, a number is out of range, or an item is compared with itself.

    Examples
    --------
    >>> judgments = Judgments(np.array([0, 1]), np.array([1, 2]), np.array([LEFT, TIE]), n_items=3)
    >>> len(judgments), judgments.n_annotators
    (2, 1)
    """

    left: IntVector
    right: IntVector
    outcome: IntVector
    n_items: int
    annotator: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        for name in ("left", "right", "outcome", "annotator"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))
        if not self.annotator.size:
            object.__setattr__(self, "annotator", np.zeros(self.left.size, dtype=np.int64))
        if not self.left.shape == self.right.shape == self.outcome.shape == self.annotator.shape == (self.left.size,):
            raise ValueError("left, right, outcome and annotator must be vectors of one length")
        if not self.left.size:
            return
        if min(self.left.min(), self.right.min()) < 0 or max(self.left.max(), self.right.max()) >= self.n_items:
            raise ValueError(f"item numbers must lie between 0 and {self.n_items - 1}")
        if np.any(self.left == self.right):
            raise ValueError("an item cannot be compared with itself")
        if self.outcome.min() < LEFT or self.outcome.max() > TIE:
            raise ValueError("an outcome is 0 (left), 1 (right) or 2 (tie)")
        if self.annotator.min() < 0:
            raise ValueError("annotator numbers must not be negative")

    def __len__(self) -> int:
        return self.left.size

    @property
    def n_annotators(self) -> int:
        return int(self.annotator.max()) + 1 if len(self) else 0

    def where(self, mask: NDArray[Any]) -> Judgments:
        """Return the judgments a mask or an index selects; items keep their numbers."""
        return Judgments(self.left[mask], self.right[mask], self.outcome[mask], self.n_items, self.annotator[mask])
