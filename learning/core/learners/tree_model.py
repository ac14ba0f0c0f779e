"""What learners of trees become once fitted, and how they are calibrated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np

from learning.core import artifacts
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.forms import Kind, Link, form_of
from learning.core.learners import linear
from learning.core.learners.base import FittedLearner, OutlierScorer
from learning.core.learners.choice import OutOfFold, Plan
from learning.core.learners.trees import Trees

Grow: TypeAlias = Callable[[FloatMatrix, DoubleArray, DoubleArray, Kind, np.random.Generator], "Grown"]
"""(features, targets of the learned labels, weights, kind, rng) -> trees."""


class Grown:
    """Trees and how their sums become logits.

    Parameters
    ----------
    trees : Trees
    start : ndarray of float64, shape (k,)
        Added to the sum of the leaves.
    shares : bool
        The sums are shares of labels, not logits.
    """

    def __init__(self, trees: Trees, start: DoubleArray, shares: bool) -> None:
        self.trees, self.start, self.shares = trees, start, shares

    def logits(self, features: FloatMatrix, link: Link) -> DoubleArray:
        """Return logits, shape (n, k)."""
        sums = self.trees.scores(features, self.start.size) + self.start
        if not self.shares:
            return sums
        # No share is 0 or 1 for certain: half a row in a hundred trees.
        sums = np.clip(sums, _SMALLEST_SHARE, 1.0 - _SMALLEST_SHARE)
        return np.log(sums) if link == "softmax" else np.log(sums / (1.0 - sums))


_SMALLEST_SHARE = 0.005


class FittedTrees:
    """Calibrated trees for the labels that could be learned, constants for the others.

    Parameters
    ----------
    kind : {"classification", "multilabel"}
    grown : Grown
    temperature : float
    dimension : int
    learned : ndarray of int
    constants : ndarray of float64, shape (n_labels,)
        As :func:`learning.core.learners.linear_model.learnable` returns them.
    facts : mapping
    """

    name: str
    outlier_detector: OutlierScorer | None = None
    sketch: FittedLearner | None = None

    def __init__(
        self,
        kind: Kind,
        grown: Grown,
        temperature: float,
        dimension: int,
        learned: IntArray,
        constants: DoubleArray,
        facts: Mapping[str, Any],
    ) -> None:
        self.kind, self.grown, self.temperature, self.dimension = kind, grown, temperature, dimension
        self.learned, self.constants, self.facts = learned, constants, facts
        self.n_labels = constants.size

    def predict(self, features: FloatMatrix) -> FloatMatrix:
        """Return calibrated probabilities of shape (n, n_labels); see :class:`FittedLearner`.

        Raises
        ------
        ValueError
            If the features have another width than those it was fitted on.
        """
        if features.ndim != 2 or features.shape[1] != self.dimension:
            raise ValueError(f"features of shape {features.shape} do not fit a model of {self.dimension} features")
        form = form_of(self.kind)
        known = linear.probabilities(self.grown.logits(features, form.link) / self.temperature, form.link)
        known *= form.room(self.constants)
        result = np.tile(self.constants.astype(np.float32), (len(features), 1))
        result[:, self.learned] = known
        return result

    def dump(self) -> bytes:
        """Serialise nodes and facts."""
        facts = {"kind": self.kind, "temperature": self.temperature, "dimension": self.dimension}
        return artifacts.pack(
            f"learner/{self.name}@1",
            {**facts, "shares": self.grown.shares, "facts": dict(self.facts)},
            {
                "learned": self.learned,
                "constants": self.constants,
                "start": self.grown.start,
                **{f"trees-{name}": array for name, array in self.grown.trees.arrays().items()},
            },
        )

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Restore a dumped model.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump.
        """
        header, arrays = artifacts.unpack(f"learner/{cls.name}@1", data)
        trees = Trees(**{name[6:]: array for name, array in arrays.items() if name.startswith("trees-")})
        return cls(
            header["kind"],
            Grown(trees, arrays["start"], header["shares"]),
            header["temperature"],
            header["dimension"],
            arrays["learned"],
            arrays["constants"],
            header["facts"],
        )


Fitted = TypeVar("Fitted", bound=FittedTrees)


def out_of_fold(
    grow: Grow,
    features: FloatMatrix,
    known: DoubleArray,
    weights: DoubleArray,
    kind: Kind,
    plan: Plan,
    rng: np.random.Generator,
) -> tuple[OutOfFold, float]:
    """Grow without each fold in turn, and find the temperature for what was left out.

    Parameters
    ----------
    grow : callable
    features : ndarray of float32, shape (n, d)
    known : ndarray of shape (n, k)
        Targets of the labels that can be learned.
    weights : ndarray of shape (n,)
    kind : {"classification", "multilabel"}
    plan : Plan
    rng : numpy.random.Generator

    Returns
    -------
    evidence : OutOfFold
    temperature : float
    """
    link = form_of(kind).link
    features, known, weights = features[plan.rows], known[plan.rows], weights[plan.rows]
    logits = np.zeros_like(known)
    for fold in np.unique(plan.folds):
        outside = (plan.folds != fold) & (weights > 0)
        if outside.any():
            inside = plan.folds == fold
            logits[inside] = grow(features[outside], known[outside], weights[outside], kind, rng).logits(
                features[inside], link
            )
    temperature = linear.fit_temperature(logits, known, plan.judged, link)
    probabilities = linear.probabilities(logits / temperature, link)
    return OutOfFold(plan.rows, plan.folds, plan.judged, probabilities), temperature
