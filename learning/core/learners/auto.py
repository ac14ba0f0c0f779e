"""The default learner: the simplest one that the evidence does not speak against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind
from learning.core.learners.base import FittedLearner, checked
from learning.core.learners.boosting import GradientBoostingLearner
from learning.core.learners.choice import OutOfFold, Plan, judged_weights, row_losses
from learning.core.learners.evidence import Answered, EvidentLearner, note_evidence
from learning.core.learners.forest import RandomForestLearner
from learning.core.learners.linear_model import learnable
from learning.core.learners.spreading_mean import KernelSpreadingLearner, LogisticSpreadingLearner
from learning.core.learners.svm import LinearSvmLearner
from learning.core.learners.tree_learner import TreeLearner

ROWS_TO_COMPARE = 200
_ROWS_OF_COMPARISON = 1_000
_FOLDS = 3
_WIDEST_FOR_TREES = 256
_MOST_LABELS_FOR_KERNEL = 20
_MOST_LABELS_FOR_FOREST = 20
_MOST_LABELS_FOR_BOOSTING = 3
_MOST_WORK_OF_SVM = 1_000_000
_TREES: tuple[tuple[TreeLearner[Any], int], ...] = (
    (RandomForestLearner(), _MOST_LABELS_FOR_FOREST),
    (GradientBoostingLearner(), _MOST_LABELS_FOR_BOOSTING),
)


@dataclass(frozen=True)
class Rival:
    """A learner's out-of-fold losses on the rows all of them predicted.

    Parameters
    ----------
    name : str
    losses : ndarray of float64, shape (m,)
    """

    name: str
    losses: DoubleArray


Entrant: TypeAlias = tuple[Rival, Callable[[], FittedLearner]]
"""A rival, and what gives the model if it is chosen."""


def simplest(rivals: list[Rival], weights: DoubleArray, groups: IntArray) -> tuple[int, str]:
    """Apply the one-standard-error rule to paired losses.

    The first rival stands whose mean loss exceeds the smallest one by at most one standard error of the difference.

    Parameters
    ----------
    rivals : list of Rival
        Simplest first.
    weights : ndarray of shape (m,)
    groups : ndarray of int, shape (m,)
        Rows of one group are one observation.

    Returns
    -------
    number : int
    reason : str

    Examples
    --------
    >>> rivals = [Rival("plain", np.array([1.0, 2.0, 3.0])), Rival("rich", np.array([0.9, 2.2, 2.8]))]
    >>> simplest(rivals, np.ones(3), np.arange(3))[0]
    0
    """
    means = [float(np.average(rival.losses, weights=weights)) for rival in rivals]
    best = int(np.argmin(means))
    told = ", ".join(f"{rival.name} {mean:.4f}" for rival, mean in zip(rivals, means, strict=True))
    _, group_of = np.unique(groups, return_inverse=True)
    for number, rival in enumerate(rivals):
        excess = (rival.losses - rivals[best].losses) - (means[number] - means[best])
        error = float(np.sqrt((np.bincount(group_of, weights * excess) ** 2).sum())) / float(weights.sum())
        if number == best:
            return number, f"smallest out-of-fold loss ({told})"
        if means[number] - means[best] <= error:
            return number, f"simplest within one standard error ({error:.4f}) of the best ({told})"
    raise AssertionError("the best rival always stands")


class AutoLearner:
    """Chooses among the registered learners by grouped cross-validated log loss.

    In order of simplicity: logistic regression with label spreading, linear support vector machine, kernel logistic
    regression with label spreading, random forest, gradient boosting. From 200 answers on they predict the same
    held-out rows, at most 1,000, and the simplest within one standard error of the best is taken. The two with
    spreading learn from the same folds of at most 3,000 answers, the others from folds of the compared rows. Who would
    keep the next question waiting is not compared: trees on more than 256 features, kernel and forest above 20 labels,
    boosting above 3, the support vector machine above a million cells (rows times features times labels).

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> model = AutoLearner().fit(np.eye(2, dtype=np.float32), one_hot([0, 1], 2), kind="classification",
    ...                           rng=np.random.default_rng(0))
    >>> model.name, model.facts["auto"]
    ('logistic_spreading', '2 of 200 answers to compare learners')
    """

    name = "auto"
    #: who stands alone below 200 answers
    first: EvidentLearner[Any] = LogisticSpreadingLearner()
    #: who is compared from then on besides those that every rival meets, simplest first
    beside: tuple[EvidentLearner[Any], ...] = ()

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
        """Fit, compare and calibrate; see :meth:`Learner.fit`."""
        answered = Answered(*checked(features, targets, kind, weights, groups), kind, rng, unlabeled)
        model, evidence = self.first.fit_with_evidence(answered)
        n_usable = int((answered.weights > 0).sum())
        if evidence is None or n_usable < ROWS_TO_COMPARE:
            note_evidence(model, evidence, answered)
            return _told(model, f"{n_usable} of {ROWS_TO_COMPARE} answers to compare learners")
        return _best(model, evidence, answered, self.losses, self.beside)

    def losses(self, probabilities: DoubleArray, targets: DoubleArray, kind: Kind) -> DoubleArray:
        """Return what rivals are compared by, shape (n,): the log loss of every row, see :func:`row_losses`."""
        return row_losses(probabilities, targets, kind)

    def load(self, data: bytes) -> FittedLearner:
        """Refuse: a model is loaded by the learner it is named after.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("a model chosen by auto carries the name of its own learner")


