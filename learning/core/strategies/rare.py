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
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray, row_blocks
from learning.core.learners.base import FittedLearner
from learning.core.learners.distances import squared_distances
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of, model_of
from learning.core.strategies.coreset import LABELED_ROWS, SAMPLE_ROWS
from learning.core.strategies.diverse import spread_order
from learning.core.strategies.explore import FARTHEST_OF, Explore
from learning.core.strategies.mixture import Part, alike, best_of, by_rank, mixed_draws, utilities_of
from learning.core.strategies.uncertainty import margin, read_pool

RARE_SHARE = 0.2
"""Of what an answer in equal parts would give a label."""
FEWEST = 2.0
"""Answers that such a share must come to: a label of 77 that one answer of 500 has may have been unlucky."""
LIKELY, NEAR, DOUBTFUL, NOVEL, ANY = 0.25, 0.2, 0.35, 0.1, 0.1
MOST_LABELS = 10
"""Seeds of so many labels, the rarest, are looked around."""
_ROWS_COMPARED = 1_024


def rare_labels(targets: DoubleArray) -> IntArray:
    """Return the labels that were given, but to less than a fifth of the share they had if all labels were alike.

    None before such a share is two answers: 20 of a project with two labels, 770 of one with 77.

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
    most = n * RARE_SHARE / max(n_labels, 2)
    rare = np.flatnonzero((given > 0) & (given < most)) if most >= FEWEST else np.zeros(0, dtype=np.int64)
    return np.asarray(rare[np.argsort(given[rare], kind="stable")])


def nearness(features: FloatMatrix, asked: FloatMatrix, have: BoolArray) -> tuple[FloatMatrix, FloatMatrix]:
    """Return how much nearer each row is to the nearest row that has a label than to the nearest one that has not.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    asked : ndarray of float32, shape (m, d)
        Answered rows, then skipped ones, of which nobody knows what they have.
    have : ndarray of bool, shape (a, k)
        Which answered rows have each label: at least one has it, and one has not.

    Returns
    -------
    nearness : ndarray of float32, shape (n, k)
        The logarithm of the ratio of squared distances: a density ratio with one neighbour.
    nearest : ndarray of float32, shape (n,)
        Squared distance to the nearest row that was asked.

    Examples
    --------
    >>> asked, have = np.array([[0.0], [3.0]], np.float32), np.array([[True], [False]])
    >>> near, nearest = nearness(np.array([[1.0], [2.0]], np.float32), asked, have)
    >>> near.ravel().round(2), nearest
    (array([ 1.39, -1.39], dtype=float32), array([1., 1.], dtype=float32))
    """
    near, far = np.empty((2, len(features), have.shape[1]), dtype=np.float32)
    nearest = np.empty(len(features), dtype=np.float32)
    for block in row_blocks(len(features), _ROWS_COMPARED):
        distances = squared_distances(features[block], asked)
        nearest[block] = distances.min(axis=1)
        answered = distances[:, : len(have)]
        for label, those in enumerate(have.T):
            near[block, label] = answered[:, those].min(axis=1)
            far[block, label] = answered[:, ~those].min(axis=1)
    floor = np.float32(1e-6) * (np.maximum(near, far).mean(axis=0) + np.float32(1e-12))
    return np.asarray(np.log((far + floor) / (near + floor)), dtype=np.float32), nearest


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


def near_and_novel(request: Request, rows: IntArray, rare: IntArray) -> tuple[IntArray, IntArray]:
    """Return positions in ``rows`` by falling nearness to any of the rare labels, and by distance to what was asked.

    At most 8,192 rows drawn at random are compared with at most 2,048 answered ones that have such a label, as many a
    label, 2,048 that have none and 2,048 skipped ones; the others follow in random order. All rows of a million would
    take minutes.
    """
    rng = request.rng
    shuffled = rng.permutation(rows.size)
    sample = shuffled[:SAMPLE_ROWS]
    looked_for = rare[:MOST_LABELS]
    given = request.targets[:, looked_for] > 0.5
    at_most = LABELED_ROWS // looked_for.size
    sides = [(has, at_most) for has in given.T] + [(~given.any(axis=1), LABELED_ROWS)]
    answered = np.unique(np.concatenate([rng.permutation(np.flatnonzero(side))[:most] for side, most in sides]))
    asked = request.labeled[answered]
    if request.skips is not None:
        asked = np.concatenate((asked, rng.permutation(request.skips.skipped)[:LABELED_ROWS]))
    columns, nearest = nearness(request.pool.take(rows[sample]), asked, given[answered])
    orders = interleaved(columns, rng), acquisition.order_by_utility(nearest, rng)
    near, novel = (np.concatenate((sample[order], shuffled[SAMPLE_ROWS:])) for order in orders)
    return near, novel


def _read(request: Request, model: FittedLearner, rare: IntArray) -> tuple[FloatMatrix, FloatMatrix]:
    """Return how doubtful each row is and how likely it has each rare label, in one pass over the pool."""

    def scores(probabilities: FloatMatrix) -> FloatMatrix:
        return np.concatenate((margin(probabilities, request.kind)[None], probabilities[:, rare].T))

    found = read_pool(request, model, scores, 1 + rare.size)
    return found[0], found[1:].T


def _parts(request: Request, rows: IntArray, rare: IntArray, model: FittedLearner) -> list[Part]:
    doubts, likely = _read(request, model, rare)
    sharp = by_rank(rows.size, request.temperature)
    factors = factors_of(request, rows)
    near, novel = near_and_novel(request, rows, rare)
    orders = (
        (LIKELY, interleaved(likely[rows], request.rng), sharp),
        (NEAR, near, sharp),
        (DOUBTFUL, spread_order(request, rows, doubts[rows]), sharp),
        (NOVEL, novel, best_of(rows.size, FARTHEST_OF)),
    )
    return [
        *(Part(share, acquisition.demoted(order, factors), weights) for share, order, weights in orders),
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
