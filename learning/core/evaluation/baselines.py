"""What any model has to beat."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, softmax


def majority(targets: DoubleArray, n: int) -> DoubleArray:
    """Answer every item with the smoothed shares of the labels.

    Parameters
    ----------
    targets : ndarray of shape (m, k)
    n : int
        Items to answer.

    Returns
    -------
    ndarray of float64, shape (n, k)

    Examples
    --------
    >>> majority(np.array([[1.0, 0.0], [1.0, 0.0]]), 1)
    array([[0.83333333, 0.16666667]])
    """
    shares = (targets.sum(axis=0) + 1.0 / 2.0) / (len(targets) + targets.shape[1] / 2.0)
    return np.tile(shares, (n, 1))


def majority_multilabel(targets: DoubleArray, n: int) -> DoubleArray:
    """Answer every item with the smoothed share of each label on its own; shape (n, k).

    Examples
    --------
    >>> majority_multilabel(np.array([[1.0], [1.0]]), 1).round(3)
    array([[0.833]])
    """
    return np.tile((targets.sum(axis=0) + 0.5) / (len(targets) + 1.0), (n, 1))


def most_frequent(targets: DoubleArray, n: int) -> DoubleArray:
    """Answer every item with the most frequent answer as a whole; shape (n, k).

    With several labels an item no other constant is right as often: none of twenty rare labels is likely by itself, so
    the shares of :func:`majority_multilabel` say "no label" to every item.

    Examples
    --------
    >>> most_frequent(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]), 1)
    array([[1., 1.]])
    """
    answers, counts = np.unique(targets, axis=0, return_counts=True)
    return np.tile(answers[counts.argmax()], (n, 1))


def stratified(targets: DoubleArray, n: int, rng: np.random.Generator) -> DoubleArray:
    """Answer every item with the answer of a labeled item drawn at random; shape (n, k).

    Examples
    --------
    >>> stratified(np.array([[0.0, 1.0]]), 2, np.random.default_rng(0))
    array([[0., 1.],
           [0., 1.]])
    """
    return targets[rng.integers(len(targets), size=n)]


def nearest_centroid(labeled: FloatMatrix, targets: DoubleArray, features: FloatMatrix) -> DoubleArray:
    """Answer with the label whose labeled items lie closest on average.

    Parameters
    ----------
    labeled : ndarray of float32, shape (m, d)
    targets : ndarray of shape (m, k)
    features : ndarray of float32, shape (n, d)

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
