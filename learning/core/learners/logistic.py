"""Calibrated logistic regression: the learner that is right for few labels and good features."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners.base import Kind, checked
from learning.core.learners.choice import Grid, OutOfFold, Plan
from learning.core.learners.linear_model import FittedLinear, fit_scaled

INVERSE_PENALTIES = (1.0, 10.0, 100.0, 1000.0)
DEFAULT_INVERSE_PENALTY = 10.0


class FittedLogistic(FittedLinear):
    """A fitted logistic regression; see :class:`FittedLinear`."""

    name = "logistic"


class LogisticLearner:
    """L2-penalised logistic regression, softmax for one label per item, one-vs-rest for many.

    From 20 labels on, the penalty is the one with the smallest out-of-fold loss over grouped folds, and the temperature
    is fitted on the same out-of-fold scores: calibration never sees a row its scores were fitted on.

    Parameters
    ----------
    inverse_penalty : float, optional
        Fit at this penalty, without choosing and without calibrating.

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> features = np.array([[0.0], [0.1], [0.9], [1.0]], dtype=np.float32)
    >>> learner = LogisticLearner()
    >>> model = learner.fit(features, one_hot([0, 0, 2, 2], 3), kind="classification", rng=np.random.default_rng(0))
    >>> model.predict(features).argmax(axis=1).tolist(), model.predict(features).round(3)[0, 1].item()
    ([0, 0, 2, 2], 0.0010000000474974513)
    """

    name = "logistic"

    def __init__(self, inverse_penalty: float | None = None) -> None:
        self.inverse_penalty = inverse_penalty

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
    ) -> FittedLogistic:
        """Fit and calibrate; see :meth:`Learner.fit`."""
        return self.fit_with_evidence(*checked(features, targets, kind, weights, groups), kind, rng)[0]

    def fit_with_evidence(
        self,
        features: FloatMatrix,
        targets: DoubleArray,
        weights: DoubleArray,
        groups: IntArray,
        kind: Kind,
        rng: np.random.Generator,
        plan: Plan | None = None,
    ) -> tuple[FittedLogistic, OutOfFold | None]:
        """Fit on checked arguments and also return the out-of-fold probabilities, if there were labels enough."""
        grid = Grid("softmax" if kind == "classification" else "sigmoid", INVERSE_PENALTIES, DEFAULT_INVERSE_PENALTY)
        return fit_scaled(
            FittedLogistic, features, targets, weights, groups, kind, grid, rng, self.inverse_penalty, plan
        )

    def load(self, data: bytes) -> FittedLogistic:
        """Restore a dumped model; see :meth:`FittedLinear.load`."""
        return FittedLogistic.load(data)
