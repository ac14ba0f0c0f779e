"""A ranker of items nobody has judged: logistic regression on differences of features, fitted to judgments.

The score of an item is linear in its features, ``score = features @ weights``; a judgment has the probabilities of
:mod:`learning.core.pairwise.bradley_terry` with these scores. There is no intercept and only differences count, so that
swapping the sides swaps the probabilities. Features of the context alone cancel in every difference; what counts is
how they interact with those of the item: see :func:`with_context`.

Columns may come in groups (meaning, words, lengths …). Each group has a penalty of its own, fitted by maximising the
evidence, so that a group of columns which says nothing is turned off.

References
----------
D. J. C. MacKay, "Bayesian interpolation", Neural Computation 1992 (evidence); T. Joachims, "Optimizing search engines
using clickthrough data", KDD 2002 (ranking by differences).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.pairwise.bradley_terry import Prior, Strengths, answer_probabilities, fit_strengths
from learning.core.pairwise.judgments import LEFT, TIE, IntVector, Judgments

EVIDENCE_ROUNDS = 30
MAX_NEWTON = 30
LARGEST_PENALTY, SMALLEST_PENALTY = 1e6, 1e-3
DIRECTIONS = 96
USUAL_INFORMATION = 1.0 / 6.0


@dataclass(frozen=True)
class FeatureRanker:
    """Weights of features. Made by :func:`fit_ranker`.

    Attributes
    ----------
    weights : ndarray of float64, shape (d,)
        Log-odds per unit of each feature.
    centre : ndarray of float64, shape (d,)
        Mean of the features; an item there has score 0.
    penalties : ndarray of float64, shape (n_groups,)
        Inverse variance of the weights of each group (of standardised columns).
    """

    weights: DoubleArray
    centre: DoubleArray
    penalties: DoubleArray

    def scores(self, features: FloatMatrix) -> DoubleArray:
        """Return scores of shape (n,) for features of shape (n, d)."""
        return np.asarray((np.asarray(features, dtype=np.float64) - self.centre) @ self.weights)


def with_context(features: FloatMatrix, context_features: FloatMatrix, context: IntVector) -> list[FloatMatrix]:
    """Return the item's features, and how they meet those of the context, as groups of columns.

    Parameters
    ----------
    features : ndarray of shape (n_items, d)
    context_features : ndarray of shape (n_contexts, d)
        By the same encoder.
    context : ndarray of int, shape (n_items,)

    Returns
    -------
    list of ndarray
        The features, their products with the context's column by column, and the cosine between item and context.

    Examples
    --------
    >>> parts = with_context(np.eye(2, dtype=np.float32), np.float32([[0, 2]]), np.array([0, 0]))
    >>> [part.tolist() for part in parts][1:]
    [[[0.0, 0.0], [0.0, 1.0]], [[0.0], [1.0]]]
    """
    own = np.asarray(features, dtype=np.float32)
    theirs = np.asarray(context_features, dtype=np.float32)
    theirs = theirs / np.maximum(np.linalg.norm(theirs, axis=1, keepdims=True), 1e-12)
    product = own * theirs[context]
    length = np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    return [own, product, (product.sum(axis=1, keepdims=True) / length).astype(np.float32)]


def fit_ranker(
    groups: list[FloatMatrix],
    judgments: Judgments,
    *,
    weights: DoubleArray | None = None,
    nuisance: Strengths | None = None,
    residual_precision: float = np.inf,
) -> FeatureRanker:
    """Fit weights and the penalty of each group of columns.

    Parameters
    ----------
    groups : list of ndarray, each of shape (n_items, d_g)
        At least one column in all.
    judgments : Judgments
    weights : ndarray of float, shape (m,), optional
        How much each judgment counts.
    nuisance : Strengths, optional
        Where position and tie parameter are taken from; fitted with free scores when left out.
    residual_precision : float
        Inverse variance of what features leave unsaid of an item's strength. With it the hundredth judgment of an item
        says little about the weights that the tenth has not said.

    Returns
    -------
    FeatureRanker
        Of the groups' columns side by side.

    Raises
    ------
    ValueError
        If there is no column, or rows and items differ in number.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 2)).astype(np.float32)  # the first column counts
    >>> left, right = rng.integers(0, 100, 500), rng.integers(100, 200, 500)
    >>> judgments = Judgments(left, right, (x[left, 0] < x[right, 0]).astype(int), 200)
    >>> ranker = fit_ranker([x], judgments)
    >>> bool(ranker.weights[0] > 10 * abs(ranker.weights[1]))
    True
    """
    sizes = [group.shape[1] for group in groups]
    if not sum(sizes):
        raise ValueError("a feature ranker needs at least one feature")
    if any(group.shape[0] != judgments.n_items for group in groups):
        raise ValueError(f"features must have one row for each of the {judgments.n_items} items")
    nuisance = nuisance or fit_strengths(judgments, prior=Prior(0.0, 0.5), position=True, tolerance=1e-5)
    bases = [_basis(np.asarray(group, dtype=np.float64)) for group in groups]
    x = np.concatenate([reduced for _, _, reduced in bases], axis=1)
    member = np.repeat(np.arange(len(groups)), [reduced.shape[1] for _, _, reduced in bases])
    climb = _LinearClimb(x, judgments, nuisance, weights, residual_precision)
    inner, penalties = climb.with_evidence(member, len(groups))
    parts = [projection @ inner[member == g] for g, (_, projection, _) in enumerate(bases)]
    return FeatureRanker(np.concatenate(parts), np.concatenate([centre for centre, _, _ in bases]), penalties)


def _basis(group: DoubleArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Return centre, projection and the projected columns: few columns standardised, many turned to main directions."""
    centre = group.mean(axis=0)
    centred = group - centre
    d = group.shape[1]
    if d <= DIRECTIONS // 2:
        deviation = centred.std(axis=0)
        projection = np.diag(np.where(deviation > 1e-9, 1.0 / np.maximum(deviation, 1e-9), 0.0))
    else:
        _, axes = np.linalg.eigh(centred.T @ centred)
        projection = axes[:, ::-1][:, :DIRECTIONS]
        reduced = centred @ projection
        # One scale for all directions: the main ones stay the larger ones.
        projection = projection / max(float(np.sqrt((reduced**2).sum(axis=1).mean() / 10.0)), 1e-9)
    return centre, projection, centred @ projection


