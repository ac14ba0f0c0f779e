"""Calibrated logistic regression: the learner that is right for few labels and good features."""

from __future__ import annotations

from learning.core.forms import form_of
from learning.core.learners.choice import Grid, OutOfFold, Plan
from learning.core.learners.evidence import Answered, EvidentLearner
from learning.core.learners.linear_model import FittedLinear, fit_scaled

INVERSE_PENALTIES = (1.0, 10.0, 100.0, 1000.0)
DEFAULT_INVERSE_PENALTY = 10.0


class FittedLogistic(FittedLinear):
    """A fitted logistic regression; see :class:`FittedLinear`."""

    name = "logistic"


class LogisticLearner(EvidentLearner[FittedLogistic]):
    """L2-penalised logistic regression, softmax for one label per item, one-vs-rest for many.

    From 20 labels on, the penalty is the one with the smallest out-of-fold loss over grouped folds, and the temperature
    is fitted on the same out-of-fold scores: calibration never sees a row its scores were fitted on.

    Parameters
    ----------
    inverse_penalty : float, optional
        Fit at this penalty, without choosing and without calibrating.

    Examples
    --------
    >>> import numpy as np
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

    def fit_with_evidence(
        self, answered: Answered, plan: Plan | None = None
    ) -> tuple[FittedLogistic, OutOfFold | None]:
        """Fit and calibrate; see :meth:`EvidentLearner.fit_with_evidence`."""
        link = form_of(answered.kind).link
        grid = Grid(link, INVERSE_PENALTIES, DEFAULT_INVERSE_PENALTY)
        return fit_scaled(FittedLogistic, answered, grid, self.inverse_penalty, plan)

    def load(self, data: bytes) -> FittedLogistic:
        """Restore a dumped model; see :meth:`FittedLinear.load`."""
        return FittedLogistic.load(data)
