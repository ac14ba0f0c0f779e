"""Every eligible row alike: the yardstick, and the random share of every mixture."""

from __future__ import annotations

import numpy as np

from learning.core.strategies.base import Draws, Request, eligible_rows


class Uniform:
    """Random order; the m-th pick (from 0) has propensity ``1 / (n - m)``.

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> request = Request(ArrayPool(np.zeros((3, 1), np.float32)), np.ones(3, bool), None, np.zeros((0, 1), np.float32),
    ...                   np.zeros((0, 2)), "classification", 2, 1, np.random.default_rng(0))
    >>> Uniform().rank(request).propensities.round(3).tolist()
    [0.333, 0.5]
    """

    name = "random"
    needs_model = False

    def rank(self, request: Request) -> Draws:
        """Shuffle the eligible rows; see :meth:`Strategy.rank`."""
        rows = eligible_rows(request)
        picked = request.rng.choice(rows, size=min(request.head, rows.size), replace=False)
        propensities = 1.0 / (rows.size - np.arange(picked.size))
        utilities = np.zeros(picked.size, dtype=np.float32)
        return Draws(self.name, "random order", picked, utilities, propensities, rows.size)
