"""Look for what has not been seen: rows unlike all answered ones, and any.

What is rare is mostly unlike the rest. But the very farthest rows are the odd ones of any kind, and what is rare may be
a dense clump; so a pick is the farthest of ten rows drawn at random, and three in ten are any row. With one and three
positives in a hundred the first one comes before random's expectation on every set tried; always taking the farthest,
middles of clusters, and half of each do not (decision 0061).
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.arrays import FloatMatrix, IntArray
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of
from learning.core.strategies.coreset import LABELED_ROWS, SAMPLE_ROWS, Coverage
from learning.core.strategies.mixture import Part, alike, best_of, mixed_draws, utilities_of

FARTHEST_OF = 10
ANY_SHARE = 0.3


def order_by_distance(request: Request, rows: IntArray, known: FloatMatrix, *, nearest_first: bool) -> IntArray:
    """Return positions in ``rows`` by the distance to the nearest of the known rows, farthest first or nearest first.

    At most 8,192 rows drawn at random are compared with at most 2,048 known ones; the others follow in random order.
    """
    shuffled = request.rng.permutation(rows.size)
    sample = shuffled[:SAMPLE_ROWS]
    if len(known) > LABELED_ROWS:
        known = known[np.sort(request.rng.choice(len(known), LABELED_ROWS, replace=False))]
    distances = Coverage(request.pool.take(rows[sample]), known).distances
    order = acquisition.order_by_utility(-distances if nearest_first else distances, request.rng)
    return np.concatenate((sample[order], shuffled[SAMPLE_ROWS:]))


def novel_order(request: Request, rows: IntArray) -> IntArray:
    """Return positions in ``rows`` by falling distance to the nearest answered or skipped row."""
    return order_by_distance(request, rows, request.asked, nearest_first=False)


def novel_part(request: Request, rows: IntArray, share: float) -> Part:
    """Return rows unlike the answered ones, and those that are like skipped ones later, as a part of a mixture."""
    order = acquisition.demoted(novel_order(request, rows), factors_of(request, rows))
    return Part(share, order, best_of(rows.size, FARTHEST_OF))


class Explore:
    """The farthest of ten random rows from all answered ones, and any row; see the module."""

    name = "explore"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Draw from both; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        reason = "looks for what was not seen yet: unlike everything answered, or any item"
        if not rows.size:
            return Draws(self.name, reason, rows, np.zeros(0, np.float32), np.zeros(0), 0)
        parts = [
            novel_part(request, rows, 1.0 - ANY_SHARE),
            Part(ANY_SHARE, np.arange(rows.size), alike(rows.size)),
        ]
        positions, propensities = mixed_draws(parts, request.head, request.rng)
        return Draws(self.name, reason, rows[positions], utilities_of(parts, positions), propensities, rows.size)
