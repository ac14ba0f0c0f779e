"""Any number of labels an item: every label is a question of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms.base import Form, surprise


class Independent(Form):
    """See :class:`Form`; every column on its own."""

    link = "sigmoid"
    sums_to_one = False

    def refusal(self, targets: DoubleArray) -> str:
        """Return nothing: any shares will do."""
        return ""

    def learnable(self, targets: DoubleArray, mass: DoubleArray, total: float) -> tuple[IntArray, DoubleArray]:
        """Return the labels seen both given and not given."""
        open_labels = (targets.max(axis=0) > 0) & (targets.min(axis=0) < 1)
        constants = np.where(open_labels, 0.0, (mass + 0.5) / (total + 1.0))
        return np.flatnonzero(open_labels), constants

    def room(self, constants: FloatMatrix | DoubleArray) -> float:
        """Return 1: no label takes anything from another."""
        return 1.0

    def settle(self, columns: FloatMatrix, room: float) -> None:
        """Logistic function of each, as half of a hyperbolic tangent."""
        columns *= np.float32(0.5)
        np.tanh(columns, out=columns)
        columns += np.float32(1.0)
        columns *= np.float32(0.5)

    def row_losses(self, probabilities: DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Sum over the labels of given and not given."""
        rows = -(targets * np.log(probabilities)).sum(axis=1)
        rows -= ((1.0 - targets) * np.log(1.0 - probabilities)).sum(axis=1)
        return np.asarray(rows)

    def sharpened(self, probabilities: DoubleArray, power: float) -> DoubleArray:
        """Return each label against its absence."""
        sharp = probabilities**power
        return np.asarray(sharp / (sharp + (1.0 - probabilities) ** power))

    def seeds(self, known: DoubleArray, weights: DoubleArray) -> DoubleArray:
        """Two channels a label: given and not given."""
        return np.stack((known * weights[:, None], (1.0 - known) * weights[:, None]), axis=2)

    def received(self, flow: DoubleArray, as_distribution: Callable[[DoubleArray], DoubleArray]) -> DoubleArray:
        """Return one distribution a label."""
        return np.asarray(as_distribution(flow.reshape(-1, 2))[:, 0].reshape(flow.shape[:2]))

    def least_confidence(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the mean over the labels."""
        return np.asarray(np.minimum(probabilities, 1 - probabilities).mean(axis=1))

    def margin(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the mean over the labels."""
        return np.asarray(1 - np.abs(2 * probabilities - 1).mean(axis=1))

    def entropy(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the share of one bit a label."""
        result = surprise(probabilities)
        result += surprise(1 - probabilities)
        return np.asarray(result.sum(axis=1) / np.float32(probabilities.shape[1] * np.log(2)))

    def errors(self, probabilities: FloatMatrix) -> FloatMatrix:
        """Return the probabilities less 1 where a label is more likely than not."""
        return np.asarray(probabilities - (probabilities >= 0.5), dtype=np.float32)

    def opinions(self, members: DoubleArray) -> DoubleArray:
        """Return each label against its absence, shape (m, n, k, 2)."""
        return np.stack((members, 1.0 - members), axis=-1)

    def over_labels(self, found: DoubleArray) -> DoubleArray:
        """Return the mean over the labels."""
        return np.asarray(found.mean(axis=-1))
