"""How far rows are from each other."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import FloatMatrix, IntArray

#: Nodes looked at beyond those asked for.
_BESIDE = 6


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


def nearest_nodes(distances: FloatMatrix, k: int) -> IntArray:
    """Return which nodes are nearest to each row, in no order: what ``argpartition`` finds in half the time.

    The number of a node takes the place of the last bits of its distance, and a partition of whole numbers finds a few
    nodes more than asked for. Where these do not settle it, because distances are as good as equal, ``argpartition``
    does: models that are stored must go on saying what they said.

    Parameters
    ----------
    distances : ndarray of float32, shape (n, m)
        Never negative; infinity is allowed.
    k : int
        From 1 to m.

    Returns
    -------
    ndarray of int, shape (n, k)

    Examples
    --------
    >>> sorted(nearest_nodes(np.array([[4.0, 1.0, 9.0]], np.float32), 2)[0].tolist())
    [0, 1]
    """
    n_nodes, wanted = distances.shape[1], k + _BESIDE
    if n_nodes <= wanted:
        return np.argpartition(distances, k - 1, axis=1)[:, :k]
    low_bits = np.uint32((1 << (n_nodes - 1).bit_length()) - 1)
    keys = distances.view(np.uint32) & ~low_bits
    keys |= np.arange(n_nodes, dtype=np.uint32)
    keys.partition(wanted - 1, axis=1)
    found = (keys[:, :wanted] & low_bits).astype(np.int64)
    lengths = np.take_along_axis(distances, found, axis=1)
    order = np.argsort(lengths, axis=1)
    last, next_one = (np.take_along_axis(lengths, order[:, place, None], axis=1)[:, 0] for place in (k - 1, k))
    is_settled = (last < next_one) & ((last.view(np.uint32) | low_bits) < keys[:, wanted - 1])
    nearest = np.take_along_axis(found, order[:, :k], axis=1)
    if not is_settled.all():
        nearest[~is_settled] = np.argpartition(distances[~is_settled], k - 1, axis=1)[:, :k]
    return nearest
