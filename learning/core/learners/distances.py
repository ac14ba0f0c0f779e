"""How far rows are from each other."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import FloatMatrix


def squared_distances(rows: FloatMatrix, nodes: FloatMatrix) -> FloatMatrix:
    """Return the squared Euclidean distance of every row to every node.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
    nodes : ndarray of float32, shape (m, d)

    Returns
    -------
    ndarray of float32, shape (n, m), never negative

    Examples
    --------
    >>> squared_distances(np.array([[0.0]], np.float32), np.array([[3.0]], np.float32))
    array([[9.]], dtype=float32)
    """
    distances = rows @ nodes.T
    distances *= np.float32(-2.0)
    distances += np.einsum("ij,ij->i", nodes, nodes)
    distances += np.einsum("ij,ij->i", rows, rows)[:, None]
    return np.asarray(np.maximum(distances, 0.0, out=distances))
