"""Calibrated linear support vector machine."""

from __future__ import annotations

from learning.core.learners.choice import Grid, OutOfFold, Plan
from learning.core.learners.evidence import Answered, EvidentLearner
from learning.core.learners.linear_model import FittedLinear, fit_scaled

GRID = Grid("hinge", (0.1, 1.0, 10.0, 100.0), 1.0)


class FittedLinearSvm(FittedLinear):
    """A fitted support vector machine; see :class:`FittedLinear`."""

    name = "linear_svm"


class LinearSvmLearner(EvidentLearner[FittedLinearSvm]):
    """One-vs-rest linear classifiers of least squared hinge, made probabilities by one temperature.

    Penalty and temperature are chosen as :class:`learning.core.learners.logistic.LogisticLearner` chooses them: by the
    log loss of grouped folds, so calibration never sees a row its scores were fitted on.

    Examples
    --------
    >>> import numpy as np
    >>> from learning.core.learners import one_hot
    >>> features = np.array([[0.0], [0.1], [0.9], [1.0]], dtype=np.float32)
    >>> targets = one_hot([0, 0, 2, 2], 3)
    >>> model = LinearSvmLearner().fit(features, targets, kind="classification", rng=np.random.default_rng(0))
    >>> model.predict(features).argmax(axis=1).tolist()
    [0, 0, 2, 2]
    """

    name = "linear_svm"

    def fit_with_evidence(
        self, answered: Answered, plan: Plan | None = None
    ) -> tuple[FittedLinearSvm, OutOfFold | None]:
        """Fit and calibrate; see :meth:`EvidentLearner.fit_with_evidence`."""
        return fit_scaled(FittedLinearSvm, answered, GRID, plan=plan)

    def load(self, data: bytes) -> FittedLinearSvm:
        """Restore a dumped model; see :meth:`FittedLinear.load`."""
        return FittedLinearSvm.load(data)
