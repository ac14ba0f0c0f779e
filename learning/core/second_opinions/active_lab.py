"""ActiveLab: known and new items on one scale, the lower the more a further answer is worth.

A score is the confidence in an item's label, drawn towards that of a guess as by one more answer of an average person:
of two items of equal confidence the one with fewer answers gains more.

H. W. Goh, J. Mueller, "ActiveLab: active learning with re-labeling by multiple annotators", ICLR workshop on
trustworthy machine learning, 2023. Equal to cleanlab 2.9, whose code this is not, wherever that does not toss a coin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from learning.core.aggregation import NO_LABEL, KnownTruth, Votes
from learning.core.aggregation.crowdlab import Crowdlab, CrowdWeights, weigh
from learning.core.arrays import DoubleArray

#: No probability is smaller.
_LEAST = 1e-30
#: Temperatures tried first; then so many steps to either side of the best one.
_COARSE, _FINE = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0), 4


class ActiveLabScores(NamedTuple):
    """Scores of known and of new items, range (0, 1]; the lowest are to be asked first."""

    known: DoubleArray
    new: DoubleArray


def active_lab(
    votes: Votes, beliefs: DoubleArray, new_beliefs: DoubleArray, temperature: float | None = None
) -> ActiveLabScores:
    """Score known items by their answers and a model, new ones by the model.

    Parameters
    ----------
    votes : Votes
        Every item has an answer.
    beliefs : ndarray of float64, shape (n_items, n_labels)
        Of a model that did not learn the item's own answers.
    new_beliefs : ndarray of float64, shape (m, n_labels)
        Of items nobody answered.
    temperature : float, optional
        Of the model's probabilities where some item has two answers; by default :func:`best_temperature`.

    Returns
    -------
    ActiveLabScores

    Raises
    ------
    ValueError
        If an item has no answer.

    Examples
    --------
    >>> from learning.core.aggregation import votes_of
    >>> votes = votes_of([0, 1], [0, 0], [0, 0], n_items=2, n_people=1, n_labels=2)
    >>> found = active_lab(votes, np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.5, 0.5]]))
    >>> found.known.round(2).tolist(), found.new.tolist()
    ([0.77, 0.37], [0.5])
    """
    if not votes.answered.all():
        raise ValueError("a known item has an answer")
    if (votes.people_per_item > 1).any():
        temperature = temperature or best_temperature(votes, beliefs)
        beliefs = at_temperature(beliefs, temperature)
        found = Crowdlab().aggregate(votes, KnownTruth(np.full(votes.n_items, NO_LABEL), beliefs))
        quality, weights = found.confidence, weigh(votes, beliefs, found.labels)
    else:
        # nothing tells yet how reliable anybody is, the model included
        temperature, weights = 1.0, CrowdWeights(np.ones(votes.n_people), 1.0, 1.0)
        quality = beliefs[votes.items, votes.labels]
    guess, average = 1.0 / votes.n_labels, float(weights.people.mean())
    given = votes.summed(weights.people[votes.people]).sum(axis=1) + weights.model
    sure = at_temperature(new_beliefs, temperature).max(axis=1, initial=0.0)
    return ActiveLabScores(
        (quality * given + guess * average) / (given + average),
        (sure * weights.model + guess * average) / (weights.model + average),
    )


def at_temperature(probabilities: DoubleArray, temperature: float, least: float = _LEAST) -> DoubleArray:
    """Return probabilities sharpened (below 1) or flattened (above 1); what is below ``least`` counts as that.

    Examples
    --------
    >>> at_temperature(np.array([[0.8, 0.2]]), 0.5).round(2).tolist()
    [[0.94, 0.06]]
    """
    with np.errstate(divide="ignore"):  # 0 stays 0 where nothing is the least
        logs = np.log(np.maximum(probabilities, least)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def best_temperature(votes: Votes, beliefs: DoubleArray) -> float:
    """Return the temperature at which a model costs least of what people said, in two grids.

    cleanlab 2.9 takes labels for others here: it counts those of an item from the first label on, whatever they are
    (``internal.util.value_counts`` of floats), and so ends at 7 or 8 where 1 is best.

    Parameters
    ----------
    votes : Votes
    beliefs : ndarray of float64, shape (n_items, n_labels)

    Returns
    -------
    float
        Between 0.1 and 8.
    """
    shares = votes.summed(np.ones(len(votes))) / votes.people_per_item[:, None]

    def best_of(tried: list[float]) -> int:
        costs = [-(shares * np.log(np.maximum(at_temperature(beliefs, each, 0.0), _LEAST))).sum() for each in tried]
        return int(np.argmin(costs))

    at = best_of(list(_COARSE))
    fine: list[float] = []
    if at:
        fine += np.linspace(_COARSE[at - 1], _COARSE[at], _FINE, endpoint=False).tolist()
    if at + 1 < len(_COARSE):
        fine += np.linspace(_COARSE[at], _COARSE[at + 1], _FINE + 1).tolist()
    return fine[best_of(fine)]
