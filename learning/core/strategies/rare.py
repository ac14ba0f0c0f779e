"""A rare label has its own start: more like the few rows that have it, and not only by the model.

A model that saw a label five times is sure of nothing about it, and where it is not separable no row ever comes near
the boundary: margin then asks about everything else. Instead of one order there are five, and every pick is a draw from
one of them (:mod:`learning.core.strategies.mixture`):

* *likely*: by the probability of a rare label, for every pick of those that has it is worth many that do not;
* *near*: by how much nearer a row is to the rows that have the label than to the others; needs no model to be right;
* *doubtful*: as :class:`DiverseMargin` has it;
* *novel* (:mod:`learning.core.strategies.explore`) and *any*: the label may live elsewhere too.
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners.base import FittedLearner
from learning.core.learners.spreading import squared_distances
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of, model_of
from learning.core.strategies.coreset import LABELED_ROWS
from learning.core.strategies.diverse import margin_order
from learning.core.strategies.explore import Explore, novel_part
from learning.core.strategies.mixture import Part, alike, by_rank, mixed_draws, utilities_of

RARE_SHARE = 0.2
"""Of what an answer in equal parts would give a label."""
LIKELY, NEAR, DOUBTFUL, NOVEL, ANY = 0.25, 0.2, 0.35, 0.1, 0.1
_BLOCK = 8_192


def rare_labels(targets: DoubleArray) -> IntArray:
    """Return the labels that were given, but to less than a fifth of the share they had if all labels were alike.

    Parameters
    ----------
    targets : ndarray of shape (m, n_labels)

    Returns
    -------
    ndarray of int
        Rarest first.

    Examples
    --------
    >>> rare_labels(np.array([[1.0, 0.0]] * 19 + [[0.0, 1.0]])).tolist()
    [1]
    """
    n, n_labels = targets.shape
    given = (targets > 0.5).sum(axis=0)
    rare = np.flatnonzero((given > 0) & (given < n * RARE_SHARE / max(n_labels, 2)))
    return np.asarray(rare[np.argsort(given[rare], kind="stable")])


def nearness(features: FloatMatrix, have: FloatMatrix, others: FloatMatrix) -> FloatMatrix:
    """Return how much nearer each row is to the nearest row that has a label than to the nearest one that has not.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    have, others : ndarray of float32, at least one row each

    Returns
    -------
    ndarray of float32, shape (n,)
        The logarithm of the ratio of squared distances: a density ratio with one neighbour.

    Examples
    --------
    >>> have, others = np.array([[0.0]], np.float32), np.array([[3.0]], np.float32)
    >>> nearness(np.array([[1.0], [2.0]], np.float32), have, others).round(2)
    array([ 1.39, -1.39], dtype=float32)
    """
    result = np.empty(len(features), dtype=np.float32)
    for start in range(0, len(features), _BLOCK):
        block = features[start : start + _BLOCK]
        near, far = (squared_distances(block, rows).min(axis=1) for rows in (have, others))
        floor = np.float32(1e-6) * (np.maximum(near, far).mean() + np.float32(1e-12))
        result[start : start + _BLOCK] = np.log((far + floor) / (near + floor))
    return result


def interleaved(scores: FloatMatrix, rng: np.random.Generator) -> IntArray:
    """Return the order of rows by their best rank under any column, equal ones in random order.

    Examples
    --------
    >>> scores = np.array([[3.0, 0.0], [2.0, 9.0], [1.0, 0.5]], np.float32)
    >>> sorted(interleaved(scores, np.random.default_rng(0))[:2].tolist())
    [0, 1]
    """
    best = np.full(len(scores), len(scores))
    for column in scores.T:
        order = acquisition.order_by_utility(column, rng)
        ranks = np.empty(order.size, dtype=np.int64)
        ranks[order] = np.arange(order.size)
        best = np.minimum(best, ranks)
    return acquisition.order_by_utility(-best.astype(np.float32), rng)


def _read(request: Request, model: FittedLearner, rare: IntArray) -> tuple[FloatMatrix, FloatMatrix]:
    """Return the probabilities of all labels and the nearness to each rare one, in one pass over the pool."""
    n = request.pool.n_rows
    probabilities = np.empty((n, request.targets.shape[1]), np.float32)
    near = np.empty((n, rare.size), np.float32)
    seeds = [_seeds(request, label) for label in rare.tolist()]
    for first, features in request.pool.blocks():
        block = slice(first, first + len(features))
        probabilities[block] = model.predict(features)
        for column, (have, others) in enumerate(seeds):
            near[block, column] = nearness(features, have, others)
    return probabilities, near


def _seeds(request: Request, label: int) -> tuple[FloatMatrix, FloatMatrix]:
    """Return answered rows that have the label and rows that have not, at most 2,048 each."""
    has = request.targets[:, label] > 0.5
    have, others = (request.rng.permutation(np.flatnonzero(side))[:LABELED_ROWS] for side in (has, ~has))
    return request.labeled[have], request.labeled[others]


def _parts(request: Request, rows: IntArray, rare: IntArray, model: FittedLearner) -> list[Part]:
    probabilities, near = _read(request, model, rare)
    sharp = by_rank(rows.size, request.temperature)
    factors = factors_of(request, rows)
    orders = (
        (LIKELY, interleaved(probabilities[rows][:, rare], request.rng)),
        (NEAR, interleaved(near[rows], request.rng)),
        (DOUBTFUL, margin_order(request, rows, probabilities)),
    )
    return [
        *(Part(share, acquisition.demoted(order, factors), sharp) for share, order in orders),
        novel_part(request, rows, NOVEL),
        Part(ANY, np.arange(rows.size), alike(rows.size)),
    ]


class MoreLikeIt:
    """Rows like those that have a rare label, doubtful, novel and any ones; :class:`Explore` where none is rare."""

    name = "more_like_it"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Order the rows in several ways and draw from all of them; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        rare = rare_labels(request.targets)
        model = model_of(request, self.name)
        if not rare.size:
            return Explore().rank(request)
        reason = f"{rare.size} rare label{'s' if rare.size != 1 else ''}: more like what has one, and some of the rest"
        if not rows.size:
            return Draws(self.name, reason, rows, np.zeros(0, np.float32), np.zeros(0), 0)
        parts = _parts(request, rows, rare, model)
        positions, propensities = mixed_draws(parts, request.head, request.rng)
        return Draws(self.name, reason, rows[positions], utilities_of(parts, positions), propensities, rows.size)
