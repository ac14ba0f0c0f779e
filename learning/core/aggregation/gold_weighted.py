"""Votes weighed by what each person said where the truth is known: naive Bayes, no expectation maximisation.

What people are like is learned from gold and reviewed items alone. Rules that learn it from the votes themselves as
well are drawn in by whoever agrees with one another; this one cannot be.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, logit

from learning.core.aggregation.base import Aggregated, decided, normalised
from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes, judged_items
from learning.core.arrays import DoubleArray, sigmoid

#: How often people are right before anything is known, and how many gold items of a label that belief is worth.
USUAL_ACCURACY, USUAL_ITEMS = 0.75, 4.0
#: How many of a person's answers to gold the accuracy of everybody is worth.
USUAL_ANSWERS = 4.0
#: How many answers to gold of one label what is expected of a person may be worth; the likeliest of them is taken.
SHRINKAGES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
#: How many gold items the belief that labels are equally frequent is worth.
EVEN_ITEMS = 10.0


class GoldWeighted:
    """Each person's confusion of labels from gold, drawn towards everybody's; posteriors by naive Bayes."""

    name = "gold_weighted"
    title = "Votes are weighed by each person's answers to gold"
    version = 1
    uses_gold = True

    def fits(self, known: KnownTruth) -> bool:
        """Say whether the truth of any item is known."""
        return bool((known.gold != NO_LABEL).any())

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Weigh the votes.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> said = [0, 1] * 10 + [1, 0] * 10 + [0, 1]  # the second person always says the other one
        >>> items, people = [*range(20), *range(20), 20, 20], [0] * 20 + [1] * 20 + [0, 1]
        >>> votes = votes_of(items, people, said, n_items=21, n_people=2, n_labels=2)
        >>> gold = np.append(np.tile([0, 1], 10), -1)
        >>> found = GoldWeighted().aggregate(votes, KnownTruth(gold))
        >>> int(found.labels[20]), bool(found.confidence[20] > 0.95)
        (0, True)
        """
        weights = np.log(confusions(votes, known)).transpose(0, 2, 1).reshape(-1, votes.n_labels)
        logits = np.asarray(votes.by_item @ np.ascontiguousarray(weights))
        truths = known.gold[known.gold != NO_LABEL]
        frequency = np.bincount(truths, minlength=votes.n_labels) + EVEN_ITEMS / votes.n_labels
        return decided(normalised(logits + np.log(frequency / frequency.sum())), votes)


def confusions(votes: Votes, known: KnownTruth) -> DoubleArray:
    """Return how often each person says each label where each is true, shape (n_people, true, said); above 0.

    A person's own answers to gold are drawn towards everybody's, moved to the person's own accuracy, the more the more
    alike people are. Everybody's are drawn towards the usual ones by the number of items, not of answers: many people
    who err on one hard item tell little of the next one.
    """
    counts = gold_counts(votes, known)
    usual = usual_confusion(votes.n_labels, USUAL_ACCURACY)
    n_items = np.bincount(known.gold[judged_items(votes, known)], minlength=votes.n_labels).sum()
    pooled = usual * USUAL_ITEMS + counts.sum(axis=0) * (n_items / max(counts.sum(), 1.0))
    pooled /= pooled.sum(axis=1, keepdims=True)
    shrinkage = _shrinkage(counts, pooled)
    return np.asarray(
        (counts + shrinkage * _by_accuracy(counts, pooled)) / (counts.sum(axis=2, keepdims=True) + shrinkage)
    )


def _shrinkage(counts: DoubleArray, pooled: DoubleArray) -> float:
    """Return how many answers the pooled confusion is worth under which what people said is likeliest."""
    totals = counts.sum(axis=2)

    def log_likelihood(worth: float) -> float:
        own = worth * pooled
        return float((gammaln(worth) - gammaln(totals + worth)).sum() + (gammaln(counts + own) - gammaln(own)).sum())

    return max(SHRINKAGES, key=log_likelihood)


def _by_accuracy(counts: DoubleArray, pooled: DoubleArray) -> DoubleArray:
    """Return the pooled confusion for each person, its diagonal moved in log odds to the person's accuracy."""
    right = np.diag(pooled)
    if right.size == 1:
        return np.broadcast_to(pooled, counts.shape)
    answers, usual = counts.sum(axis=(1, 2)), USUAL_ANSWERS * float(right.mean())
    own = (np.einsum("ptt->p", counts) + usual) / (answers + USUAL_ANSWERS)
    expected = (counts.sum(axis=2) @ right + usual) / (answers + USUAL_ANSWERS)
    moved = sigmoid(logit(right) + (logit(own) - logit(expected))[:, None])
    wrong = pooled * (1.0 - np.eye(right.size))
    wrong /= wrong.sum(axis=1, keepdims=True)
    return wrong * (1.0 - moved)[:, :, None] + np.eye(right.size) * moved[:, :, None]


def gold_counts(votes: Votes, known: KnownTruth) -> DoubleArray:
    """Return how often each person said each label to gold items, by their truth; shape (n_people, true, said)."""
    k = votes.n_labels
    truth = known.gold[votes.items]
    tested = truth != NO_LABEL
    at = (votes.people[tested] * k + truth[tested]) * k + votes.labels[tested]
    counts = np.bincount(at, votes.weights[tested], votes.n_people * k * k)
    return np.asarray(counts, dtype=np.float64).reshape(votes.n_people, k, k)


def usual_confusion(n_labels: int, accuracy: float) -> DoubleArray:
    """Return a confusion where every wrong label is as likely, shape (true, said); of one label it is certain."""
    if n_labels == 1:
        return np.ones((1, 1))
    wrong = (1.0 - accuracy) / (n_labels - 1)
    return np.full((n_labels, n_labels), wrong) + (accuracy - wrong) * np.eye(n_labels)
