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
