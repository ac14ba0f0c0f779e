"""Label spreading: a few answers flow along the shape of the data.

Answers are nodes of a graph together with a sample of the pool; every node is tied to its nearest neighbours and takes
on their labels until nothing changes. What a new row gets is the mean of the nodes around it, so the result is an
ordinary model that needs no graph at prediction time.

Source: D. Zhou et al., "Learning with local and global consistency", NIPS 2003; induction after O. Delalleau, Y.
Bengio, N. Le Roux, "Efficient non-parametric function induction in semi-supervised learning", AISTATS 2005.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.learners.distances import nearest_nodes, squared_distances

NEIGHBOURS = 10
CLAMP = 0.9
_ROUNDS = 40
_FLOOR = 1e-3


def neighbour_graph(nodes: FloatMatrix) -> tuple[csr_matrix, float]:
    """Tie every node to its ten nearest ones.

    Parameters
    ----------
    nodes : ndarray of float32, shape (m, d), m >= 2

    Returns
    -------
    ties : csr_matrix of shape (m, m)
        Symmetric weights ``exp(-squared distance / scale)``, divided by the square roots of both row sums.
    scale : float
        Median squared distance between neighbours; above 0.

    Examples
    --------
    >>> ties, scale = neighbour_graph(np.array([[0.0], [1.0]], np.float32))
    >>> ties.toarray().round(3).tolist(), scale
    ([[0.0, 1.0], [1.0, 0.0]], 1.0)
    """
    n = len(nodes)
    k = min(NEIGHBOURS, n - 1)
    distances = squared_distances(nodes, nodes)
    np.fill_diagonal(distances, np.inf)
    near = nearest_nodes(distances, k)
    lengths = np.take_along_axis(distances, near, axis=1)
    scale = float(np.median(lengths)) or float(lengths.mean()) or 1.0
    weights = np.exp(-lengths.astype(np.float64) / scale).ravel() + 1e-9
    ties = csr_matrix((weights, (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n))
    ties = ties.maximum(ties.T)
    root = 1.0 / np.sqrt(np.asarray(ties.sum(axis=1)).ravel())
    return ties.multiply(root[:, None]).multiply(root[None, :]).tocsr(), scale


def spread(ties: csr_matrix, seeds: DoubleArray) -> DoubleArray:
    """Let labels flow: ``F <- clamp * ties @ F + (1 - clamp) * seeds``, forty times, clamp .9.

    Parameters
    ----------
    ties : csr_matrix of shape (m, m)
    seeds : ndarray of shape (m, k)
        Label weights of the answered nodes, zeros elsewhere.

    Returns
    -------
    ndarray of float64, shape (m, k)
        Not normalised; zeros where no label reached.

    Examples
    --------
    >>> ties, _ = neighbour_graph(np.array([[0.0], [0.1], [5.0], [5.1]], np.float32))
    >>> seeds = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> spread(ties, seeds).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """
    # sums of what is never negative: float32 loses nothing in them, and takes half the time
    narrow, source = (CLAMP * ties).astype(np.float32), ((1.0 - CLAMP) * seeds).astype(np.float32)
    flow = seeds.astype(np.float32)
    for _ in range(_ROUNDS):
        flow = narrow @ flow
        flow += source
    return flow.astype(np.float64)


def as_distribution(flow: DoubleArray) -> DoubleArray:
    """Turn label weights into probabilities; rows that nothing reached become even.

    Parameters
    ----------
    flow : ndarray of shape (m, k), never negative

    Returns
    -------
    ndarray of float64, shape (m, k)
        Rows sum to 1; every cell is at least about 0.001 / k.

    Examples
    --------
    >>> as_distribution(np.array([[0.0, 0.0], [2.0, 0.0]])).round(3).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    total = flow.sum(axis=1, keepdims=True)
    floor = _FLOOR * np.maximum(total, 1e-12) / flow.shape[1]
    return np.asarray((flow + floor) / (flow + floor).sum(axis=1, keepdims=True))


def induce(rows: FloatMatrix, nodes: FloatMatrix, values: FloatMatrix, scale: float) -> FloatMatrix:
    """Average the values of the ten nodes nearest to each row.

    Weights are ``exp(-squared distance / scale)`` relative to the nearest node, so a far-away row takes the value of
    the nodes it is closest to instead of none.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
    nodes : ndarray of float32, shape (m, d)
    values : ndarray of float32, shape (m, k)
    scale : float
        Above 0.

    Returns
    -------
    ndarray of float32, shape (n, k)

    Examples
    --------
    >>> nodes = np.array([[0.0], [9.0]], np.float32)
    >>> induce(np.array([[1.0]], np.float32), nodes, np.eye(2, dtype=np.float32), 1.0).round(3).tolist()
    [[1.0, 0.0]]
    """
    distances = squared_distances(rows, nodes)
    k = min(NEIGHBOURS, len(nodes))
    near = nearest_nodes(distances, k)
    weights = np.take_along_axis(distances, near, axis=1)
    weights -= weights.min(axis=1, keepdims=True)
    weights *= np.float32(-1.0 / scale)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nj,njk->nk", weights, values[near]), dtype=np.float32)
