"""What every rule of consensus is given and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes
from learning.core.arrays import BoolArray, DoubleArray, IntArray

#: Two labels that are nearer to one another are tied: what differs is the order in which doubles were added.
EVEN = 1e-9
#: Steps of posteriors while a rule iterates: two labels that are tied stay so, noise does not grow from step to step.
_STEPS = 2.0**40


@dataclass(frozen=True)
class Aggregated:
    """What the votes come to.

    Parameters
    ----------
    posterior : ndarray of float64, shape (n_items, n_labels)
        Rows sum to 1; all 0 for an item nobody answered. Never NaN.
    labels : ndarray of int, shape (n_items,)
        The likeliest; ``NO_LABEL`` for a tie and for an item nobody answered.
    """

    posterior: DoubleArray
    labels: IntArray

    @property
    def confidence(self) -> DoubleArray:
        """The posterior of the label taken, of a tie that of each of the tied; 0 for an item nobody answered."""
        taken = self.posterior[np.arange(len(self.labels)), np.maximum(self.labels, 0)]
        return np.where(self.labels != NO_LABEL, taken, self.posterior.max(axis=1))

    @property
    def tied(self) -> BoolArray:
        """Items with answers and no label."""
        return np.asarray((self.labels == NO_LABEL) & (self.confidence > 0))

    def loss(self, truth: IntArray, items: IntArray) -> DoubleArray:
        """How wrong the labels of some items are: 0 or 1, a tie of two the truth is among 1/2; shape (len(items),)."""
        rows, said, true = self.posterior[items], self.labels[items], truth[items]
        top = rows.max(axis=1, keepdims=True)
        leading = (rows >= top - EVEN) & (top > 0)
        among = leading[np.arange(len(items)), true] / np.maximum(leading.sum(axis=1), 1)
        return np.asarray(1.0 - np.where(said != NO_LABEL, said == true, among))


class ConsensusRule(Protocol):
    """One way to say what several answers come to."""

    name: str
    title: str
    """The sentence of what it does, without its full stop."""
    version: int
    """Counted up whenever the same answers may come to something else; stands in exports."""
    uses_gold: bool
    """Whether it learns from known truth: then it is measured on items whose truth it did not see."""

    def fits(self, known: KnownTruth) -> bool:
        """Say whether there is what the rule needs."""

    def aggregate(self, votes: Votes, known: KnownTruth) -> Aggregated:
        """Return what the votes come to."""


def decided(scores: DoubleArray, votes: Votes) -> Aggregated:
    """Take the likeliest label of each item.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_items, n_labels)
        At least 0; rows need not sum to 1.
    votes : Votes

    Returns
    -------
    Aggregated

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> votes = votes_of([0, 1, 1], [0, 0, 1], [1, 0, 1], n_items=3, n_people=2, n_labels=2)
    >>> decided(votes.summed(np.ones(3)), votes).labels.tolist()
    [1, -1, -1]
    """
    answered = votes.answered
    sums = scores.sum(axis=1)
    posterior = np.where(answered[:, None], scores / np.where(sums > 0, sums, 1.0)[:, None], 0.0)
    leading = posterior >= posterior.max(axis=1, keepdims=True) - EVEN
    clear = answered & (leading.sum(axis=1) == 1)
    return Aggregated(posterior, np.where(clear, posterior.argmax(axis=1), NO_LABEL))


def has_settled(before: DoubleArray, posterior: DoubleArray, votes: Votes, tolerance: float) -> bool:
    """Say whether the posteriors of answered items moved by less than ``tolerance`` on average; spoils ``before``."""
    np.subtract(before, posterior, out=before)
    moved = np.abs(before, out=before).sum(axis=1)
    return bool(moved[votes.answered].sum() <= tolerance * max(int(votes.answered.sum()), 1))


def normalised(logits: DoubleArray) -> DoubleArray:
    """Turn log posteriors into posteriors in place, in steps of 2 ** -40; see ``_STEPS``."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    logits *= _STEPS
    np.rint(logits, out=logits)
    logits /= _STEPS
    return logits
