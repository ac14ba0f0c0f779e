"""The middle of what people said, where labels are steps of a scale in their order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from learning.core.aggregation.base import EVEN, Aggregated
from learning.core.aggregation.dawid_skene import shares_of
from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes
from learning.core.arrays import IntArray


class Medians(NamedTuple):
    """The lower and the upper median of each item, shape (n_items,); ``NO_LABEL`` where nobody answered.

    They differ where half of the votes lie on either side.
    """

    low: IntArray
    high: IntArray


def medians(votes: Votes) -> Medians:
    """Return the medians of votes by weight.

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> votes = votes_of([0, 0, 1, 1, 1], [0, 1, 0, 1, 2], [1, 4, 0, 2, 4], n_items=3, n_people=3, n_labels=5)
    >>> found = medians(votes)
    >>> found.low.tolist(), found.high.tolist()
    ([1, 2, -1], [4, 2, -1])
    """
    up_to = np.cumsum(shares_of(votes), axis=1)
    low, high = (up_to >= 0.5 - EVEN).argmax(axis=1), (up_to > 0.5 + EVEN).argmax(axis=1)
    return Medians(np.where(votes.answered, low, NO_LABEL), np.where(votes.answered, high, NO_LABEL))


class Median:
    """The step in the middle; no label where the middle lies between two."""

    name = "median"
    title = "The median counts"
    version = 1
    uses_gold = False

    def fits(self, known: KnownTruth) -> bool:
        """Return True: it needs nothing."""
        return True

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Take the middle; the posterior is the share of votes.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> votes = votes_of([0, 0, 0], [0, 1, 2], [0, 2, 3], n_items=1, n_people=3, n_labels=4)
        >>> Median().aggregate(votes, KnownTruth(np.array([-1]))).labels.tolist()
        [2]
        """
        low, high = medians(votes)
        posterior = np.where(votes.answered[:, None], shares_of(votes), 0.0)
        return Aggregated(posterior, np.where(low == high, low, NO_LABEL))
