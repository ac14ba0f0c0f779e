"""The label most people gave."""

from __future__ import annotations

import numpy as np

from learning.core.aggregation.base import Aggregated, decided
from learning.core.aggregation.votes import KnownTruth, Votes


class Majority:
    """Everybody counts alike; the posterior is the share of votes, which is an order and no probability."""

    name = "majority"
    title = "The majority counts"
    version = 1
    uses_gold = False

    def fits(self, known: KnownTruth) -> bool:
        """Return True: it needs nothing."""
        return True

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Count.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> votes = votes_of([0, 0, 0], [0, 1, 2], [1, 1, 0], n_items=1, n_people=3, n_labels=2)
        >>> Majority().aggregate(votes, KnownTruth(np.array([-1]))).posterior.round(2).tolist()
        [[0.33, 0.67]]
        """
        return decided(votes.summed(np.ones(len(votes))), votes)
