"""Of many good candidates the few that stand for the others."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray

_LEAST_WEIGHT = 1e-3


class Representatives:
    """Scores that put the middle of every cluster of candidates first, then everybody else by utility.

    Candidates are clustered by k-means weighted with their utilities. A candidate of a cluster without a pick scores
    between 1 and 2, the nearer to the cluster's centre the more; one of a cluster with a pick at most 1. Copies fall
    into one cluster, so only one of them is put first.

    Source: F. Zhdanov, "Diverse mini-batch active learning", 2019.

    Parameters
    ----------
    features : ndarray of float32, shape (m, d)
    utilities : ndarray of float32, shape (m,), range [0, 1]
    n_clusters : int
        At least 1.
    rng : numpy.random.Generator
    factors : ndarray of shape (m,), range (0, 1], optional
        Lower for candidates that probably cannot be asked about: utilities are multiplied by them, and the middle of a
        cluster scores by their root, so that it waits for the doubtful rows of others only where it is hopeless.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [0.2], [9.0]], np.float32)
    >>> standing = Representatives(rows, np.full(4, 0.5, np.float32), 2, np.random.default_rng(0))
    >>> standing.pick(3)
    >>> int(standing.scores().argmax())
    1
    """

    def __init__(
        self, features: FloatMatrix, utilities: FloatMatrix, n_clusters: int, rng: np.random.Generator,
        factors: DoubleArray | None = None,
    ) -> None:  # fmt: skip
        if factors is not None:
            utilities = (utilities * factors).astype(np.float32)
        self._utilities = utilities
        self._cluster: IntArray = np.zeros(len(features), dtype=np.int64)
        self._closeness: DoubleArray = np.zeros(len(features))
        self._open: BoolArray = np.ones(min(n_clusters, len(features)), dtype=bool)
        if not len(features):
            return
        weights = np.maximum(utilities, _LEAST_WEIGHT)
        with warnings.catch_warnings():
            # Fewer distinct rows than clusters: the empty ones are nobody's.
            warnings.simplefilter("ignore", ConvergenceWarning)
            means = KMeans(self._open.size, n_init=1, max_iter=30, random_state=int(rng.integers(2**31))).fit(
                features, sample_weight=weights
            )
        self._cluster = means.labels_.astype(np.int64)
        away = np.linalg.norm(features - means.cluster_centers_[self._cluster], axis=1)
        self._closeness = 1.0 + np.exp(-away / (float(away.mean()) or 1.0))
        if factors is not None:
            self._closeness *= np.sqrt(factors)

    def scores(self) -> FloatMatrix:
        """Return the current score of every candidate, higher is sooner."""
        return np.asarray(np.where(self._open[self._cluster], self._closeness, self._utilities), dtype=np.float32)

    def pick(self, candidate: int) -> None:
        """Take note that ``candidate`` was picked."""
        self._open[self._cluster[candidate]] = False
