"""Margin, but not the same question twice: a batch of uncertain rows that lie apart."""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix, IntArray
from learning.core.strategies.base import Draws, Request, demoted, eligible_rows, factors_of
from learning.core.strategies.representatives import Representatives
from learning.core.strategies.sequential import spread_draws
from learning.core.strategies.uncertainty import UtilityRule, margin, pool_utilities

CANDIDATES_PER_PICK = 10
MIN_CANDIDATES = 200
MAX_CANDIDATES = 4_096


class DiverseMargin:
    """The rows that stand for groups of doubtful ones.

    The 10 rows per pick with the smallest lead (200 to 4,096) are candidates, put into as many clusters as there are
    picks; the middle of each comes first (:class:`Representatives`), copies of a picked row come last. After the batch
    the head goes on in the plain order of the margin. Every pick is a rank draw, so its propensity is known and no row
    is out of reach.
    """

    name = "diverse_margin"
    needs_model = True

    def rank(self, request: Request) -> Draws:
        """Score the pool, then draw a spread batch; see :meth:`Strategy.rank`."""
        return spread_by(
            margin, request, self.name, "the model hesitates between two answers, and the batch is spread out"
        )


def spread_order(request: Request, rows: IntArray, utilities: FloatMatrix) -> IntArray:
    """Return positions in ``rows`` as a spread batch would take them, then by falling utility.

    Parameters
    ----------
    request : Request
    rows : ndarray of int, shape (n,)
    utilities : ndarray of float32, shape (n,), range [0, 1]

    Returns
    -------
    ndarray of int, shape (n,)
    """
    order = acquisition.order_by_utility(utilities, request.rng)
    n_batch = min(request.batch, request.head)
    candidates = order[: min(max(MIN_CANDIDATES, CANDIDATES_PER_PICK * n_batch), MAX_CANDIDATES)]
    standing = Representatives(request.pool.take(rows[candidates]), utilities[candidates], n_batch, request.rng)
    first: list[int] = []
    for _ in range(min(n_batch, candidates.size)):
        scores = standing.scores()
        scores[first] = -1.0
        first.append(int(scores.argmax()))
        standing.pick(first[-1])
    rest = np.delete(order, first)
    return np.concatenate((order[first], rest))


def spread_by(score: UtilityRule, request: Request, name: str, reason: str) -> Draws:
    """Draw a spread batch of the rows with the highest utility, then the rest of the head in their order.

    Parameters
    ----------
    score : callable
        ``(probabilities, kind) -> utilities`` in [0, 1].
    request : Request
    name, reason : str
        What the draws say of themselves.

    Returns
    -------
    Draws
    """
    rows = eligible_rows(request)
    utilities: FloatMatrix = pool_utilities(request, name, score)[rows]
    order = demoted(request, rows, acquisition.order_by_utility(utilities, request.rng))
    n_batch = min(request.batch, request.head)
    n_candidates = min(max(MIN_CANDIDATES, CANDIDATES_PER_PICK * n_batch), MAX_CANDIDATES, rows.size)
    candidates = order[:n_candidates]
    factors = factors_of(request, rows[candidates])
    features = request.pool.take(rows[candidates])
    standing = Representatives(features, utilities[candidates], n_batch, request.rng, factors)
    positions, propensities = spread_draws(
        rows.size,
        n_candidates,
        n_batch,
        request.head,
        standing.scores,
        standing.pick,
        request.temperature,
        request.rng,
    )
    chosen = order[positions]
    return Draws(name, reason, rows[chosen], utilities[chosen], propensities, rows.size)
