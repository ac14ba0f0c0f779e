"""Proper losses of an item's probabilities."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix


def squared_errors(probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
    """Return each item's squared error summed over the labels (its Brier loss), shape (n,).

    Examples
    --------
    >>> squared_errors(np.array([[0.75, 0.25]], np.float32), np.array([[1.0, 0.0]])).tolist()
    [0.125]
    """
    return np.asarray(((probabilities.astype(np.float64) - targets) ** 2).sum(axis=1))


def second_choice(probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
    """Return the truth that would have surprised the model least among those it did not say, shape (n, k).

    The second most likely label, one-hot: what else the items might well have turned out to be.

    Examples
    --------
    >>> second_choice(np.array([[0.7, 0.1, 0.2]])).tolist(), second_choice(np.array([[1.0]])).tolist()
    ([[0.0, 0.0, 1.0]], [[1.0]])
    """
    k = probabilities.shape[1]
    order = np.argsort(-probabilities, axis=1, kind="stable")
    return np.asarray(np.eye(k)[order[:, min(1, k - 1)]])


def second_choices(probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
    """Return the same where any labels may be given: what the model says, but for the label it is least sure of.

    Examples
    --------
    >>> second_choices(np.array([[0.9, 0.4]])).tolist()
    [[1.0, 1.0]]
    """
    cells = (probabilities >= 0.5).astype(np.float64)
    rows, unsure = np.arange(len(cells)), np.abs(probabilities - 0.5).argmin(axis=1)
    cells[rows, unsure] = 1.0 - cells[rows, unsure]
    return cells
