"""Calibrated linear support vector machine."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners.base import Kind, checked
from learning.core.learners.choice import Grid, OutOfFold, Plan
from learning.core.learners.linear_model import FittedLinear, fit_scaled

GRID = Grid("hinge", (0.1, 1.0, 10.0, 100.0), 1.0)


class FittedLinearSvm(FittedLinear):
    """A fitted support vector machine; see :class:`FittedLinear`."""

    name = "linear_svm"


class LinearSvmLearner:
    """One-vs-rest linear classifiers of least squared hinge, made probabilities by one temperature.

    Penalty and temperature are chosen as :class:`learning.core.learners.logistic.LogisticLearner` chooses them: by the
    log loss of grouped folds, so calibration never sees a row its scores were fitted on.

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> features = np.array([[0.0], [0.1], [0.9], [1.0]], dtype=np.float32)
    >>> targets = one_hot([0, 0, 2, 2], 3)
    >>> model = LinearSvmLearner().fit(features, targets, kind="classification", rng=np.random.default_rng(0))
    >>> model.predict(features).argmax(axis=1).tolist()
    [0, 0, 2, 2]
    """

    name = "linear_svm"

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
    ) -> FittedLinearSvm:
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
    ) -> tuple[FittedLinearSvm, OutOfFold | None]:
        """Fit on checked arguments and also return the out-of-fold probabilities, if there were labels enough."""
        return fit_scaled(FittedLinearSvm, features, targets, weights, groups, kind, GRID, rng, plan=plan)

    def load(self, data: bytes) -> FittedLinearSvm:
        """Restore a dumped model; see :meth:`FittedLinear.load`."""
        return FittedLinearSvm.load(data)
