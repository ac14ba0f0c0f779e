"""One step of a scale an item: labels in their order, and a mistake is as large as the steps between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.arms import Difference, compare_measures
from learning.core.evaluation.baselines import LabeledRows, majority, most_frequent, nearest_centroid, stratified
from learning.core.evaluation.checks import Check
from learning.core.evaluation.interval_words import number_words
from learning.core.evaluation.intervals import bounded_mean, share, top_of
from learning.core.evaluation.losses import second_choice
from learning.core.evaluation.objectives.base import ArmModels, Objective
from learning.core.evaluation.ordinal import (
    absolute_errors,
    error_estimate,
    kappa_estimate,
    kappa_gap_variance,
    medians,
    quadratic_kappa,
)
from learning.core.evaluation.report import Evaluation, evaluate
from learning.core.learners.cumulative import ranked_probability_losses


class Ordinal(Objective):
    """The median step is the answer: of all steps it has the smallest expected absolute error.

    Examples
    --------
    >>> scale, unsure = Ordinal(), np.array([[0.4, 0.2, 0.4]], np.float32)
    >>> scale.decide(unsure).tolist(), scale.errors(unsure, np.array([[0.0, 0.0, 1.0]])).tolist()
    ([1], [1.0])
    """

    name = "ordinal"
    form = "classification"
    headline = "quadratic_kappa"
    simulated_by = "quadratic_kappa"
    auto_learner = "ordinal_auto"
    best_constant = "median"

    def order(self, labels: Sequence[str]) -> list[str]:
        """Return names that are numbers by their value; see :meth:`Objective.order`."""
        try:
            return sorted(labels, key=float)
        except ValueError as error:
            raise ValueError(f"the steps of a scale must be numbers: {error}") from error

    def costs(self, n_labels: int) -> DoubleArray:
        """Return the steps between two labels over all steps there are; see :meth:`Objective.costs`."""
        steps = np.arange(n_labels, dtype=np.float64)
        return np.abs(steps[:, None] - steps) / max(n_labels - 1, 1)

    def decide(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return the median step; see :meth:`Objective.decide`."""
        return medians(probabilities)

    def errors(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return by how many steps the answer is off; see :meth:`Objective.errors`."""
        return absolute_errors(self.decide(probabilities), targets)

    def losses(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return ranked probability losses; see :meth:`Objective.losses`."""
        return ranked_probability_losses(np.asarray(probabilities, dtype=np.float64), targets)

    def surprise(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return the second most likely step; see :meth:`Objective.surprise`."""
        return second_choice(probabilities)

    def evaluate(
        self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, rng: np.random.Generator
    ) -> Evaluation:
        """Measure ``quadratic_kappa``, ``mean_absolute_error`` in steps, ``accuracy`` (the step itself) and
        ``within_one``, the ``ranked_probability_loss`` and what :func:`evaluate` finds of the probabilities.
        """
        answers = self.decide(probabilities)
        found = evaluate(probabilities, targets, kind="classification", rng=rng, answers=answers)
        errors, n = absolute_errors(answers, targets), len(answers)
        surprise = self.surprise(probabilities)
        losses, surprised = (self.losses(probabilities, truth) for truth in (targets, surprise))
        metrics = {
            "quadratic_kappa": kappa_estimate(answers, targets, surprise),
            "mean_absolute_error": error_estimate(answers, targets, surprise),
            "accuracy": share(float((errors < 1.0).sum()), n),
            "within_one": share(float((errors <= 1.0).sum()), n),
            "ranked_probability_loss": bounded_mean(losses, top_of(losses, surprised)),
        }
        kept = {name: found.metrics[name] for name in ("log_loss", "calibration_error")}
        return replace(found, metrics=metrics | kept)

    def constants(self, targets: DoubleArray) -> dict[str, DoubleArray]:
        """Return the shares (their answer: the median) and the most frequent step; see :meth:`Objective.constants`."""
        n = len(targets)
        return {"median": majority(targets, n), "majority": most_frequent(targets, n)}

    def simple(self, labeled: LabeledRows, features: FloatMatrix) -> dict[str, DoubleArray]:
        """Return the nearest centroid's answers; see :meth:`Objective.simple`."""
        return {"nearest_centroid": nearest_centroid(labeled.features, labeled.targets, features, labeled.weights)}

    def baselines(
        self, labeled: LabeledRows, features: FloatMatrix, rng: np.random.Generator
    ) -> dict[str, DoubleArray]:
        """Return ``median``, ``majority``, ``stratified`` and ``nearest_centroid``; see :meth:`Objective.baselines`."""
        n, (_, targets, weights) = len(features), labeled
        constant = {"median": majority(targets, n, weights), "majority": most_frequent(targets, n, weights)}
        return constant | {"stratified": stratified(targets, n, rng, weights)} | self.simple(labeled, features)

    def compare_arms(
        self, active: ArmModels, random: ArmModels, targets: DoubleArray, rng: np.random.Generator
    ) -> Difference:
        """Compare quadratic weighted kappas; see :meth:`Objective.compare_arms`."""
        ours, theirs = (self.decide(arm.whole) for arm in (active, random))

        def refits(arm: ArmModels) -> DoubleArray:
            return np.array([quadratic_kappa(self.decide(each), targets) for each in arm.without])

        return compare_measures(
            kappa_estimate(ours, targets, self.surprise(active.whole)),
            kappa_estimate(theirs, targets, self.surprise(random.whole)),
            kappa_gap_variance(ours, theirs, targets),
            refits(active),
            refits(random),
        )

    def further_checks(self, ours: FloatMatrix, theirs: Mapping[str, FloatMatrix], targets: DoubleArray) -> list[Check]:
        """Ask for no larger mean absolute error and no smaller kappa than each rival's; see
        :meth:`Objective.further_checks`.
        """
        checks = []
        for name, given in theirs.items():
            (error, kappa), (error_there, kappa_there) = (self._measures(each, targets) for each in (ours, given))
            detail = f"steps off, {name.replace('_', ' ')} {number_words(error_there)}"
            checks.append(Check(f"error_not_above_{name}", error <= error_there, error, error_there, detail))
            detail = f"quadratic weighted kappa, {name.replace('_', ' ')} {number_words(kappa_there)}"
            checks.append(Check(f"kappa_not_below_{name}", kappa >= kappa_there, kappa, kappa_there, detail))
        return checks

    def _measures(self, probabilities: FloatMatrix, targets: DoubleArray) -> tuple[float, float]:
        answers = self.decide(probabilities)
        return float(absolute_errors(answers, targets).mean()), quadratic_kappa(answers, targets)
