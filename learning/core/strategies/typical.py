"""Start with what is typical: with few labels, dense regions teach more than doubtful ones.

Source: G. Hacohen, A. Dekel, D. Weinshall, "Active learning on a budget: opposite strategies suit high and low
budgets", ICML 2022 (TypiClust). Added here: a sample of the pool instead of all of it, and draws with known
propensities.
"""

from __future__ import annotations

import heapq
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of

SAMPLE_ROWS = 8_192
LABELED_ROWS = 2_048
MAX_CLUSTERS = 400
NEIGHBOURS = 20
_SMALL_CLUSTER = 5


def clusters_of(features: FloatMatrix, n_clusters: int, rng: np.random.Generator) -> IntArray:
    """Assign rows to clusters by k-means (k-means++ start, one run).

    Parameters
    ----------
    features : ndarray of float32, shape (n, d), n >= 1
    n_clusters : int
        Between 1 and n.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> found = clusters_of(np.array([[0.0], [0.1], [9.0]], np.float32), 2, np.random.default_rng(0))
    >>> bool(found[0] == found[1] != found[2])
    True
    """
    with warnings.catch_warnings():
        # Fewer distinct rows than clusters: empty clusters are skipped by the caller.
        warnings.simplefilter("ignore", ConvergenceWarning)
        means = KMeans(n_clusters, n_init=1, max_iter=30, tol=1e-3, random_state=int(rng.integers(2**31)))
        return np.asarray(means.fit_predict(features), dtype=np.int64)


def typicality(features: FloatMatrix) -> FloatMatrix:
    """Return how dense the neighbourhood of each row is: one over one plus the mean distance to its 20 nearest rows.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        Rows of one cluster.

    Returns
    -------
    ndarray of float32, shape (n,), range (0, 1]

    Examples
    --------
    >>> typicality(np.array([[0.0], [1.0], [2.0]], np.float32)).argmax()
    np.int64(1)
    """
    n = len(features)
    if n < 2:
        return np.ones(n, dtype=np.float32)
    squares = np.einsum("ij,ij->i", features, features)
    n_near = min(NEIGHBOURS, n - 1)
    result = np.empty(n, dtype=np.float32)
    for start in range(0, n, 1_024):
        block = slice(start, min(start + 1_024, n))
        distances = squares[block, None] + squares - 2.0 * (features[block] @ features.T)
        distances[np.arange(block.stop - start), np.arange(start, block.stop)] = 0.0
        nearest = np.partition(distances, n_near, axis=1)[:, : n_near + 1]
        result[block] = 1.0 / (1.0 + np.sqrt(np.clip(nearest, 0.0, None)).sum(axis=1) / n_near)
    return result


class _Clusters:
    """Rows of the sample by cluster, most typical first, and which cluster is next."""

    def __init__(self, assigned: IntArray, density: FloatMatrix, answered: IntArray, factors: DoubleArray) -> None:
        self._assigned = assigned
        self._factors = factors
        self._size = np.bincount(assigned, weights=factors, minlength=len(answered))
        self._answered = answered
        self._members: list[list[int]] = [[] for _ in answered]
        self._overall = np.argsort(-(density * factors), kind="stable")
        for position in self._overall.tolist():
            self._members[assigned[position]].append(position)
        self._heap = [self._key(cluster) for cluster in range(len(answered))]
        heapq.heapify(self._heap)
        self.remaining = assigned.size

    def _key(self, cluster: int) -> tuple[bool, int, bool, float, int]:
        size = float(self._size[cluster])
        return not self._members[cluster], int(self._answered[cluster]), size < _SMALL_CLUSTER, -size, cluster

    def take(self, rank: int) -> int:
        """Remove and return the row at ``rank``: the next cluster's rows first, then all others by typicality."""
        while self._heap[0] != self._key(self._heap[0][-1]):
            heapq.heapreplace(self._heap, self._key(self._heap[0][-1]))
        cluster = self._heap[0][-1]
        own = self._members[cluster]
        if rank <= len(own):
            position = own.pop(rank - 1)
        else:
            others = [row for row in self._overall.tolist() if self._assigned[row] not in (cluster, -1)]
            position = others[rank - len(own) - 1]
            cluster = int(self._assigned[position])
            self._members[cluster].remove(position)
        self._assigned[position] = -1
        self._size[cluster] -= self._factors[position]
        self._answered[cluster] += 1
        self.remaining -= 1
        return position


def _read(request: Request, sample: IntArray) -> tuple[FloatMatrix, _Clusters]:
    features = request.pool.take(sample)
    labeled = request.asked
    if len(labeled) > LABELED_ROWS:
        labeled = labeled[np.sort(request.rng.choice(len(labeled), LABELED_ROWS, replace=False))]
    together = np.concatenate((features, labeled)) if len(labeled) else features
    n_clusters = min(len(labeled) + request.batch, MAX_CLUSTERS, len(together))
    assigned = clusters_of(together, n_clusters, request.rng)
    density = np.empty(sample.size, dtype=np.float32)
    own = assigned[: sample.size].copy()
    for cluster in range(n_clusters):
        rows = np.flatnonzero(own == cluster)
        if rows.size:
            density[rows] = typicality(features[rows])
    answered = np.bincount(assigned[sample.size :], minlength=n_clusters)
    factors = factors_of(request, sample)
    return density, _Clusters(own, density, answered, np.ones(sample.size) if factors is None else factors)


class Typical:
    """The most typical row of the largest cluster that holds the fewest answers, again and again.

    At most 8,192 eligible rows, drawn at random, are clustered together with the labeled rows, into as many clusters as
    there are labels plus the batch (at most 400). Rows outside the sample come last, in random order; they keep a small
    probability, so no row is out of reach.

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> request = Request(ArrayPool(np.array([[0.0], [0.1], [0.2], [9.0]], np.float32)), np.ones(4, bool), None,
    ...                   np.zeros((0, 1), np.float32), np.zeros((0, 2)), "classification", 1, 1,
    ...                   np.random.default_rng(0), temperature=0.01)
    >>> Typical().rank(request).rows.tolist()
    [1]
    """

    name = "typical"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Cluster, then draw from cluster after cluster; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        n_head = min(request.head, rows.size)
        picked = np.empty(n_head, dtype=np.int64)
        utilities = np.zeros(n_head, dtype=np.float32)
        propensities = np.empty(n_head)
        if n_head:
            sample = np.sort(request.rng.choice(rows, size=min(SAMPLE_ROWS, rows.size), replace=False))
            density, clusters = _read(request, sample)
            outside = request.rng.permutation(np.setdiff1d(rows, sample, assume_unique=True)).tolist()
            draws = acquisition.RankDraws(rows.size, request.temperature, request.rng)
        for draw in range(n_head):
            rank, propensities[draw] = draws.next()
            if rank <= clusters.remaining:
                position = clusters.take(rank)
                picked[draw], utilities[draw] = sample[position], density[position]
            else:
                # Which row of the unordered rest it is was decided by a shuffle, not by its rank.
                propensities[draw] = draws.mass_beyond(clusters.remaining) / len(outside)
                picked[draw] = outside.pop()
        reason = "typical of a group of items that has no answers yet"
        return Draws(self.name, reason, picked, utilities, propensities, rows.size)
