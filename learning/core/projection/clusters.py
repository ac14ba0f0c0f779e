"""Which rows of a map belong together: its neighbourhoods, parted by their centres."""

from __future__ import annotations

from math import isqrt

import numpy as np

from learning.core.arrays import FloatMatrix
from learning.core.projection.layout import FEWEST, Layout

MOST_CLUSTERS = 40
_SEED = 0


def cluster_centres(layout: Layout) -> FloatMatrix:
    """Part the landmarks of a layout by k-means on their principal components.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    ndarray of float32, shape (c, k)
        Centres in principal components, that of the largest cluster first; a row belongs to the nearest. Half the
        square root of n of them, at most ``MOST_CLUSTERS``; one where there are too few landmarks to part, or nothing
        varies. Of the same layout the same.

    Examples
    --------
    >>> landmarks = np.repeat(np.array([[0.0], [9.0]], np.float32), [30, 10], axis=0)
    >>> layout = Layout(np.arange(40), np.zeros(1, np.float32), np.ones((1, 1), np.float32), landmarks, landmarks)
    >>> cluster_centres(layout).ravel().tolist()
    [0.0, 9.0]
    """
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415  # half a second of loading, for who draws alone

    rows = layout.landmarks
    wanted = min(MOST_CLUSTERS, isqrt(len(rows)) // 2, len(np.unique(rows, axis=0)))
    if len(rows) < FEWEST or wanted < 2:
        return np.asarray(rows.mean(axis=0, keepdims=True), dtype=np.float32)
    found = MiniBatchKMeans(wanted, n_init=3, batch_size=4_096, random_state=_SEED).fit(rows)
    sizes = np.bincount(found.labels_, minlength=wanted)
    return np.asarray(found.cluster_centers_[np.argsort(-sizes, kind="stable")], dtype=np.float32)
