"""Exactly one label an item: the labels share one probability."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms.base import Form, surprise

_UNSEEN_LABEL = 1e-3
_UNSEEN_TOTAL = 0.05


class Exclusive(Form):
    """See :class:`Form`; rows of targets and probabilities sum to 1."""

    link = "softmax"
    sums_to_one = True

    def refusal(self, targets: DoubleArray) -> str:
        """Return why not: a row that does not sum to 1."""
        fits = np.allclose(targets.sum(axis=1), 1.0, atol=1e-6)
        return "" if fits else "targets of a classification must sum to 1 in every row"

    def learnable(self, targets: DoubleArray, mass: DoubleArray, total: float) -> tuple[IntArray, DoubleArray]:
        """Return the labels seen, if at least two."""
        seen = mass > 0
        n_unseen = int((~seen).sum())
        constants = np.where(seen, 0.0, min(_UNSEEN_LABEL, _UNSEEN_TOTAL / max(n_unseen, 1)))
        if seen.sum() > 1:
            return np.flatnonzero(seen), constants
        constants[seen] = 1.0 - constants.sum()
        return np.zeros(0, dtype=np.int64), constants

    def room(self, constants: FloatMatrix | DoubleArray) -> float:
        """Return what is left of 1."""
        return float(1.0 - constants.sum())

    def settle(self, columns: FloatMatrix, room: float) -> None:
        """Softmax over the labels."""
        if len(columns):
            columns -= columns.max(axis=0)
            np.exp(columns, out=columns)
            columns *= np.float32(room) / columns.sum(axis=0)

    def row_losses(self, probabilities: DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Cross entropy."""
        return np.asarray(-(targets * np.log(probabilities)).sum(axis=1))

    def sharpened(self, probabilities: DoubleArray, power: float) -> DoubleArray:
        """Return rows that sum to 1."""
        sharp = probabilities**power
        return np.asarray(sharp / sharp.sum(axis=1, keepdims=True))

    def seeds(self, known: DoubleArray, weights: DoubleArray) -> DoubleArray:
        """One channel a label."""
        return np.asarray((known * weights[:, None])[:, :, None])

    def received(self, flow: DoubleArray, as_distribution: Callable[[DoubleArray], DoubleArray]) -> DoubleArray:
        """Return one distribution over the labels."""
        return as_distribution(flow[:, :, 0])

    def least_confidence(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return what the most likely label lacks to 1.

        Examples
        --------
        >>> Exclusive().least_confidence(np.array([[0.75, 0.25]], np.float32))
        array([0.25], dtype=float32)
        """
        return np.asarray(1 - probabilities.max(axis=1))

    def margin(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return 1 less the distance of the two most likely labels.

        Examples
        --------
        >>> Exclusive().margin(np.array([[0.75, 0.25]], np.float32))
        array([0.5], dtype=float32)
        """
        first, second = top_two(probabilities)
        return np.asarray(1 - (first - second))

    def entropy(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the share of the logarithm of the number of labels.

        Examples
        --------
        >>> Exclusive().entropy(np.array([[0.5, 0.5]], np.float32))
        array([1.], dtype=float32)
        """
        n_labels = probabilities.shape[1]
        return np.asarray(surprise(probabilities).sum(axis=1) / np.float32(np.log(max(n_labels, 2))))

    def errors(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the probabilities less 1 at the most likely label.

        Examples
        --------
        >>> Exclusive().errors(np.array([[0.75, 0.25]], np.float32)).tolist()
        [[-0.25, 0.25]]
        """
        errors = probabilities.copy()
        errors[np.arange(len(errors)), probabilities.argmax(axis=1)] -= 1.0
        return errors

    def opinions(self, members: DoubleArray) -> DoubleArray:
        """Return them as they are."""
        return members

    def over_labels(self, found: DoubleArray) -> DoubleArray:
        """Return it as it is: there is one distribution an item."""
        return found


def top_two(probabilities: FloatMatrix) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the largest and second largest value of every row.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (n, k)

    Returns
    -------
    first, second : ndarray of float32, shape (n,)
        ``second`` is 0 where there is one column only.

    Examples
    --------
    >>> first, second = top_two(np.array([[0.2, 0.5, 0.3]], np.float32))
    >>> round(float(first[0]), 3), round(float(second[0]), 3)
    (0.5, 0.3)
    """
    columns = np.ascontiguousarray(probabilities.T)
    first, second = columns[0].copy(), np.zeros(probabilities.shape[0], dtype=np.float32)
    lower = np.empty_like(first)
    for column in columns[1:]:
        np.minimum(first, column, out=lower)
        np.maximum(second, lower, out=second)
        np.maximum(first, column, out=first)
    return first, second
