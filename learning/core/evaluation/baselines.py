"""What any model has to beat.

Baselines weigh their labeled items as the model does: beside one that trusts a source less than the model does, a
model would look better or worse for what it was told of the source, not for what it learned.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, softmax


class LabeledRows(NamedTuple):
    """What baselines are made of: ``features`` of shape (m, d) and ``targets`` of shape (m, k), m at least 1, and what
    each row counts where not all count the same, shape (m,), above 0."""

    features: FloatMatrix
    targets: DoubleArray
    weights: DoubleArray | None = None


def _weighed(targets: DoubleArray, weights: DoubleArray | None) -> tuple[DoubleArray, float]:
    """Return the targets by what their rows weigh, and what all rows weigh."""
    if weights is None:
        return targets, float(len(targets))
    return targets * weights[:, None], float(weights.sum())


def majority(targets: DoubleArray, n: int, weights: DoubleArray | None = None) -> DoubleArray:
    """Answer every item with the smoothed shares of the labels.

    Parameters
    ----------
    targets : ndarray of shape (m, k)
    n : int
        Items to answer.
    weights : ndarray of shape (m,), optional
        What each row counts, above 0; 1 each when not given. So in every baseline.

    Returns
    -------
    ndarray of float64, shape (n, k)

    Examples
    --------
    >>> majority(np.array([[1.0, 0.0], [1.0, 0.0]]), 1)
    array([[0.83333333, 0.16666667]])
    """
    weighed, total = _weighed(targets, weights)
    shares = (weighed.sum(axis=0) + 1.0 / 2.0) / (total + targets.shape[1] / 2.0)
    return np.tile(shares, (n, 1))


def majority_multilabel(targets: DoubleArray, n: int, weights: DoubleArray | None = None) -> DoubleArray:
    """Answer every item with the smoothed share of each label on its own; shape (n, k).

    Examples
    --------
    >>> majority_multilabel(np.array([[1.0], [1.0]]), 1).round(3)
    array([[0.833]])
    """
    weighed, total = _weighed(targets, weights)
    return np.tile((weighed.sum(axis=0) + 0.5) / (total + 1.0), (n, 1))


def most_frequent(targets: DoubleArray, n: int, weights: DoubleArray | None = None) -> DoubleArray:
    """Answer every item with the most frequent answer as a whole; shape (n, k).

    With several labels an item no other constant is right as often: none of twenty rare labels is likely by itself, so
    the shares of :func:`majority_multilabel` say "no label" to every item.

    Examples
    --------
    >>> most_frequent(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]), 1)
    array([[1., 1.]])
    """
    answers, which = np.unique(targets, axis=0, return_inverse=True)
    counts = np.bincount(which.reshape(-1), weights)
    return np.tile(answers[counts.argmax()], (n, 1))


def stratified(
    targets: DoubleArray, n: int, rng: np.random.Generator, weights: DoubleArray | None = None
) -> DoubleArray:
    """Answer every item with the answer of a labeled item drawn at random; shape (n, k).

    Examples
    --------
    >>> stratified(np.array([[0.0, 1.0]]), 2, np.random.default_rng(0))
    array([[0., 1.],
           [0., 1.]])
    """
    if weights is not None:
        return targets[rng.choice(len(targets), size=n, p=weights / weights.sum())]
    return targets[rng.integers(len(targets), size=n)]


def nearest_centroid(
    labeled: FloatMatrix, targets: DoubleArray, features: FloatMatrix, weights: DoubleArray | None = None
) -> DoubleArray:
    """Answer with the label whose labeled items lie closest on average.

    Parameters
    ----------
    labeled : ndarray of float32, shape (m, d)
    targets : ndarray of shape (m, k)
    features : ndarray of float32, shape (n, d)
    weights : ndarray of shape (m,), optional

    Returns
    -------
    ndarray of float64, shape (n, k)
        Softmax of the negative squared distances over their mean; 0 for labels nobody used.

    Examples
    --------
    >>> x = np.array([[0.0], [4.0]], np.float32)
    >>> nearest_centroid(x, np.eye(2), x).argmax(axis=1)
    array([0, 1])
    """
    targets, _ = _weighed(targets, weights)
    mass = targets.sum(axis=0)
    used = np.flatnonzero(mass > 0)
    centroids = (targets[:, used].T @ labeled) / mass[used, None]
    distances = (
        np.einsum("ij,ij->i", features, features, dtype=np.float64)[:, None]
        + np.einsum("ij,ij->i", centroids, centroids)
        - 2.0 * features @ centroids.T
    )
    result = np.zeros((len(features), targets.shape[1]))
    result[:, used] = softmax(-distances / max(float(np.abs(distances).mean()), 1e-12))
    return result
