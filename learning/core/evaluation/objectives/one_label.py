"""Exactly one label an item, and every wrong one is as wrong as another."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.baselines import LabeledRows, majority, nearest_centroid, stratified
from learning.core.evaluation.ceiling import human_ceiling
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.losses import second_choice, squared_errors
from learning.core.evaluation.objectives.base import Objective
from learning.core.evaluation.report import Evaluation, evaluate


class OneLabel(Objective):
    """The most likely label is the answer; it is right or wrong.

    Examples
    --------
    >>> OneLabel().errors(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32), np.eye(2)).tolist()
    [0.0, 1.0]
    """

    name = "classification"
    form = "classification"
    headline = "accuracy"
    simulated_by = "macro_f1"
    best_constant = "majority"
    disagreement_is_error = True
    names_errors = True
    falls_back = True

    def decide(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return the most likely label; see :meth:`Objective.decide`."""
        return np.asarray(probabilities.argmax(axis=1))

    def errors(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return 1 for a wrong answer; see :meth:`Objective.errors`."""
        return np.asarray(self.decide(probabilities) != targets.argmax(axis=1), dtype=np.float64)

    def losses(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return the Brier losses; see :meth:`Objective.losses`."""
        return squared_errors(probabilities, targets)

    def surprise(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return the second most likely label; see :meth:`Objective.surprise`."""
        return second_choice(probabilities)

    def evaluate(
        self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, rng: np.random.Generator
    ) -> Evaluation:
        """Measure; see :func:`learning.core.evaluation.report.evaluate`."""
        return evaluate(probabilities, targets, kind="classification", rng=rng)

    def constants(self, targets: DoubleArray) -> dict[str, DoubleArray]:
        """Return the shares of the labels; see :meth:`Objective.constants`."""
        return {"majority": majority(targets, len(targets))}

    def simple(self, labeled: LabeledRows, features: FloatMatrix) -> dict[str, DoubleArray]:
        """Return the nearest centroid's answers; see :meth:`Objective.simple`."""
        return {"nearest_centroid": nearest_centroid(labeled.features, labeled.targets, features, labeled.weights)}

    def baselines(
        self, labeled: LabeledRows, features: FloatMatrix, rng: np.random.Generator
    ) -> dict[str, DoubleArray]:
        """Return ``majority``, ``stratified`` and ``nearest_centroid``; see :meth:`Objective.baselines`."""
        n, (_, targets, weights) = len(features), labeled
        constant = {"majority": majority(targets, n, weights), "stratified": stratified(targets, n, rng, weights)}
        return constant | self.simple(labeled, features)

    def ceiling(self, agreement: DoubleArray) -> Estimate | None:
        """Return how often one person gives the answer of another; see :meth:`Objective.ceiling`."""
        return human_ceiling(agreement)
