"""Strengths of items from pairwise judgments: Bradley-Terry with ties (Davidson), a position term and a Gaussian prior.

With ``d = (score[left] + position) - score[right]`` an answer has the probabilities

    left  = exp(d / 2) / z      right = exp(-d / 2) / z      tie = nu / z      z = exp(d / 2) + exp(-d / 2) + nu

so that without ties (``nu = 0``) the left item wins with the logistic of ``d``. The log-likelihood is concave in
scores, position and ``log nu``; it is climbed by Newton's method whose steps come from preconditioned conjugate
gradients on the sparse comparison graph.

Source: R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 1952; R. R. Davidson, "On
extending the Bradley-Terry model to accommodate ties in paired comparison experiments", JASA 1970; the position term is
Davidson and Beaver's within-pair order effect, Biometrics 1977.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from learning.core.arrays import DoubleArray
from learning.core.pairwise.connectivity import strong_components
from learning.core.pairwise.judgments import LEFT, TIE, IntVector, Judgments

MAX_NEWTON = 50
MAX_GRADIENTS = 200
LARGEST_STEP = 4.0
NO_TIES = -np.inf


@dataclass(frozen=True)
class Prior:
    """Gaussian prior of the scores: ``mean`` (n_items,) or a number, ``precision`` its inverse variance (0: none)."""

    mean: DoubleArray | float = 0.0
    precision: DoubleArray | float = 0.0


@dataclass(frozen=True)
class Strengths:
    """A fitted model.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_items,)
        Log-odds scale, mean 0 when the prior has no precision.
    position : float
        What standing left is worth, in the same unit; 0 when it was not fitted. Not part of any score.
    log_nu : float
        Logarithm of the tie parameter; ``-inf`` without ties.
    iterations : int
        Newton steps taken.
    """

    scores: DoubleArray
    position: float = 0.0
    log_nu: float = NO_TIES
    iterations: int = 0

    def probabilities(self, left: IntVector, right: IntVector, with_position: bool = True) -> DoubleArray:
        """Return (m, 3) probabilities of left, right and tie for pairs of items."""
        d = self.scores[left] - self.scores[right] + (self.position if with_position else 0.0)
        return answer_probabilities(d, self.log_nu)


def answer_probabilities(d: DoubleArray, log_nu: float) -> DoubleArray:
    """Return the probabilities of left, right and tie at strength differences ``d``.

    Parameters
    ----------
    d : ndarray of float, shape (m,)
    log_nu : float

    Returns
    -------
    ndarray of float64, shape (m, 3)
        Rows sum to 1.

    Examples
    --------
    >>> answer_probabilities(np.zeros(1), 0.0).round(3).tolist()
    [[0.333, 0.333, 0.333]]
    >>> answer_probabilities(np.array([np.log(3.0)]), NO_TIES).round(3).tolist()
    [[0.75, 0.25, 0.0]]
    """
    half = np.asarray(d, dtype=np.float64) / 2
    logits = np.stack([half, -half, np.full_like(half, log_nu)], axis=1)
    logits -= np.abs(half)[:, None] if log_nu == NO_TIES else logits.max(axis=1, keepdims=True)
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def fit_strengths(
    judgments: Judgments,
    *,
    prior: Prior | None = None,
    position: bool = False,
    weights: DoubleArray | None = None,
    start: Strengths | None = None,
    tolerance: float = 1e-9,
) -> Strengths:
    """Maximise the (penalised) likelihood of the judgments.

    Parameters
    ----------
    judgments : Judgments
    prior : Prior, optional
        Without one the maximum must exist: every item must be reachable from every other by a chain of wins.
    position : bool
        Whether to fit what standing left is worth.
    weights : ndarray of float, shape (m,), optional
        How much each judgment counts, at least 0.
    start : Strengths, optional
        Where to begin; new items at the end are added at 0.
    tolerance : float
        Largest gradient component, per judgment of the most judged item, at which the climb ends.

    Returns
    -------
    Strengths

    Raises
    ------
    ValueError
        If there is no prior and no finite maximum.

    Examples
    --------
    Two wins against one are log-odds of log 2:

    >>> three = Judgments(np.array([0, 0, 0]), np.array([1, 1, 1]), np.array([0, 0, 1]), n_items=2)
    >>> fit_strengths(three).scores.round(4).tolist()
    [0.3466, -0.3466]
    """
    prior = prior or Prior()
    free = not np.any(prior.precision)
    if free and np.unique(strong_components(judgments)).size > 1:
        raise ValueError("without a prior every item must be reachable from every other by a chain of wins")
    climb = _Climb(judgments, prior, position, weights)
    at = climb.begin(start)
    value, gradient = climb.value_and_gradient(at)
    limit = tolerance * max(1.0, climb.busiest)
    steps = 0
    while steps < MAX_NEWTON and np.abs(gradient).max(initial=0.0) > limit:
        steps += 1
        direction = climb.newton_direction(gradient)
        longest = np.abs(direction).max()
        rate = min(1.0, LARGEST_STEP / longest) if longest else 0.0
        while True:
            proposed = at + rate * direction
            new_value, new_gradient = climb.value_and_gradient(proposed)
            if new_value >= value - 1e-12 * abs(value) or rate < 1e-8:
                break
            rate /= 2
        at, value, gradient = proposed, new_value, new_gradient
    return climb.strengths(at, steps, centred=free)


@dataclass
class _Climb:
    """The likelihood surface. A point is the vector (scores, position?, log_nu?)."""

    judgments: Judgments
    prior: Prior
    position: bool
    weights: DoubleArray | None
    ties: bool = field(init=False)
    busiest: float = field(init=False)

    def __post_init__(self) -> None:
        j, m = self.judgments, len(self.judgments)
        self._w = np.ones(m) if self.weights is None else np.asarray(self.weights, dtype=np.float64)
        tie = j.outcome == TIE
        self._tie = tie.astype(np.float64)
        self.ties = bool((self._w * self._tie).any())
        self._won = np.where(tie, 0.0, np.where(j.outcome == LEFT, 0.5, -0.5))
        columns = np.empty(2 * m, dtype=np.int32)
        columns[0::2], columns[1::2] = j.left, j.right
        signs = np.tile(np.array([1.0, -1.0]), m)
        self._sides = csr_array((signs, columns, np.arange(0, 2 * m + 1, 2, dtype=np.int32)), shape=(m, j.n_items))
        self._sides_t = self._sides.T.tocsr()
        self._precision = np.broadcast_to(np.asarray(self.prior.precision, dtype=np.float64), j.n_items)
        self._mean = np.broadcast_to(np.asarray(self.prior.mean, dtype=np.float64), j.n_items)
        self._ends = np.concatenate([j.left, j.right])
        self.busiest = float(np.bincount(self._ends, np.tile(self._w, 2), j.n_items).max(initial=0.0))

    def begin(self, start: Strengths | None) -> DoubleArray:
        n = self.judgments.n_items
        scores = self._mean.copy()
        if start is not None:
            kept = min(n, start.scores.size)
            scores[:kept] = start.scores[:kept]
        extras = [start.position if start else 0.0] if self.position else []
        if self.ties:
            extras.append(start.log_nu if start and np.isfinite(start.log_nu) else -1.0)
        return np.concatenate([scores, extras])

    def _split(self, point: DoubleArray) -> tuple[DoubleArray, float, float]:
        n = self.judgments.n_items
        extras = list(point[n:])
        log_nu = extras.pop() if self.ties else NO_TIES
        return point[:n], extras[0] if extras else 0.0, log_nu

    def value_and_gradient(self, point: DoubleArray) -> tuple[float, DoubleArray]:
        """Log posterior and its gradient; keeps what the next Hessian needs."""
        scores, position, log_nu = self._split(point)
        d = self._sides @ scores + position
        half = np.abs(d) / 2
        small = np.exp(-2 * half)
        nu = np.exp(log_nu - half) if self.ties else 0.0
        z = 1.0 + small + nu
        favourite = (1.0 - small) / z
        lean = np.where(d >= 0, favourite, -favourite) / 2
        p_tie = nu / z if self.ties else np.zeros_like(z)
        likelihood = self._won * d - half - np.log(z)
        if self.ties:
            likelihood = likelihood + self._tie * log_nu
        off = scores - self._mean
        value = float(self._w @ likelihood - 0.5 * (self._precision * off) @ off)
        slope = self._w * (self._won - lean)
        parts = [self._sides_t @ slope - self._precision * off]
        if self.position:
            parts.append(np.array([slope.sum()]))
        if self.ties:
            parts.append(np.array([self._w @ (self._tie - p_tie)]))
        self._curve = self._w * ((1.0 - p_tie) / 4 - lean**2)
        self._cross = self._w * lean * p_tie if self.ties else None
        self._tie_curve = float(self._w @ (p_tie * (1.0 - p_tie))) if self.ties else 0.0
        return value, np.concatenate(parts)

    def curvature(self, vector: DoubleArray) -> DoubleArray:
        """Negative Hessian times a vector."""
        scores, position, tie = self._split_plain(vector)
        along = self._sides @ scores + position
        flow = self._curve * along
        if self._cross is not None:
            flow = flow - self._cross * tie
        parts = [self._sides_t @ flow + self._precision * scores]
        if self.position:
            parts.append(np.array([flow.sum()]))
        if self._cross is not None:
            parts.append(np.array([self._tie_curve * tie - self._cross @ along]))
        return np.concatenate(parts)

    def _split_plain(self, vector: DoubleArray) -> tuple[DoubleArray, float, float]:
        n = self.judgments.n_items
        extras = list(vector[n:])
        tie = float(extras.pop()) if self.ties else 0.0
        return vector[:n], float(extras[0]) if extras else 0.0, tie

    def diagonal(self) -> DoubleArray:
        """Diagonal of the negative Hessian."""
        n = self.judgments.n_items
        parts = [np.bincount(self._ends, np.tile(self._curve, 2), n) + self._precision]
        if self.position:
            parts.append(np.array([self._curve.sum()]))
        if self.ties:
            parts.append(np.array([self._tie_curve]))
        return np.maximum(np.concatenate(parts), 1e-12)

    def newton_direction(self, gradient: DoubleArray) -> DoubleArray:
        """Solve ``H step = gradient`` by conjugate gradients, as exactly as the distance to the top deserves."""
        scale = 1.0 / self.diagonal()
        size = np.sqrt(gradient @ (scale * gradient))
        goal = min(0.1, np.sqrt(size)) * size
        step = np.zeros_like(gradient)
        rest = gradient.copy()
        ready = scale * rest
        direction, strength = ready.copy(), rest @ ready
        for _ in range(MAX_GRADIENTS):
            bent = self.curvature(direction)
            bend = direction @ bent
            if bend <= 0.0:
                break
            rate = strength / bend
            step += rate * direction
            rest -= rate * bent
            ready = scale * rest
            renewed = rest @ ready
            if np.sqrt(renewed) <= goal:
                break
            direction = ready + (renewed / strength) * direction
            strength = renewed
        return step

    def strengths(self, point: DoubleArray, steps: int, centred: bool) -> Strengths:
        scores, position, log_nu = self._split(point)
        scores = scores - scores.mean() if centred else scores.copy()
        return Strengths(scores, float(position), float(log_nu), steps)
