"""What people skip teaches: how likely is it that a row cannot be asked about?

Rows that belong to no label, are broken or say nothing are what a model doubts most, so a strategy of doubt asks about
them again and again. Here a small model of its own learns from what was skipped (1) beside what was answered (0). It is
used only once it is better than knowing nothing, and then it *demotes*: with ``p`` the probability that a row cannot be
asked about, the row's rank in the order of the strategy is divided by

    max(FLOOR, (1 - p) ** SHARPNESS)

and ranks are dealt anew in that order. Rank ``r`` is still drawn with the weight ``r ** -b`` of
:mod:`learning.core.acquisition`: a draw's propensity is known as before, no row's chance is below the one it would have
at the bottom of the pool, and estimates that divide by propensities stay what they were. A factor ``f`` on the rank is
one of ``f ** b`` on the weight.

``p`` is the share of skips around a row (Nadaraya and Watson's kernel estimate, held back to the share of all by rows
that are not there). Few skips that lie here and there are told from answers better by what is near them than by a
plane: on Banking77, after 100 questions of which 29 were skipped, the area under the curve is .86 where kernel
logistic regression has .79.

References
----------
E. A. Nadaraya, "On estimating regression", Theory of Probability and its Applications 9, 1964; G. S. Watson, "Smooth
regression analysis", Sankhya A 26, 1964.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray, row_blocks
from learning.core.evaluation.intervals import Estimate, mean_of_few
from learning.core.learners.distances import squared_distances
from learning.core.learners.folds import grouped_folds

MIN_SKIPS = 5
MIN_ANSWERS = 5
FOLDS = 10
SHARPNESS = 6.0
FLOOR = 0.001
#: Brier scores that do not differ are known to no more than this.
_RESOLUTION = 1e-3
#: Of each, skipped and answered; above that a part is drawn at random.
MAX_ROWS = 600
#: Widths of the neighbourhood that are tried: the median squared distance over these.
_NARROWNESS = (2.0, 4.0, 8.0, 12.0)
#: How much the share of all weighs that is tried, in neighbourhoods of a row in the middle of the others; and at least,
#: in rows of one content.
_HELD_BACK, _HELD_BACK_LEAST = (0.05, 0.5), 0.05


@dataclass(frozen=True)
class Skipped:
    """Rows that were skipped and that nobody could answer.

    Parameters
    ----------
    features : ndarray of float32, shape (s, d)
    groups : ndarray of int, shape (s,), optional
        As those of the answers: rows of one group are never told apart by each other.
    """

    features: FloatMatrix
    groups: IntArray | None = None

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Neighbourhood:
    """The share of skips around a row.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
        Less ``centre``.
    targets : ndarray of shape (n,)
        1 for what was skipped, 0 for what was answered.
    centre : ndarray of float32, shape (d,)
    width : float
        Squared distance at which a row counts ``1 / e``.
    held_back : float
        How much the share of all counts.
    """

    rows: FloatMatrix
    targets: DoubleArray
    centre: FloatMatrix
    width: float
    held_back: float

    def predict(self, features: FloatMatrix) -> DoubleArray:
        """Return the probability that rows cannot be asked about, shape (m,) in [0, 1]."""
        found = np.empty(len(features))
        for block in row_blocks(len(features)):
            near = np.exp(squared_distances(features[block] - self.centre, self.rows) * np.float32(-1.0 / self.width))
            found[block] = _shares(near, self.targets, self.held_back)
        return found


@dataclass(frozen=True)
class SkipModel:
    """How likely a row cannot be asked about, if that can be said.

    Parameters
    ----------
    skipped : ndarray of float32, shape (s, d)
        Features of what was skipped.
    n_answered : int
    reason : str
        Why it is off; empty where it is on.
    loss, constant_loss : float or None
        Mean out-of-fold Brier score of the model and of the share of skips, 0 to 1, lower is better.
    gain : Estimate or None
        What the model's is lower by, with its interval.
    model : Neighbourhood or None
        None where it is off.
    """

    skipped: FloatMatrix
    n_answered: int
    reason: str
    loss: float | None = None
    constant_loss: float | None = None
    gain: Estimate | None = None
    model: Neighbourhood | None = None

    @property
    def is_on(self) -> bool:
        """Whether it is better than nothing."""
        return self.model is not None

    def factors(self, features: FloatMatrix) -> DoubleArray:
        """Return what ranks of rows with these features are divided by, shape (n,) in [FLOOR, 1]."""
        return np.ones(len(features)) if self.model is None else factor_of(self.model.predict(features))


def factor_of(probabilities: DoubleArray) -> DoubleArray:
    """Return what a rank is divided by, given the probability that its row cannot be asked about.

    Parameters
    ----------
    probabilities : ndarray of shape (n,), range [0, 1]

    Returns
    -------
    ndarray of float64, shape (n,), range [FLOOR, 1]

    Examples
    --------
    >>> factor_of(np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 0.015625, 0.001]
    """
    return np.asarray(np.clip((1.0 - probabilities) ** SHARPNESS, FLOOR, 1.0))


def fit_skip_model(
    answered: FloatMatrix,
    skipped: Skipped,
    rng: np.random.Generator,
    groups: IntArray | None = None,
) -> SkipModel:
    """Fit, measure out of fold, and decide whether it is used.

    Every fold chooses the width without the rows it is measured on. The model is on when its Brier score is below that
    of a constant (the share of skips in the other folds) with an interval that excludes zero.

    Parameters
    ----------
    answered : ndarray of float32, shape (m, d)
        Rows with an answer.
    skipped : Skipped
    rng : numpy.random.Generator
    groups : ndarray of int, shape (m,), optional
        Of the answered rows.

    Returns
    -------
    SkipModel

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> answered, skipped = rng.normal(0, 1, (60, 2)), rng.normal(4, 1, (20, 2))
    >>> found = fit_skip_model(answered.astype(np.float32), Skipped(skipped.astype(np.float32)), rng)
    >>> found.is_on, found.loss < 0.05 < found.constant_loss
    (True, True)
    """
    n_skipped, n_answered = len(skipped), len(answered)
    if n_skipped < MIN_SKIPS:
        return SkipModel(skipped.features, n_answered, f"{n_skipped} skipped items, {MIN_SKIPS} are needed")
    if n_answered < MIN_ANSWERS:
        return SkipModel(skipped.features, n_answered, f"{n_answered} answered items, {MIN_ANSWERS} are needed")
    known = _Known(answered, skipped, groups, rng)
    predicted, constant = _out_of_fold(known, rng)
    losses, constant_losses = (predicted - known.targets) ** 2, (constant - known.targets) ** 2
    gain = mean_of_few(constant_losses - losses, _RESOLUTION)
    measured = (float(losses.mean()), float(constant_losses.mean()), gain)
    if gain.low <= 0:
        reason = "what was skipped cannot be told from what was answered yet"
        return SkipModel(skipped.features, n_answered, reason, *measured)
    return SkipModel(skipped.features, n_answered, "", *measured, known.neighbourhood())


def _shares(near: FloatMatrix | DoubleArray, targets: DoubleArray, held_back: float) -> DoubleArray:
    """Return the share of skips among the rows near each row, given how near they are, shape (m, n) -> (m,)."""
    known: DoubleArray = near.astype(np.float64, copy=False)
    return np.asarray((known @ targets + held_back * targets.mean()) / (known.sum(axis=1) + held_back))


class _Known:
    """What was answered and skipped, at most ``MAX_ROWS`` of either, and how far apart it lies."""

    def __init__(
        self,
        answered: FloatMatrix,
        skipped: Skipped,
        groups: IntArray | None,
        rng: np.random.Generator,
    ) -> None:
        of_answered = np.arange(len(answered)) if groups is None else groups
        first = int(of_answered.max(initial=-1)) + 1
        of_skipped = first + np.arange(len(skipped)) if skipped.groups is None else skipped.groups
        kept, left = _part(len(answered), rng), _part(len(skipped), rng)
        rows = np.concatenate((answered[kept], skipped.features[left]))
        self.targets = np.repeat([0.0, 1.0], [kept.size, left.size])
        self.groups = np.concatenate((of_answered[kept], of_skipped[left]))
        self.centre = rows.mean(axis=0)
        self.rows = rows - self.centre
        squares = squared_distances(self.rows, self.rows)
        apart = squares[np.triu_indices(len(rows), 1)]
        scale = float(np.median(apart)) or float(apart.mean()) or 1.0
        #: nearness by width, each row's own group left out
        self.near: dict[float, DoubleArray] = {}
        alike = self.groups[:, None] == self.groups
        for narrowness in _NARROWNESS:
            near = np.exp(squares.astype(np.float64) * (-narrowness / scale))
            near[alike] = 0.0
            self.near[scale / narrowness] = near

    def choose(self, rows: IntArray) -> tuple[float, float]:
        """Return the width with the lowest leave-one-group-out loss among some rows, and how far to hold back."""
        targets = self.targets[rows]
        tried = []
        for width, near in self.near.items():
            own = near[np.ix_(rows, rows)]
            middle = float(np.median(own.sum(axis=1)))
            for share in _HELD_BACK:
                held_back = _HELD_BACK_LEAST + share * middle
                tried.append((float(((_shares(own, targets, held_back) - targets) ** 2).mean()), width, held_back))
        _, width, held_back = min(tried)
        return width, held_back

    def neighbourhood(self) -> Neighbourhood:
        width, held_back = self.choose(np.arange(self.targets.size))
        return Neighbourhood(self.rows, self.targets, self.centre, width, held_back)


def _part(n: int, rng: np.random.Generator) -> IntArray:
    return np.arange(n) if n <= MAX_ROWS else np.sort(rng.choice(n, MAX_ROWS, replace=False))


def _out_of_fold(known: _Known, rng: np.random.Generator) -> tuple[DoubleArray, DoubleArray]:
    """Return what the model and the constant say of rows they have not seen, shape (n,) each."""
    targets = known.targets
    folds = grouped_folds(targets.astype(np.int64), known.groups, FOLDS, rng)
    predicted, constant = np.full((2, targets.size), targets.mean())
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if not outside.size:
            break  # one group: nothing can be measured
        width, held_back = known.choose(outside)
        constant[inside] = targets[outside].mean()
        predicted[inside] = _shares(known.near[width][np.ix_(inside, outside)], targets[outside], held_back)
    return predicted, constant
