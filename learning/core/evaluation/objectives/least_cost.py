"""Exactly one label an item, where a project says what its mistakes cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.costs import Costs
from learning.core.evaluation.intervals import bounded_mean, share
from learning.core.evaluation.objectives.one_label import OneLabel
from learning.core.evaluation.report import Evaluation, evaluate


class LeastCost(OneLabel):
    """The answer of least expected cost is given, and a model is better that costs less (decision 0120).

    An answer is right or wrong all the same: ``errors`` are those of :class:`OneLabel`, ``losses`` are costs.

    Parameters
    ----------
    stated : Costs
        Of as many labels as there are columns.

    Examples
    --------
    >>> spam = LeastCost(Costs(((0.0, 1.0), (20.0, 0.0))))
    >>> unsure = np.array([[0.9, 0.1]], np.float32)
    >>> spam.decide(unsure).tolist(), OneLabel().decide(unsure).tolist()
    ([1], [0])
    """

    name = "least_cost"
    stated: Costs

    def __init__(self, stated: Costs) -> None:
        self.stated = stated

    def suggests_thresholds(self, n_labels: int) -> bool:
        """Return False: costs say from when on a label is given; see :meth:`Objective.suggests_thresholds`."""
        return False

    def decide(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return the answers of least expected cost; see :meth:`Objective.decide`."""
        return self.stated.answers(probabilities)

    def left_to_people(self, probabilities: FloatMatrix | DoubleArray) -> BoolArray | None:
        """Return where any answer is dearer than none; see :meth:`Objective.left_to_people`."""
        return None if self.stated.away is None else self.stated.given_away(probabilities)

    def losses(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return what each case has cost; see :meth:`Objective.losses`. Proper, for the cheapest answer by the truth's
        own probabilities is the one that is given.
        """
        return self.stated.paid(probabilities, targets)

    def surprise(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return the truth by which each answer would have been dearest; see :meth:`Objective.surprise`."""
        cells = self.stated.cells
        return np.asarray(np.eye(len(cells))[cells.argmax(axis=0)[self.decide(probabilities)]])

    def evaluate(
        self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, rng: np.random.Generator
    ) -> Evaluation:
        """Measure ``cost_per_case`` (mean, in the project's unit, lower is better) and what :func:`evaluate` finds of
        these answers; ``left_to_people``, the share of cases without an answer, where that has a price.
        """
        found = evaluate(probabilities, targets, kind="classification", rng=rng, answers=self.decide(probabilities))
        paid = self.losses(probabilities, targets)
        metrics = {"cost_per_case": bounded_mean(paid, self.stated.most, self.stated.least), **found.metrics}
        away = self.left_to_people(probabilities)
        if away is not None:
            metrics["left_to_people"] = share(float(away.sum()), len(away))
        return replace(found, metrics=metrics)
