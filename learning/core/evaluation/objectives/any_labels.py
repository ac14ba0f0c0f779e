"""Any number of labels an item: each is given or not, and an item is right when all of them are."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.baselines import LabeledRows, majority_multilabel, most_frequent, stratified
from learning.core.evaluation.ceiling import human_ceiling
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.losses import second_choices, squared_errors
from learning.core.evaluation.objectives.base import Objective
from learning.core.evaluation.report import Evaluation, evaluate


class AnyLabels(Objective):
    """Every label from probability 0.5 on is given.

    Examples
    --------
    >>> AnyLabels().errors(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32), np.eye(2)).tolist()
    [0.0, 1.0]
    """

    name = "multilabel"
    form = "multilabel"
    headline = "exact_match"
    simulated_by = "macro_f1"
    best_constant = "most_frequent"
    share_right = "exact_match"
    one_answer = False
    names_errors = True

    def decide(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return yes or no for each label; see :meth:`Objective.decide`."""
        return (probabilities >= 0.5).astype(np.int64)

    def errors(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return 1 where any label is wrong; see :meth:`Objective.errors`."""
        return np.asarray((self.decide(probabilities) != (targets >= 0.5)).any(axis=1), dtype=np.float64)

    def losses(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return squared errors summed over the labels; see :meth:`Objective.losses`."""
        return squared_errors(probabilities, targets)

    def surprise(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return the answer with its least sure label turned over; see :meth:`Objective.surprise`."""
        return second_choices(probabilities)

    def evaluate(
        self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, rng: np.random.Generator
    ) -> Evaluation:
        """Measure; see :func:`learning.core.evaluation.report.evaluate`."""
        return evaluate(probabilities, targets, kind="multilabel", rng=rng)

    def constants(self, targets: DoubleArray) -> dict[str, DoubleArray]:
        """Return the share of each label, and the most frequent set; see :meth:`Objective.constants`."""
        n = len(targets)
        return {"majority": majority_multilabel(targets, n), "most_frequent": most_frequent(targets, n)}

    def baselines(
        self, labeled: LabeledRows, features: FloatMatrix, rng: np.random.Generator
    ) -> dict[str, DoubleArray]:
        """Return ``majority`` and ``stratified``; see :meth:`Objective.baselines`."""
        n, (_, targets, weights) = len(features), labeled
        return {
            "majority": majority_multilabel(targets, n, weights),
            "stratified": stratified(targets, n, rng, weights),
        }

    def ceiling(self, agreement: DoubleArray) -> Estimate | None:
        """Return how often one person gives the answer of another; see :meth:`Objective.ceiling`."""
        return human_ceiling(agreement)