def _best(
    first: FittedLearner,
    evidence: OutOfFold,
    answered: Answered,
    losses_of: Callable[[DoubleArray, DoubleArray, Kind], DoubleArray],
    beside: tuple[EvidentLearner[Any], ...],
) -> FittedLearner:
    learned, _ = learnable(answered.targets, answered.weights, answered.kind)
    compared = _compared(evidence, answered.rng)
    rows = evidence.rows[compared]
    truth = answered.targets[rows][:, learned]
    # Five folds are put together to three: what is compared takes longer to fit than what chose the folds.
    folds = evidence.folds[compared] % _FOLDS
    plan = Plan(rows, folds, judged_weights(truth, evidence.judged[compared], folds))
    if not plan.judged.any():
        note_evidence(first, evidence, answered)
        return _told(first, "no label occurs often enough to compare learners")

    def rival(name: str, probabilities: DoubleArray) -> Rival:
        return Rival(name, losses_of(probabilities, truth, answered.kind))

    entrants: list[Entrant] = [(rival(first.name, evidence.probabilities[compared]), lambda: first)]
    found = [_on_same_folds(learner, evidence, compared, answered) for learner in beside]
    shown = [evidence.probabilities[compared]]
    for name, probabilities, model in found + _others(evidence, compared, plan, learned, answered):
        entrants.append((rival(name, probabilities), model))
        shown.append(probabilities)
    if len(entrants) == 1:
        note_evidence(first, evidence, answered)
        return _told(first, "too wide to compare learners before the next question")
    rivals = [entrant for entrant, _ in entrants]
    number, reason = simplest(rivals, plan.judged, answered.groups[rows])
    losses = {each.name: float(np.average(each.losses, weights=plan.judged)) for each in rivals}
    chosen: Any = entrants[number][1]()
    own = OutOfFold(plan.rows, plan.folds, plan.judged, shown[number])
    note_evidence(chosen, own, answered)
    return _told(chosen, reason, losses)


Found: TypeAlias = tuple[str, DoubleArray, Callable[[], FittedLearner]]
"""A rival's name, its probabilities for the compared rows, and what gives its model."""


def _on_same_folds(learner: EvidentLearner[Any], evidence: OutOfFold, compared: IntArray, answered: Answered) -> Found:
    """Fit a learner whose out-of-fold predictions are as cheap as the first one's: on all of its folds."""
    model, whole = learner.fit_with_evidence(answered, evidence)
    assert whole is not None  # the evidence of another learner is a plan
    return model.name, whole.probabilities[compared], lambda: model


def _others(evidence: OutOfFold, compared: IntArray, plan: Plan, learned: IntArray, answered: Answered) -> list[Found]:
    """Let every learner that can answer in time predict the compared rows, simplest first."""
    found: list[Found] = []
    n, d = len(plan.rows), answered.features.shape[1]
    if n * min(n, d) * learned.size <= _MOST_WORK_OF_SVM:
        svm, theirs = LinearSvmLearner().fit_with_evidence(answered, plan)
        assert theirs is not None  # a plan gives evidence
        found.append((svm.name, theirs.probabilities, lambda: svm))
    if learned.size <= _MOST_LABELS_FOR_KERNEL:
        found.append(_on_same_folds(KernelSpreadingLearner(), evidence, compared, answered))
    for learner, most_labels in _TREES if d <= _WIDEST_FOR_TREES else ():
        if learned.size <= most_labels:
            known = answered.targets[:, learned]
            grown, temperature = learner.evidence(
                answered.features, known, answered.weights, answered.kind, plan, answered.rng
            )
            arguments = answered.features, answered.targets, answered.weights, answered.kind
            model = partial(learner.finish, *arguments, temperature, answered.rng, f"{n} rows")
            found.append((learner.name, grown.probabilities, model))
    return found


def _compared(evidence: OutOfFold, rng: np.random.Generator) -> IntArray:
    """Return which rows of the evidence are compared, at most 1,000."""
    n = len(evidence.rows)
    return np.arange(n) if n <= _ROWS_OF_COMPARISON else np.sort(rng.choice(n, _ROWS_OF_COMPARISON, replace=False))


def _told(model: Any, reason: str, losses: dict[str, float] | None = None) -> FittedLearner:
    """Add the choice to the facts of the model."""
    model.facts = {**model.facts, "auto": reason, "reason": f"{model.name}: {reason}; {model.facts['reason']}"}
    if losses:
        model.facts["loss_by_learner"] = losses
    return model  # type: ignore[no-any-return]
