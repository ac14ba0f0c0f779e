"""Dawid and Skene's rules: what people are like and what is true, learned from one another.

No safe default: where people err alike, the likeliest story is that they are right. In the log domain, over sparse
votes; with priors, so that a person with one answer and a label nobody gave have defined places. They start from the
shares of votes and draw nothing at random.

A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied
Statistics 28, 1979.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation.base import Aggregated, decided, has_settled, normalised
from learning.core.aggregation.gold_weighted import usual_confusion
from learning.core.aggregation.votes import KnownTruth, Votes
from learning.core.arrays import DoubleArray

#: Until no posterior moves by more on average, and at most so many steps.
TOLERANCE, STEPS = 1e-4, 100
#: How often people are right before anything is known.
USUAL_ACCURACY = 0.7
#: What keeps logarithms finite where a prior is worth nothing.
_LEAST = 1e-10


def shares_of(votes: Votes) -> DoubleArray:
    """Return each item's share of votes by label; of an item nobody answered every label's is the same."""
    shares = votes.summed(np.ones(len(votes)))
    sums = shares.sum(axis=1, keepdims=True)
    return np.where(sums > 0, shares / np.where(sums > 0, sums, 1.0), 1.0 / votes.n_labels)


@dataclass(frozen=True)
class DawidSkene:
    """Every person has a confusion of labels.

    Parameters
    ----------
    prior_answers : float
        What the usual confusion is worth, in answers to each true label.
    prior_items : float
        What even frequencies of the labels are worth, in items.
    steps : int
    tolerance : float
    """

    prior_answers: float = 2.0
    prior_items: float = 1.0
    steps: int = STEPS
    tolerance: float = TOLERANCE
    name: str = "dawid_skene"
    title: str = "Votes are weighed by Dawid and Skene's rule"
    version: int = 1
    uses_gold: bool = False

    def fits(self, known: KnownTruth) -> bool:
        """Return True: it needs nothing."""
        return True

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Learn both.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> rng = np.random.default_rng(0)
        >>> truth, coin = rng.integers(0, 2, 200), rng.integers(0, 2, (2, 200))
        >>> said = np.concatenate((truth, truth, *coin))  # two who know, two who toss a coin
        >>> items, people = np.tile(range(200), 4), np.repeat(range(4), 200)
        >>> votes = votes_of(items, people, said, n_items=200, n_people=4, n_labels=2)
        >>> float((DawidSkene().aggregate(votes, KnownTruth(np.full(200, -1))).labels == truth).mean())
        1.0
        """
        k = votes.n_labels
        by_item = votes.by_item
        by_answer = by_item.T  # column by column: what is summed stays in the cache, unlike the items
        prior = np.tile(self.prior_answers * usual_confusion(k, USUAL_ACCURACY).T, (votes.n_people, 1))
        answered, posterior = votes.answered.astype(np.float64), shares_of(votes)
        for _ in range(self.steps):
            counts = np.asarray(by_answer @ posterior) + prior  # rows: person and what was said; columns: truth
            np.maximum(counts, _LEAST, out=counts)
            counts /= np.repeat(counts.reshape(-1, k, k).sum(axis=1), k, axis=0)
            frequency = answered @ posterior + self.prior_items / k
            logits = np.asarray(by_item @ np.log(counts))
            logits += np.log(np.maximum(frequency / frequency.sum(), _LEAST))
            before, posterior = posterior, normalised(logits)
            if has_settled(before, posterior, votes, self.tolerance):
                break
        return decided(posterior, votes)


@dataclass(frozen=True)
class OneCoin:
    """Every person is right with one probability, whatever is true; each wrong label is as likely.

    Parameters
    ----------
    prior_answers : float
        What the usual accuracy is worth, in answers.
    prior_items : float
        What even frequencies of the labels are worth, in items.
    steps : int
    tolerance : float
    """

    prior_answers: float = 2.0
    prior_items: float = 1.0
    steps: int = STEPS
    tolerance: float = TOLERANCE
    name: str = "one_coin"
    title: str = "Votes are weighed by the one-coin rule of Dawid and Skene"
    version: int = 1
    uses_gold: bool = False

    def fits(self, known: KnownTruth) -> bool:
        """Return True: it needs nothing."""
        return True

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Learn both.

        Examples
        --------
        >>> from learning.core.aggregation.votes import votes_of
        >>> votes = votes_of([0, 0, 0], [0, 1, 2], [2, 2, 0], n_items=2, n_people=3, n_labels=3)
        >>> OneCoin().aggregate(votes, KnownTruth(np.full(2, -1))).labels.tolist()
        [2, -1]
        """
        k = votes.n_labels
        answers = np.bincount(votes.people, votes.weights, votes.n_people)
        answered, posterior = votes.answered.astype(np.float64), shares_of(votes)
        for _ in range(self.steps):
            right = np.bincount(votes.people, votes.weights * posterior[votes.items, votes.labels], votes.n_people)
            accuracy = (right + self.prior_answers * USUAL_ACCURACY) / np.maximum(answers + self.prior_answers, _LEAST)
            accuracy = np.clip(accuracy, _LEAST, 1.0 - _LEAST)
            lead = np.log(accuracy) - np.log((1.0 - accuracy) / max(k - 1, 1))
            frequency = answered @ posterior + self.prior_items / k
            logits = votes.summed(lead[votes.people])
            logits += np.log(np.maximum(frequency / max(frequency.sum(), _LEAST), _LEAST))
            before, posterior = posterior, normalised(logits)
            if has_settled(before, posterior, votes, self.tolerance):
                break
        return decided(posterior, votes)
