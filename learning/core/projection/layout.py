"""Landmarks laid out in a plane: principal components, then t-SNE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core import artifacts
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.pools import Pool

#: Rows that t-SNE sees; the others are placed beside them.
LANDMARKS = 20_000
#: Principal components that are kept.
COMPONENTS = 50
#: With fewer rows there is no neighbourhood to keep: two principal components are the picture.
FEWEST = 12
PERPLEXITY = 30
_MARGIN = 0.02
_FORMAT = "layout@1"
_REPORT_EVERY = 25
_ITERATIONS = 750  # of openTSNE: 250 exaggerated, 500 not
#: The search for neighbours takes as long as so many iterations.
_NEIGHBOURS = 200


@dataclass(frozen=True)
class Layout:
    """What a map was drawn from, and where.

    ``rows`` (n,) are the landmarks' rows in the pool. ``mean`` (d,) and ``axes`` (d, k) lead from features to
    ``landmarks`` (n, k), their principal components; ``places`` (n, 2) are their points, from 0 to 1. All float32.
    """

    rows: IntArray
    mean: FloatMatrix
    axes: FloatMatrix
    landmarks: FloatMatrix
    places: FloatMatrix

    def reduced(self, features: FloatMatrix) -> FloatMatrix:
        """Return the principal components of rows, shape (n, k)."""
        return np.asarray((features - self.mean) @ self.axes, dtype=np.float32)

    def dump(self) -> bytes:
        """Serialise without pickle."""
        arrays: dict[str, NDArray[Any]] = {
            "rows": self.rows,
            "mean": self.mean,
            "axes": self.axes,
            "landmarks": self.landmarks,
            "places": self.places,
        }
        return artifacts.pack(_FORMAT, {}, arrays)

    @classmethod
    def load(cls, data: bytes) -> Layout:
        """Read what :meth:`dump` wrote; raises ArtifactError on anything else."""
        return cls(**artifacts.unpack(_FORMAT, data)[1])


def lay_out(pool: Pool, rng: np.random.Generator, report: Callable[[int, int], None] = lambda done, of: None) -> Layout:
    """Lay rows out so that those with similar features are near each other: all of them, or ``LANDMARKS`` at random.

    Parameters
    ----------
    pool : Pool
        Of at least one row.
    rng : numpy.random.Generator
    report : callable, optional
        ``report(done, of)`` every few iterations; what it raises ends the work.

    Returns
    -------
    Layout

    References
    ----------
    L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", JMLR 2008; started from principal components after
    D. Kobak, P. Berens, "The art of using t-SNE for single-cell transcriptomics", Nature Communications 2019.

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> lay_out(ArrayPool(np.eye(3, dtype=np.float32)), np.random.default_rng(0)).places.shape
    (3, 2)
    """
    rows = np.arange(pool.n_rows)
    if pool.n_rows > LANDMARKS:
        rows = np.sort(rng.choice(pool.n_rows, LANDMARKS, replace=False))
    mean, axes, landmarks = _principal(pool.take(rows))
    if len(rows) < FEWEST or not landmarks.any():
        points = _flat(landmarks).astype(np.float64)
    else:
        points = _neighbours_kept(landmarks, rng, report)
    return Layout(rows, mean, axes, landmarks, _within(points))


def _principal(features: FloatMatrix) -> tuple[FloatMatrix, FloatMatrix, FloatMatrix]:
    from sklearn.decomposition import PCA  # noqa: PLC0415  # half a second of loading, for who draws alone

    n, d = features.shape
    kept = min(COMPONENTS, d, max(n - 1, 1))
    solver = "covariance_eigh" if n > d else "full"
    mean = np.asarray(features.mean(axis=0), dtype=np.float32)
    if (features == features[0]).all():  # one row, or all the same: nothing varies
        return mean, np.zeros((d, 1), np.float32), np.zeros((n, 1), np.float32)
    axes = np.ascontiguousarray(PCA(kept, svd_solver=solver).fit(features).components_.T, dtype=np.float32)
    return mean, axes, np.asarray((features - mean) @ axes, dtype=np.float32)


def _flat(landmarks: FloatMatrix) -> FloatMatrix:
    """The first two components, zeros where there is one only."""
    return np.pad(landmarks[:, :2], ((0, 0), (0, max(0, 2 - landmarks.shape[1]))))


def _neighbours_kept(
    landmarks: FloatMatrix, rng: np.random.Generator, report: Callable[[int, int], None]
) -> DoubleArray:
    from openTSNE import TSNE  # noqa: PLC0415  # never in a process that answers requests

    start = _flat(landmarks).astype(np.float64)
    # equal rows would start, and so stay, in one point, and a tree of points cannot part them
    start += rng.normal(scale=1e-2 * max(float(start[:, 0].std()), 1e-6), size=start.shape)
    start *= 1e-4 / start[:, 0].std()
    of = _NEIGHBOURS + _ITERATIONS
    so_far = [_NEIGHBOURS]

    def told(iteration: int, error: float, embedding: object) -> None:
        so_far[0] += _REPORT_EVERY
        report(min(so_far[0], of), of)

    report(0, of)
    found = TSNE(
        perplexity=min(PERPLEXITY, (len(landmarks) - 1) // 3),
        initialization=start,
        n_jobs=1,
        random_state=int(rng.integers(2**31)),
        callbacks=told,
        callbacks_every_iters=_REPORT_EVERY,
    ).fit(landmarks)
    report(of, of)
    return np.asarray(found, dtype=np.float64)


def _within(points: DoubleArray) -> FloatMatrix:
    """The points in a square of side 1, as far apart in one direction as in the other."""
    least, most = points.min(axis=0), points.max(axis=0)
    side = float((most - least).max()) or 1.0
    scaled = (points - (least + most) / 2) / side * (1 - 2 * _MARGIN) + 0.5
    return np.asarray(np.clip(scaled, 0.0, 1.0), dtype=np.float32)
