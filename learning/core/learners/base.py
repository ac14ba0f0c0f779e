"""What every learner promises, and the checks they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray, as_features
from learning.core.forms import Kind, form_of


class OutlierScorer(Protocol):
    """Says which rows are unlike all that a model learned; :mod:`learning.core.outliers` fits them."""

    @property
    def name(self) -> str:
        """Return the registered name of the detector."""
        ...

    @property
    def threshold(self) -> float:
        """Return the score above which a row is an outlier."""
        ...

    def score(self, features: FloatMatrix, probabilities: FloatMatrix | None = None) -> DoubleArray:
        """Return one number a row, shape (n,), higher for rows more unlike what was learned."""
        ...

    def dump(self) -> bytes:
        """Serialise without pickle; the same state gives the same bytes."""
        ...


class FittedLearner(Protocol):
    """A model: its state is settled and it never changes."""

    name: str
    kind: Kind
    n_labels: int
    dimension: int
    facts: Mapping[str, Any]
    """How it came about, for the model card: JSON values such as the chosen penalty, the temperature and why."""
    outlier_detector: OutlierScorer | None
    """Set beside the model where one was fitted with it; no part of :meth:`dump`."""

    @property
    def sketch(self) -> FittedLearner | None:
        """Return a part of the model that says much the same at a fraction of the price, if there is one: a pool is
        read through by it, and what then counts is asked of the model itself."""
        ...

    def predict(self, features: FloatMatrix) -> FloatMatrix:
        """Return calibrated probabilities, float32 of shape (n, n_labels).

        ``classification``: rows sum to 1. ``multilabel``: every column on its own in [0, 1]. Finite for finite
        features.
        """
        ...

    def dump(self) -> bytes:
        """Serialise without pickle; the same state gives the same bytes."""
        ...


class Learner(Protocol):
    """Fits models."""

    name: str

    def fit(
        self,
        features: FloatMatrix,
        targets: DoubleArray,
        *,
        kind: Kind,
        rng: np.random.Generator,
        weights: DoubleArray | None = None,
        groups: IntArray | None = None,
        unlabeled: FloatMatrix | None = None,
    ) -> FittedLearner:
        """Fit and calibrate.

        Parameters
        ----------
        features : ndarray of float32, shape (n, d), n >= 1
        targets : ndarray of shape (n, n_labels)
            ``classification``: rows are distributions (one-hot, or soft). ``multilabel``: every cell in [0, 1].
        kind : {"classification", "multilabel"}
        rng : numpy.random.Generator
        weights : ndarray of shape (n,), optional
            Non-negative; 1 for all when not given.
        groups : ndarray of int, shape (n,), optional
            Rows of one group are never on both sides of a fold.
        unlabeled : ndarray of float32, shape (m, d), optional
            A part of the pool, for learners that use it.

        Raises
        ------
        ValueError
            If shapes disagree, there is no row, or a number is not finite.
        """
        ...

    def load(self, data: bytes) -> FittedLearner:
        """Restore what :meth:`FittedLearner.dump` wrote; raises ArtifactError on anything else."""
        ...


def one_hot(labels: ArrayLike, n_labels: int) -> DoubleArray:
    """Turn label numbers into targets.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        Between 0 and ``n_labels - 1``.
    n_labels : int

    Returns
    -------
    ndarray of float64, shape (n, n_labels)

    Raises
    ------
    ValueError
        If a label is out of the set.

    Examples
    --------
    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    numbers = np.asarray(labels, dtype=np.int64)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= n_labels):
        raise ValueError(f"labels must be between 0 and {n_labels - 1}")
    targets = np.zeros((numbers.size, n_labels))
    targets[np.arange(numbers.size), numbers] = 1.0
    return targets


def checked(
    features: FloatMatrix, targets: DoubleArray, kind: Kind, weights: DoubleArray | None, groups: IntArray | None
) -> tuple[FloatMatrix, DoubleArray, DoubleArray, IntArray]:
    """Check what :meth:`Learner.fit` was given and fill in defaults.

    Returns
    -------
    features, targets, weights, groups : ndarray
        With default weights of 1 and every row a group of its own.

    Raises
    ------
    ValueError
        As :meth:`Learner.fit` says.

    Examples
    --------
    >>> checked(np.zeros((0, 2), np.float32), np.zeros((0, 3)), "classification", None, None)
    Traceback (most recent call last):
    ...
    ValueError: there is nothing to learn from: no labeled rows
    """
    features = as_features(features)
    targets = np.asarray(targets, dtype=np.float64)
    n = features.shape[0]
    if n == 0:
        raise ValueError("there is nothing to learn from: no labeled rows")
    if targets.ndim != 2 or targets.shape[0] != n or targets.shape[1] == 0:
        raise ValueError(f"targets of shape {targets.shape} do not fit {n} rows of features")
    if not (np.isfinite(targets).all() and targets.min() >= 0.0 and targets.max() <= 1.0):
        raise ValueError("targets must lie between 0 and 1")
    if why := form_of(kind).refusal(targets):
        raise ValueError(why)
    weights = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or weights.min() < 0.0 or not weights.any():
        raise ValueError("weights must be one finite number from 0 up per row, not all 0")
    groups = np.arange(n) if groups is None else np.asarray(groups, dtype=np.int64)
    if groups.shape != (n,):
        raise ValueError(f"groups of shape {groups.shape} do not fit {n} rows of features")
    return features, targets, weights, groups
