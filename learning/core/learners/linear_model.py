"""What linear learners become once fitted, and how they are fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from learning.core import artifacts
from learning.core.arrays import ROWS_PER_BLOCK, DoubleArray, FloatMatrix, IntArray, row_blocks
from learning.core.forms import Kind, form_of
from learning.core.learners import linear
from learning.core.learners.base import FittedLearner, OutlierScorer
from learning.core.learners.choice import Choice, Grid, OutOfFold, Plan, choose, plan_folds
from learning.core.learners.evidence import Answered

_TOLERANCE = 1e-7


class FittedLinear:
    """Linear scores of the labels that could be learned, constants for the others.

    Made by :func:`fit_scaled` or :meth:`load`; a subclass gives the name. Scaling and temperature are folded into
    slopes and intercepts, so predicting is one matrix product.

    Parameters
    ----------
    kind : {"classification", "multilabel"}
    slopes : ndarray of float32, shape (d, m)
    intercepts : ndarray of float32, shape (m,)
    learned : ndarray of int, shape (m,)
        The label behind every column of ``slopes``.
    constants : ndarray of float32, shape (n_labels,)
        Probability of the labels that are not in ``learned``.
    facts : mapping
    """

    name: str
    outlier_detector: OutlierScorer | None = None
    sketch: FittedLearner | None = None

    def __init__(
        self,
        kind: Kind,
        slopes: FloatMatrix,
        intercepts: FloatMatrix,
        learned: IntArray,
        constants: FloatMatrix,
        facts: Mapping[str, Any],
    ) -> None:
        self.kind = kind
        self.slopes, self.intercepts, self.learned, self.constants = slopes, intercepts, learned, constants
        self.facts = facts
        self.n_labels = constants.size
        self.dimension = slopes.shape[0]

    def predict(self, features: FloatMatrix) -> FloatMatrix:
        """Return calibrated probabilities of shape (n, n_labels); see :class:`FittedLearner`.

        Raises
        ------
        ValueError
            If the features have another width than those it was fitted on.
        """
        if features.ndim != 2 or features.shape[1] != self.dimension:
            raise ValueError(f"features of shape {features.shape} do not fit a model of {self.dimension} features")
        # One label after the other in memory: reductions over labels then run along whole blocks of rows.
        if self.learned.size == self.n_labels and features.shape[0] <= ROWS_PER_BLOCK:
            return self._predict_block(features).T
        columns = np.empty((self.n_labels, features.shape[0]), dtype=np.float32)
        columns[:] = self.constants[:, None]
        for block in row_blocks(features.shape[0]):
            columns[self.learned, block] = self._predict_block(features[block])
        return columns.T

    def _predict_block(self, features: FloatMatrix) -> FloatMatrix:
        """Return the probabilities of the learned labels, shape (m, n)."""
        logits = self._logits(features)
        if not np.isfinite(logits.sum()):
            np.nan_to_num(logits, copy=False, nan=0.0, posinf=1e4, neginf=-1e4)
        columns = np.ascontiguousarray(logits.T)
        form = form_of(self.kind)
        form.settle(columns, form.room(self.constants))
        return np.asarray(columns, dtype=np.float32)

    def _logits(self, features: FloatMatrix) -> FloatMatrix:
        """Return the scores of the learned labels, shape (n, m); the caller may write into them."""
        logits = features @ self.slopes
        logits += self.intercepts
        return logits

    def dump(self) -> bytes:
        """Serialise coefficients and facts."""
        return artifacts.pack(f"learner/{self.name}@1", {"kind": self.kind, "facts": dict(self.facts)}, self._arrays())

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`load` gives back to the constructor."""
        return {
            "slopes": self.slopes,
            "intercepts": self.intercepts,
            "learned": self.learned,
            "constants": self.constants,
        }

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Restore a dumped model.

        Raises
        ------
        ArtifactError
            If the bytes are not such a dump.
        """
        header, arrays = artifacts.unpack(f"learner/{cls.name}@1", data)
        return cls(facts=header["facts"], kind=header["kind"], **arrays)


Fitted = TypeVar("Fitted", bound=FittedLinear)


def fit_scaled(
    model: type[Fitted],
    answered: Answered,
    grid: Grid,
    inverse_penalty: float | None = None,
    plan: Plan | None = None,
) -> tuple[Fitted, OutOfFold | None]:
    """Centre, scale, choose penalty and temperature, fit on everything.

    Features are divided by one common scale: scaling every feature on its own lost 2 points of macro-F1 on texts and 11
    on tables with few labels, because it blows up what hardly varies.

    Parameters
    ----------
    model : type
        What to make.
    answered : Answered
    grid : Grid
    inverse_penalty : float, optional
        Fit at this penalty, without choosing and without calibrating.
    plan : Plan, optional
        Folds to choose on; dealt here when not given.

    Returns
    -------
    model : FittedLinear
    evidence : OutOfFold or None
        None where labels did not suffice to choose.
    """
    features, targets, weights, kind = answered.features, answered.targets, answered.weights, answered.kind
    learned, constants = learnable(targets, weights, kind)
    link = form_of(kind).link
    facts: dict[str, Any] = {"rows": int(features.shape[0]), "labels_learned": int(learned.size)}
    if not learned.size:
        facts["reason"] = "one label only: constant probabilities"
        nothing = np.zeros((features.shape[1], 0), np.float32), np.zeros(0, np.float32)
        return model(kind, *nothing, learned, constants.astype(np.float32), facts), None
    centre = features.mean(axis=0, dtype=np.float64)
    centred = features - centre
    scale = float(np.sqrt(np.einsum("ij,ij->", centred, centred) / len(centred))) or 1.0
    rotated, basis = linear.rotate(centred / scale)
    known = targets[:, learned]
    if inverse_penalty is None:
        dealt = plan or plan_folds(known, weights, answered.groups, link, answered.rng)
        choice = choose(rotated, known, weights, link, grid, dealt)
    else:
        choice = Choice(inverse_penalty, 1.0, (), "penalty given, not calibrated")
    inside, intercepts = fit_chosen(rotated, known, weights, choice, grid)
    slopes = basis @ inside / scale
    intercepts -= centre @ slopes
    facts |= choice.facts()
    fitted = model(
        kind,
        np.ascontiguousarray(slopes, dtype=np.float32),
        intercepts.astype(np.float32),
        learned,
        constants.astype(np.float32),
        facts,
    )
    return fitted, choice.evidence


def fit_chosen(
    features: DoubleArray, targets: DoubleArray, weights: DoubleArray, choice: Choice, grid: Grid
) -> tuple[DoubleArray, DoubleArray]:
    """Fit on everything at the penalty chosen; the temperature is folded in.

    Parameters
    ----------
    features : ndarray of shape (n, d)
    targets : ndarray of shape (n, m)
    weights : ndarray of shape (n,)
    choice : Choice
    grid : Grid

    Returns
    -------
    slopes : ndarray of float64, shape (d, m)
    intercepts : ndarray of float64, shape (m,)

    Examples
    --------
    >>> grid = Grid("softmax", (1.0,), 1.0)
    >>> slopes, _ = fit_chosen(np.array([[-1.0], [1.0]]), np.eye(2), np.ones(2), Choice(1.0, 2.0, (), ""), grid)
    >>> bool(slopes[0, 1] > 0 > slopes[0, 0])
    True
    """
    # slopes are kept as float32
    narrow = features.astype(np.float32)
    solution = linear.fit_linear(narrow, targets, weights, choice.inverse_penalty, grid.loss, tolerance=_TOLERANCE)
    return solution[:-1] / choice.temperature, solution[-1] / choice.temperature


def learnable(targets: DoubleArray, weights: DoubleArray, kind: Kind) -> tuple[IntArray, DoubleArray]:
    """Separate labels with evidence from those that can only get a constant.

    Parameters
    ----------
    targets : ndarray of shape (n, n_labels)
    weights : ndarray of shape (n,)
    kind : {"classification", "multilabel"}

    Returns
    -------
    learned : ndarray of int
        ``classification``: labels seen, if at least two. ``multilabel``: labels seen both given and not given.
    constants : ndarray of float64, shape (n_labels,)
        ``classification``: 0.001 for a label nobody used yet (at most 0.05 together), the rest for a label that is the
        only one. ``multilabel``: the smoothed share of items that have the label.

    Examples
    --------
    >>> learnable(np.array([[1.0, 0.0, 0.0]]), np.ones(1), "classification")
    (array([], dtype=int64), array([0.998, 0.001, 0.001]))
    """
    used = weights > 0
    mass = (targets[used] * weights[used, None]).sum(axis=0)
    total = float(weights.sum())
    return form_of(kind).learnable(targets[used], mass, total)
