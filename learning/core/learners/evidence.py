"""Learners that say, beside the model, what it would have predicted for rows it was not fitted on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind
from learning.core.learners.base import checked
from learning.core.learners.choice import OutOfFold, Plan


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
        return self.fit_with_evidence(Answered(*whole, kind, rng, unlabeled))[0]

    @abstractmethod
    def fit_with_evidence(self, answered: Answered, plan: Plan | None = None) -> tuple[Model, OutOfFold | None]:
        """Fit and also return the out-of-fold probabilities, on the folds of the plan; None with too few labels."""
