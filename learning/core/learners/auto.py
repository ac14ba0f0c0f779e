"""The default learner: the simplest one that the evidence does not speak against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners.base import FittedLearner, Kind, checked
from learning.core.learners.boosting import GradientBoostingLearner
from learning.core.learners.choice import OutOfFold, Plan, judged_weights, row_losses
from learning.core.learners.forest import RandomForestLearner
from learning.core.learners.linear_model import learnable
from learning.core.learners.logistic_spreading import FittedLogisticSpreading, LogisticSpreadingLearner
from learning.core.learners.svm import LinearSvmLearner
from learning.core.learners.tree_learner import TreeLearner

ROWS_TO_COMPARE = 200
_ROWS_OF_COMPARISON = 1_000
_FOLDS = 3
_WIDEST_FOR_TREES = 256
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
    temperature : float
        Of its calibration.
    """

    name: str
    losses: DoubleArray
    temperature: float = 1.0


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

    In order of simplicity: logistic regression with label spreading, linear support vector machine, random forest,
    gradient boosting. From 200 answers on they predict the same held-out folds of at most 1,000 answers, and the
    simplest within one standard error of the best is taken. Who would keep the next question waiting is not compared:
    trees on more than 256 features, the forest above 20 labels, boosting above 3, the support vector machine above a
    million cells (rows times features times labels).

    Examples
    --------
    >>> from learning.core.learners import one_hot
    >>> model = AutoLearner().fit(np.eye(2, dtype=np.float32), one_hot([0, 1], 2), kind="classification",
    ...                           rng=np.random.default_rng(0))
    >>> model.name, model.facts["auto"]
    ('logistic_spreading', '2 of 200 answers to compare learners')
    """

    name = "auto"

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
        features, targets, weights, groups = checked(features, targets, kind, weights, groups)
        model, evidence = LogisticSpreadingLearner().fit_with_evidence(
            features, targets, weights, groups, kind, rng, unlabeled
        )
        n_usable = int((weights > 0).sum())
        if evidence is None or n_usable < ROWS_TO_COMPARE:
            return _told(model, f"{n_usable} of {ROWS_TO_COMPARE} answers to compare learners")
        return _best(model, evidence, features, targets, weights, groups, kind, rng)

    def load(self, data: bytes) -> FittedLearner:
        """Refuse: a model is loaded by the learner it is named after.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("a model chosen by auto carries the name of its own learner")


def _best(
    first: FittedLogisticSpreading,
    evidence: OutOfFold,
    features: FloatMatrix,
    targets: DoubleArray,
    weights: DoubleArray,
    groups: IntArray,
    kind: Kind,
    rng: np.random.Generator,
) -> FittedLearner:
    learned, _ = learnable(targets, weights, kind)
    known = targets[:, learned]
    evidence = _part(evidence, rng)
    truth = known[evidence.rows]
    # Five folds are put together to three: what is compared takes longer to fit than what chose the folds.
    folds = evidence.folds % _FOLDS
    plan = Plan(evidence.rows, folds, judged_weights(truth, evidence.judged, folds))
    if not plan.judged.any():
        return _told(first, "no label occurs often enough to compare learners")
    rivals = [Rival(first.name, row_losses(evidence.probabilities, truth, kind))]
    n, d = len(plan.rows), features.shape[1]
    svm: tuple[FittedLearner, OutOfFold | None] | None = None
    if n * min(n, d) * learned.size <= _MOST_WORK_OF_SVM:
        svm = LinearSvmLearner().fit_with_evidence(features, targets, weights, groups, kind, rng, plan)
        assert svm[1] is not None  # a plan gives evidence
        rivals.append(Rival(svm[0].name, row_losses(svm[1].probabilities, truth, kind)))
    trees: dict[str, TreeLearner[Any]] = {}
    for learner, most_labels in _TREES if d <= _WIDEST_FOR_TREES else ():
        if learned.size <= most_labels:
            theirs, temperature = learner.evidence(features, known, weights, kind, plan, rng)
            rivals.append(Rival(learner.name, row_losses(theirs.probabilities, truth, kind), temperature))
            trees[learner.name] = learner
    if len(rivals) == 1:
        return _told(first, "too wide to compare learners before the next question")
    number, reason = simplest(rivals, plan.judged, groups[plan.rows])
    chosen = rivals[number]
    model: FittedLearner = first
    if chosen.name in trees:
        model = trees[chosen.name].finish(
            features, targets, weights, kind, chosen.temperature, rng, f"{len(plan.rows)} rows"
        )
    elif svm is not None and chosen.name == svm[0].name:
        model = svm[0]
    losses = {rival.name: float(np.average(rival.losses, weights=plan.judged)) for rival in rivals}
    return _told(model, reason, losses)


def _part(evidence: OutOfFold, rng: np.random.Generator) -> OutOfFold:
    """Return the evidence on at most 1,000 rows."""
    if len(evidence.rows) <= _ROWS_OF_COMPARISON:
        return evidence
    kept = np.sort(rng.choice(len(evidence.rows), _ROWS_OF_COMPARISON, replace=False))
    parts = (getattr(evidence, name)[kept] for name in ("rows", "folds", "judged", "probabilities"))
    return OutOfFold(*parts)


def _told(model: Any, reason: str, losses: dict[str, float] | None = None) -> FittedLearner:
    """Add the choice to the facts of the model."""
    model.facts = {**model.facts, "auto": reason, "reason": f"{model.name}: {reason}; {model.facts['reason']}"}
    if losses:
        model.facts["loss_by_learner"] = losses
    return model  # type: ignore[no-any-return]
