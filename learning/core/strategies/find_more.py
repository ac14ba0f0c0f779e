"""Where a project has one label: rows most like those that have it first, and some of the rest (decision 0131).

There is nothing to tell apart and so nothing to doubt: what helps is to find more rows like the known ones, and what is
like none of them. Every pick is a draw from one of three orders (:mod:`learning.core.strategies.mixture`): *near*, by
the distance to the nearest row that has the label, and later where rows are like those that have not
(:mod:`learning.core.skips`); *novel* (:mod:`learning.core.strategies.explore`); and *any*.
"""

from __future__ import annotations

import numpy as np

from learning.core import acquisition
from learning.core.strategies.base import Draws, Request, eligible_rows, factors_of
from learning.core.strategies.explore import novel_part, order_by_distance
from learning.core.strategies.mixture import Part, alike, by_rank, mixed_draws, utilities_of
from learning.core.strategies.typical import Typical

NEAR, NOVEL, ANY = 0.7, 0.15, 0.15


class FindMore:
    """Rows most like those that have the one label, unlike ones and any ones; :class:`Typical` before the first."""

    name = "find_more"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Draw from the three orders; see :meth:`Strategy.rank`."""
        if not len(request.labeled):
            return Typical().rank(request)
        rows = eligible_rows(request)
        reason = f"more like the {len(request.labeled):,} items that have the label, and some of the rest"
        if not rows.size:
            return Draws(self.name, reason, rows, np.zeros(0, np.float32), np.zeros(0), 0)
        near = order_by_distance(request, rows, request.labeled, nearest_first=True)
        near = acquisition.demoted(near, factors_of(request, rows))
        parts = [
            Part(NEAR, near, by_rank(rows.size, request.temperature)),
            novel_part(request, rows, NOVEL),
            Part(ANY, np.arange(rows.size), alike(rows.size)),
        ]
        positions, propensities = mixed_draws(parts, request.head, request.rng)
        return Draws(self.name, reason, rows[positions], utilities_of(parts, positions), propensities, rows.size)
