"""CROWDLAB: the model's probabilities and people's votes, each weighed by how reliable they have shown to be.

The model is held against what people came to, people against one another. The score orders items well and is no
probability: it mixes votes by their weights, and where all agree it says less than is true.

H. W. Goh, U. Tkachenko, J. Mueller, "CROWDLAB: supervised learning to infer consensus labels and quality scores for
data with multiple annotators", NeurIPS workshop on human in the loop learning, 2022. Equal to cleanlab 2.9, whose code
this is not, wherever that does not toss a coin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation.base import EVEN, Aggregated
from learning.core.aggregation.majority import Majority
from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes
from learning.core.arrays import BoolArray, DoubleArray, IntArray

#: No weight is less, and no error by which another one is divided.
LEAST = 1e-6


@dataclass(frozen=True)
class CrowdWeights:
    """How much people and the model count.

    Parameters
    ----------
    people : ndarray of float64, shape (n_people,)
    model : float
    likelihood : float
        How often a vote is the consensus.
    """

    people: DoubleArray
    model: float
    likelihood: float


class Crowdlab:
    """Needs the probabilities of a model that did not learn an item's own votes, and items with several votes."""

    name = "crowdlab"
    title = "Votes are weighed together with the model (CROWDLAB)"
    version = 1
    uses_gold = False

    def fits(self, known: KnownTruth) -> bool:
        """Say whether there are a model's probabilities."""
        return known.probabilities is not None

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Weigh votes and model.

        Where no item has two votes nothing tells how reliable anybody is: then it is the majority.

        Raises
        ------
        ValueError
            If there are no probabilities.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> votes = votes_of([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [0, 0, 1, 1, 1], n_items=3, n_people=2, n_labels=2)
        >>> model = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
        >>> found = Crowdlab().aggregate(votes, KnownTruth(np.full(3, -1), model))
        >>> found.labels.tolist(), found.confidence.round(3).tolist()
        ([0, 1, 1], [0.961, 0.922, 0.606])
        """
        if known.probabilities is None:
            raise ValueError("the rule needs the probabilities of a model")
        if not (votes.people_per_item > 1).any() or votes.n_labels < 2:
            return Majority().aggregate(votes, known)
        beliefs = np.asarray(known.probabilities, dtype=np.float64)
        first = majority_by_model(votes, beliefs)
        posterior = _mixed(votes, beliefs, weigh(votes, beliefs, first))
        leading = _leading(posterior, votes.answered)
        labels = np.where(leading.sum(axis=1) == 1, leading.argmax(axis=1), first)
        posterior = _mixed(votes, beliefs, weigh(votes, beliefs, labels))
        return Aggregated(posterior, np.where(votes.answered, labels, NO_LABEL))


def weigh(votes: Votes, beliefs: DoubleArray, consensus: IntArray) -> CrowdWeights:
    """Weigh people by how often others say the same, the model by how often it says the consensus.

    Both are taken from items with several votes, and compared with always saying the commonest label.

    Parameters
    ----------
    votes : Votes
    beliefs : ndarray of shape (n_items, n_labels)
        Rows of 0 where the model said nothing.
    consensus : ndarray of int, shape (n_items,)
        ``NO_LABEL`` where there is none; such items tell nothing.

    Returns
    -------
    CrowdWeights
    """
    per_item = votes.people_per_item
    told = (per_item > 1) & (consensus != NO_LABEL)
    if not told.any():
        return CrowdWeights(np.ones(votes.n_people), 1.0, 1.0)
    agreed = votes.weights * (votes.labels == consensus[votes.items])
    agreement = np.bincount(votes.items, agreed, votes.n_items)[told] / per_item[told]
    truth = consensus[told]
    commonest = max(1.0 - float(np.bincount(truth).max()) / len(truth), LEAST)
    leading = _leading(beliefs[told], beliefs[told].sum(axis=1) > 0)
    said = leading.sum(axis=1)
    hit = leading[np.arange(len(truth)), truth][said > 0] / said[said > 0]
    skill = max(1.0 - (1.0 - float(hit.mean())) / commonest, LEAST) if hit.size else 0.0
    by_others = agreement_with_others(votes)
    return CrowdWeights(
        np.maximum(1.0 - (1.0 - by_others) / commonest, LEAST),
        skill * float(np.sqrt(per_item[per_item > 0].mean())),
        float(agreement.mean()),
    )


def agreement_with_others(votes: Votes) -> DoubleArray:
    """Return the share of others' votes on a person's items that say the same, shape (n_people,).

    Of somebody who was always alone it is the mean of the others.
    """
    counts = votes.summed(np.ones(len(votes)))
    others = votes.people_per_item[votes.items] - 1.0
    same = counts[votes.items, votes.labels] - votes.weights
    total = np.bincount(votes.people, votes.weights * others, votes.n_people)
    equal = np.bincount(votes.people, votes.weights * same, votes.n_people)
    known = total > 0
    shares = equal[known] / total[known]
    found = np.full(votes.n_people, float(shares.mean()) if shares.size else 1.0)
    found[known] = shares
    return found


def majority_by_model(votes: Votes, beliefs: DoubleArray) -> IntArray:
    """Return the label most people gave; ties go to the model, then to the rarer label, then to better people.

    ``NO_LABEL`` where none of them decides.
    """
    counts = votes.summed(np.ones(len(votes)))
    leading = _leading(counts, votes.answered)
    alone = leading.sum(axis=1) == 1
    labels = np.where(alone, leading.argmax(axis=1), NO_LABEL)
    agreed = votes.weights * (votes.labels == labels[votes.items])
    judged = alone[votes.items]
    right = np.bincount(votes.people[judged], agreed[judged], votes.n_people)
    tried = np.bincount(votes.people[judged], votes.weights[judged], votes.n_people)
    quality = np.full(votes.n_people, float((right[tried > 0] / tried[tried > 0]).mean()) if judged.any() else 1.0)
    quality[tried > 0] = right[tried > 0] / tried[tried > 0]
    by_quality = votes.summed(quality[votes.people]) / np.where(counts > 0, counts, 1.0)
    for better in (beliefs, -np.broadcast_to(counts.sum(axis=0), counts.shape), by_quality):
        best = np.where(leading, better, -np.inf).max(axis=1, keepdims=True)
        leading = leading & (better >= best - EVEN)
    return np.where(leading.sum(axis=1) == 1, leading.argmax(axis=1), NO_LABEL)


def _leading(scores: DoubleArray, rows: BoolArray) -> BoolArray:
    """Mark the largest scores of each row of a mask."""
    return np.asarray((scores >= scores.max(axis=1, keepdims=True) - EVEN) & rows[:, None])


def _mixed(votes: Votes, beliefs: DoubleArray, weights: CrowdWeights) -> DoubleArray:
    """Return the weighted mean of what the model and each vote say; 0 for items nobody answered."""
    has_model = beliefs.sum(axis=1, keepdims=True) > 0
    model = np.where(has_model, weights.model, 0.0)
    said = votes.summed(weights.people[votes.people])
    total = said.sum(axis=1, keepdims=True)
    unlike = (1.0 - weights.likelihood) / (votes.n_labels - 1)
    mixed = beliefs * model + said * weights.likelihood + (total - said) * unlike
    return np.asarray(np.where(votes.answered[:, None], mixed / np.where(total + model > 0, total + model, 1.0), 0.0))
