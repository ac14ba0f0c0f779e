"""Learners that say, beside the model, what it would have predicted for rows it was not fitted on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind
from learning.core.learners.base import FittedLearner, checked
from learning.core.learners.choice import OutOfFold, Plan
from learning.core.learners.own_evidence import (
    Beliefs,
    RowLosses,
    SaidOfLabels,
    beliefs_of,
    facts_of,
    row_losses_of,
    said_of_labels,
)


@dataclass(frozen=True)
class Answered:
    """What a learner is fitted on, checked: see :meth:`learning.core.learners.base.Learner.fit`."""

    features: FloatMatrix
    targets: DoubleArray
    weights: DoubleArray
    groups: IntArray
    kind: Kind
    rng: np.random.Generator
    unlabeled: FloatMatrix | None = None


Model = TypeVar("Model")


def note_evidence(model: Any, evidence: OutOfFold | None, answered: Answered) -> None:
    """Add to a new model's facts what its out-of-fold predictions say of it; see :func:`facts_of`.

    They, what they cost row by row and how likely each label was found stay beside the model while it is in memory
    (:func:`beliefs_beside`, :func:`row_losses_beside`, :func:`said_beside`).
    """
    given = evidence, answered.targets, answered.weights, answered.kind
    model.row_losses, model.beliefs, model.said_of_labels = (
        row_losses_of(*given),
        beliefs_of(*given),
        said_of_labels(*given),
    )
    model.facts = {**model.facts, **facts_of(evidence, model.row_losses)}


def row_losses_beside(model: FittedLearner) -> RowLosses | None:
    """Return what predicting its answers cost out of fold; None of a loaded model, or with too few answers."""
    found: RowLosses | None = getattr(model, "row_losses", None)
    return found


def beliefs_beside(model: FittedLearner) -> Beliefs | None:
    """Return what the learner says out of fold of its answers; None of a loaded model, or with too few answers."""
    found: Beliefs | None = getattr(model, "beliefs", None)
    return found


def said_beside(model: FittedLearner) -> SaidOfLabels | None:
    """Return what it said out of fold of its answers; None of a loaded model, or with too few answers."""
    found: SaidOfLabels | None = getattr(model, "said_of_labels", None)
    return found


class EvidentLearner(ABC, Generic[Model]):
    """Base of the learners whose out-of-fold probabilities others build on."""

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
    ) -> Model:
        """Fit and calibrate; see :meth:`learning.core.learners.base.Learner.fit`."""
        whole = checked(features, targets, kind, weights, groups)
        answered = Answered(*whole, kind, rng, unlabeled)
        model, evidence = self.fit_with_evidence(answered)
        note_evidence(model, evidence, answered)
        return model

    @abstractmethod
    def fit_with_evidence(self, answered: Answered, plan: Plan | None = None) -> tuple[Model, OutOfFold | None]:
        """Fit and also return the out-of-fold probabilities, on the folds of the plan; None with too few labels."""
