"""What every objective provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.arms import Difference, compare_arms
from learning.core.evaluation.baselines import LabeledRows
from learning.core.evaluation.checks import Check
from learning.core.evaluation.costs import Costs
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.report import Evaluation
from learning.core.forms import Kind


class ArmModels(NamedTuple):
    """What one arm's models say of the held-out items, shape (n, k) each: fitted on all its answers, and on all but one
    group of them after the other.
    """

    whole: FloatMatrix
    without: Sequence[FloatMatrix]


class Objective(ABC):
    """What an answer is worth.

    Arrays of probabilities and targets have shape (n, k): n items, k labels.
    """

    name: ClassVar[str]
    #: what targets look like to a learner
    form: ClassVar[Kind]
    #: the metric shown first
    headline: ClassVar[str]
    #: the metric a simulation is compared by; higher is better
    simulated_by: ClassVar[str]
    #: the learner that ``auto`` stands for
    auto_learner: ClassVar[str] = "auto"
    #: which of :meth:`constants` is the best constant answer
    best_constant: ClassVar[str]
    #: the metric that is the share of items without an error
    share_right: ClassVar[str] = "accuracy"
    #: whether every item has one answer: then it has a place in a confusion matrix
    one_answer: ClassVar[bool] = True
    #: whether who disagrees errs: then a queue leans towards random for it, and people are weighed by it
    disagreement_is_error: ClassVar[bool] = False
    #: whether an answer that is not believed is probably wrong: then it is named (``learning/core/quality``)
    names_errors: ClassVar[bool] = False
    #: whether a queue falls back to random questions where choosing teaches nothing: measured for one label an item
    falls_back: ClassVar[bool] = False
    #: what mistakes cost, where that is said: the gate then goes by it
    stated: Costs | None = None

    def learner(self, name: str) -> str:
        """Return the registered learner a project's setting stands for."""
        return self.auto_learner if name == "auto" else name

    def order(self, labels: Sequence[str]) -> list[str]:
        """Return label names in the order their columns have where no project gives one.

        Raises
        ------
        ValueError
            If the names have no such order.
        """
        return sorted(labels)

    def suggests_thresholds(self, n_labels: int) -> bool:
        """Return whether a label may be given from a probability on that is not the default one."""
        return self.costs(n_labels) is None and (n_labels == 2 or not self.one_answer)

    def costs(self, n_labels: int) -> DoubleArray | None:
        """Return what it costs to answer with a row's label where a column's is true, range [0, 1]; None: all alike."""
        return None

    @abstractmethod
    def decide(self, probabilities: FloatMatrix | DoubleArray) -> IntArray:
        """Return the answers: label numbers of shape (n,), or 0 and 1 of shape (n, k) where any labels may be given."""

    def left_to_people(self, probabilities: FloatMatrix | DoubleArray) -> BoolArray | None:
        """Return which cases a person had better answer, shape (n,); None where nothing says what that is worth."""
        return None

    @abstractmethod
    def errors(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return how far off each item's answer is, shape (n,): what makes one model better than another on an item."""

    @abstractmethod
    def losses(self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray) -> DoubleArray:
        """Return a proper loss of each item's probabilities, shape (n,)."""

    @abstractmethod
    def surprise(self, probabilities: FloatMatrix | DoubleArray) -> DoubleArray:
        """Return what each item might well have been instead of the answer, shape (n, k): intervals reckon with it."""

    @abstractmethod
    def evaluate(
        self, probabilities: FloatMatrix | DoubleArray, targets: DoubleArray, rng: np.random.Generator
    ) -> Evaluation:
        """Measure probabilities against truth; ``rng`` for the luck in the calibration error."""

    @abstractmethod
    def constants(self, targets: DoubleArray) -> dict[str, DoubleArray]:
        """Return what the constant answers made of ``targets`` say of as many items, by name."""

    def simple(self, labeled: LabeledRows, features: FloatMatrix) -> dict[str, DoubleArray]:
        """Return what simple predictors that look at the items say, by name; shape (n, k) each."""
        return {}

    @abstractmethod
    def baselines(
        self, labeled: LabeledRows, features: FloatMatrix, rng: np.random.Generator
    ) -> dict[str, DoubleArray]:
        """Return what each baseline made of the answers says of the items, by name; shape (n, k) each."""

    def ceiling(self, agreement: DoubleArray) -> Estimate | None:
        """Return what people reach by the headline metric, from their agreement on each item; None where unknown."""
        return None

    def compare_arms(
        self, active: ArmModels, random: ArmModels, targets: DoubleArray, rng: np.random.Generator
    ) -> Difference:
        """Compare what two sets of answers teach, by the headline metric: here the share of items without an error."""

        def right(probabilities: FloatMatrix) -> BoolArray:
            return np.asarray(self.errors(probabilities, targets) == 0)

        ours, theirs = (np.array([right(each) for each in arm.without]) for arm in (active, random))
        return compare_arms(right(active.whole), right(random.whole), ours, theirs)

    def further_checks(self, ours: FloatMatrix, theirs: Mapping[str, FloatMatrix], targets: DoubleArray) -> list[Check]:
        """Return what the gate asks besides, of a candidate beside each rival by name."""
        return []

    def evaluate_baselines(
        self, labeled: LabeledRows, features: FloatMatrix, truth: DoubleArray, rng: np.random.Generator
    ) -> dict[str, Evaluation]:
        """Measure the baselines on the same held-out items as the model.

        Parameters
        ----------
        labeled : LabeledRows
            What the model was made of, by the same weights.
        features : ndarray of float32, shape (n, d), n >= 1
        truth : ndarray of shape (n, k)
        rng : numpy.random.Generator

        Returns
        -------
        dict of str to Evaluation
        """
        answers = self.baselines(labeled, features, rng)
        return {name: self.evaluate(given, truth, rng) for name, given in answers.items()}