class _LinearClimb:
    """Penalised likelihood of weights, by Newton's method; penalties by evidence."""

    def __init__(
        self,
        x: DoubleArray,
        judgments: Judgments,
        nuisance: Strengths,
        weights: DoubleArray | None,
        residual_precision: float,
    ) -> None:
        self._x, self._nuisance = x, nuisance
        self._w = np.ones(len(judgments)) if weights is None else np.asarray(weights, dtype=np.float64)
        self._tempering = _news(judgments, self._w, residual_precision)
        self._judgments = judgments
        self._won = np.where(judgments.outcome == TIE, 0.0, np.where(judgments.outcome == LEFT, 0.5, -0.5))

    def with_evidence(self, member: IntVector, n_groups: int) -> tuple[DoubleArray, DoubleArray]:
        penalties = np.ones(n_groups)
        at = np.zeros(self._x.shape[1])
        sizes = np.bincount(member, minlength=n_groups)
        for _ in range(EVIDENCE_ROUNDS):
            at, factor = self._top(at, penalties[member])
            doubt = np.diagonal(cho_solve(factor, np.eye(at.size)))
            known = sizes - penalties * np.bincount(member, doubt, n_groups)
            size = np.bincount(member, at**2, n_groups)
            renewed = np.clip(known / np.maximum(size, 1e-12), SMALLEST_PENALTY, LARGEST_PENALTY)
            moved = np.abs(np.log(renewed / penalties)).max()
            penalties = renewed
            if moved < 0.02:
                break
        return at, penalties

    def _top(self, at: DoubleArray, penalty: DoubleArray) -> tuple[DoubleArray, tuple[DoubleArray, bool]]:
        value, gradient, information = self._look(at, penalty)
        factor = cho_factor(information, lower=True)
        for _ in range(MAX_NEWTON):
            step = cho_solve(factor, gradient)
            rate = 1.0
            while True:
                proposed = at + rate * step
                new_value, gradient, information = self._look(proposed, penalty)
                if new_value >= value - 1e-9 * abs(value) or rate < 1e-6:
                    break
                rate /= 2
            gained, at, value = new_value - value, proposed, new_value
            factor = cho_factor(information, lower=True)
            if gained < 1e-7 * (1.0 + abs(value)):
                break
        return at, factor

    def _look(self, at: DoubleArray, penalty: DoubleArray) -> tuple[float, DoubleArray, DoubleArray]:
        j, nuisance = self._judgments, self._nuisance
        scores = self._x @ at
        p = answer_probabilities(scores[j.left] - scores[j.right] + nuisance.position, nuisance.log_nu)
        lean = (p[:, 0] - p[:, 1]) / 2
        curve = self._w * ((1.0 - p[:, 2]) / 4 - lean**2)
        counts = self._w * self._tempering
        value = float(counts @ np.log(np.maximum(p[np.arange(len(j)), j.outcome], 1e-300)) - 0.5 * penalty @ at**2)
        slope, flow = counts * (self._won - lean), curve * self._tempering
        gradient = self._x.T @ (_at(j.left, slope, j.n_items) - _at(j.right, slope, j.n_items)) - penalty * at
        # The graph's Laplacian first: items are fewer than judgments.
        joined = coo_array((flow, (j.left, j.right)), shape=(j.n_items, j.n_items)).tocsr()
        degree = _at(j.left, flow, j.n_items) + _at(j.right, flow, j.n_items)
        information = self._x.T @ (degree[:, None] * self._x - joined @ self._x - joined.T @ self._x)
        information[np.arange(at.size), np.arange(at.size)] += penalty
        return value, gradient, information


def _at(items: IntVector, values: DoubleArray, n_items: int) -> DoubleArray:
    """Sum of values by item."""
    return np.asarray(np.bincount(items, values, n_items), dtype=np.float64)


def _news(judgments: Judgments, weights: DoubleArray, residual_precision: float) -> DoubleArray:
    """How much of each judgment is news about features, given all others of its items; shape (m,), range (0, 1]."""
    if not np.isfinite(residual_precision):
        return np.ones(len(judgments))
    told = USUAL_INFORMATION * (
        _at(judgments.left, weights, judgments.n_items) + _at(judgments.right, weights, judgments.n_items)
    )
    share = residual_precision / (told + residual_precision)
    return np.asarray(np.sqrt(share[judgments.left] * share[judgments.right]))
