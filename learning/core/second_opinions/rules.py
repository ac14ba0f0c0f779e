"""Rules by which a further answer to a known item is weighed against a first one to a new item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from learning.core.aggregation import Votes
from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import median_share
from learning.core.registry import Registry
from learning.core.second_opinions.active_lab import active_lab
from learning.core.second_opinions.doubt import doubt, doubt_of_labels


@dataclass(frozen=True)
class Shown:
    """What the second answers of a project have shown: how many were given, and how many contradict the first."""

    given: int = 0
    contradicted: int = 0

    @property
    def contradicts(self) -> float:
        """Share of second answers that contradict, as likely too high as too low.

        Examples
        --------
        >>> [round(Shown(*shown).contradicts, 2) for shown in ((0, 0), (6, 0), (30, 0), (10, 3))]
        [0.5, 0.11, 0.02, 0.36]
        """
        if not self.given:
            return 0.5
        return 1.0 - median_share(float(self.given - self.contradicted), self.given)


@dataclass(frozen=True)
class KnownItems:
    """Items with answers, and what there is to ask about instead.

    Parameters
    ----------
    votes : ndarray of float64, shape (n, n_labels)
        How many people gave each label.
    beliefs : ndarray of float64, shape (n, n_labels)
        Of a model that did not learn the item's own answers; alike where there is none.
    rate : float
        Of wrong answers, as far as it is known.
    shown : Shown
    by_person : Votes, optional
        The same answers with who gave them; :class:`ActiveLab` needs them.
    new_beliefs : ndarray of shape (m, n_labels), optional
        What the model says of the items nobody answered, for :class:`ActiveLab`, too.
    answers : ndarray of float64, shape (n,), optional
        How many people answered each item, where every label is a question of its own.
    """

    votes: DoubleArray
    beliefs: DoubleArray
    rate: float
    shown: Shown = Shown()
    by_person: Votes | None = None
    new_beliefs: DoubleArray | None = None
    answers: DoubleArray | None = None

    @property
    def n_answers(self) -> DoubleArray:
        """How many people answered each item."""
        return self.votes.sum(axis=1) if self.answers is None else self.answers

    @property
    def doubts(self) -> DoubleArray:
        """The chance that what an item is taken to be is wrong, shape (n,)."""
        if self.answers is None:
            return doubt(self.votes, self.beliefs, self.rate)
        return doubt_of_labels(self.votes, self.answers, self.beliefs, self.rate)


@dataclass(frozen=True)
class Weighed:
    """What a further answer is worth.

    Parameters
    ----------
    worth : ndarray of float64, shape (n,)
        Of each known item; the largest are asked about first.
    share : float
        Of the next questions that are better further answers, at most what was allowed.
    """

    worth: DoubleArray
    share: float


class SecondOpinionRule(Protocol):
    """One way to weigh."""

    name: str
    sees_people: bool
    """Whether it needs who gave which answer, and what the model says of new items."""

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Say what further answers are worth when ``n`` questions are next, of which a share may be further answers."""


class DoubtWhileItContradicts:
    """The label that is likeliest wrong first; as many as pays by what second answers have shown."""

    name = "doubt"
    sees_people = False
    #: Share of second answers that contradict from which on as many are asked as may be.
    worth = 0.2

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Weigh by doubt, and by the square of how often second answers contradict.

        Where nobody errs some twelve answers are spent on finding that out.

        Examples
        --------
        >>> rule, votes = DoubtWhileItContradicts(), np.eye(2)
        >>> agreeing = [KnownItems(votes, votes, 0.1, Shown(*shown)) for shown in ((0, 0), (6, 0), (30, 0), (10, 3))]
        >>> [round(rule.weigh(known, 20, 0.3).share, 2) for known in agreeing]
        [0.3, 0.09, 0.0, 0.3]
        """
        share = most_share * min(known.shown.contradicts / self.worth, 1.0) ** 2
        return Weighed(known.doubts, float(share))


class ActiveLab:
    """ActiveLab: the lowest of its scores first, known and new items on one scale."""

    name = "active_lab"
    sees_people = True

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Count how many of the ``n`` lowest scores are those of known items.

        Raises
        ------
        ValueError
            If it is not known who answered, or what there is to ask about instead.
        """
        if known.by_person is None or known.new_beliefs is None:
            raise ValueError("the rule needs who gave which answer, and the model's probabilities of new items")
        scores = active_lab(known.by_person, known.beliefs, known.new_beliefs)
        n = min(n, scores.known.size + scores.new.size)
        lowest = np.argsort(np.concatenate((scores.new, scores.known)), kind="stable")[:n]
        return Weighed(-scores.known, min(float((lowest >= scores.new.size).sum()) / max(n, 1), most_share))


class ByChance:
    """Any known item alike, as many as :class:`DoubtWhileItContradicts` has: what choosing them is held against."""

    name = "chance"
    sees_people = False

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Weigh all alike."""
        return Weighed(np.zeros(len(known.votes)), DoubtWhileItContradicts().weigh(known, n, most_share).share)


RULES: Registry[SecondOpinionRule] = Registry(
    "rule of second opinions",
    {
        "doubt": "learning.core.second_opinions.rules:DoubtWhileItContradicts",
        "active_lab": "learning.core.second_opinions.rules:ActiveLab",
        "chance": "learning.core.second_opinions.rules:ByChance",
    },
)
