"""Machines beside people: votes that weigh what gold has proven, after people's votes have come to what they come to.

The weight is that of CROWDLAB: how much seldomer a machine is wrong than whoever always says the commonest label.
There it is taken from agreement with the consensus; here from gold alone, and from the lower end of what gold leaves
possible, so that a machine that agrees with itself, or was lucky on a few items, weighs nothing.

H. W. Goh, U. Tkachenko, J. Mueller, "CROWDLAB", NeurIPS workshop on human in the loop learning, 2022.
"""

from __future__ import annotations

import numpy as np

from learning.core.aggregation.base import Aggregated, decided
from learning.core.aggregation.votes import Votes
from learning.core.arrays import DoubleArray, IntArray
from learning.core.evaluation.intervals import share

#: On fewer items of gold nothing is proven.
LEAST_GOLD = 5
#: All machines on an item together weigh at most as much as one person: they may be one model under several names.
MOST_WEIGHT = 1.0


def proven_weight(right: int, n: int, commonest: float) -> float:
    """Return what a vote of a machine weighs beside one of a person, in [0, 1).

    Parameters
    ----------
    right, n : int
        Of so many items of gold so many.
    commonest : float
        Share of the commonest true label among them, in [0, 1].

    Returns
    -------
    float
        0 below :data:`LEAST_GOLD` items, and unless it is surely (95 %) better than always the commonest label.

    Examples
    --------
    >>> proven_weight(4, 4, 0.5), proven_weight(20, 20, 0.95), round(proven_weight(38, 40, 0.5), 2)
    (0.0, 0.0, 0.66)
    """
    if n < LEAST_GOLD or commonest >= 1.0:
        return 0.0
    return float(max(0.0, 1.0 - (1.0 - share(right, n).low) / (1.0 - commonest)))


def with_machines(
    found: Aggregated, votes: Votes, items: IntArray, labels: IntArray, weights: DoubleArray
) -> Aggregated:
    """Let machines vote on items that people have answered.

    Parameters
    ----------
    found : Aggregated
        What people's votes come to, by whichever rule.
    votes : Votes
        Of people.
    items, labels : ndarray of int, shape (m,)
        What machines say, a row a machine and item.
    weights : ndarray of float64, shape (m,), range [0, 1)
        Of the machine of each row.

    Returns
    -------
    Aggregated
        The mean of what people come to, weighed by their number, and the machines' votes. Nothing of an item that
        nobody has answered, and all as it was of one where the machines weigh nothing.

    Examples
    --------
    >>> from learning.core.aggregation.majority import Majority
    >>> from learning.core.aggregation.votes import KnownTruth, votes_of
    >>> votes = votes_of([0, 0, 1], [0, 1, 0], [0, 1, 0], n_items=2, n_people=2, n_labels=2)
    >>> people = Majority().aggregate(votes, KnownTruth(np.array([-1, -1])))
    >>> said = np.array([0, 1]), np.array([1, 1]), np.array([0.6, 0.6])
    >>> people.labels.tolist(), with_machines(people, votes, *said).labels.tolist()
    ([-1, 0], [1, 0])
    """
    cast = np.zeros_like(found.posterior)
    np.add.at(cast, (items, labels), weights)
    total = cast.sum(axis=1)
    touched = (total > 0) & votes.answered
    cast *= np.minimum(1.0, MOST_WEIGHT / np.where(total > 0, total, 1.0))[:, None]
    mixed = decided(found.posterior * votes.people_per_item[:, None] + cast, votes)
    return Aggregated(
        np.where(touched[:, None], mixed.posterior, found.posterior), np.where(touched, mixed.labels, found.labels)
    )
