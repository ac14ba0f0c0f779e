"""The label most people gave."""

from __future__ import annotations

import numpy as np

from learning.core.aggregation.base import EVEN, Aggregated, decided
from learning.core.aggregation.votes import KnownTruth, Votes
from learning.core.arrays import DoubleArray


def most_said(shares: DoubleArray) -> DoubleArray:
    """Return the label most people gave as the only one, of one label an item; labels that are tied have a part each.

    What a model learns from (decision 0111): the share of votes says less of an item than is known of it.

    Parameters
    ----------
    shares : ndarray of float64, shape (n, n_labels)
        Of people, or how many.

    Returns
    -------
    ndarray of float64, shape (n, n_labels)
        Rows sum to 1; all 0 where nobody said anything.

    Examples
    --------
    >>> most_said(np.array([[2.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    first = (shares >= shares.max(axis=1, keepdims=True, initial=0.0) - EVEN) & (shares > 0.0)
    return np.asarray(first / np.maximum(first.sum(axis=1, keepdims=True), 1))


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
