"""Rules by which a further answer to a known item is weighed against a first one to a new item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from learning.core.aggregation import Votes
from learning.core.arrays import BoolArray, DoubleArray, IntArray
from learning.core.evaluation.intervals import median_share
from learning.core.registry import Registry
from learning.core.second_opinions.active_lab import active_lab
from learning.core.second_opinions.doubt import doubt, doubt_of_labels
from learning.core.second_opinions.wrong import wrong_label, wrong_labels


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
    def n_labels_given(self) -> int:
        """Labels that somebody gave; where every label is a question of its own, its two answers."""
        return int(self.votes.any(axis=0).sum()) if self.answers is None else 2

    @property
    def doubts(self) -> DoubleArray:
        """The chance that what an item is taken to be is wrong, shape (n,)."""
        if self.answers is None:
            return doubt(self.votes, self.beliefs, self.rate)
        return doubt_of_labels(self.votes, self.answers, self.beliefs, self.rate)

    @property
    def wrong(self) -> DoubleArray:
        """The chance that the label people gave an item is wrong, shape (n,)."""
        if self.answers is None:
            return wrong_label(self.votes, self.beliefs)
        return wrong_labels(self.votes, self.answers, self.beliefs)


@dataclass(frozen=True)
class Weighed:
    """What a further answer is worth.

    Parameters
    ----------
    worth : ndarray of float64, shape (n,)
        Of each known item; the largest are asked about first.
    share : float
        Of the next questions that are better further answers at most, no more than was allowed.
    is_worth : ndarray of bool, shape (n,), optional
        Which items are worth one for certain, so that there are not many more further answers than these; by default
        all.
    least_share : float
        Of the next questions that are further answers however few are worth one for certain.
    """

    worth: DoubleArray
    share: float
    is_worth: BoolArray | None = None
    least_share: float = 0.0

    def among(self, items: IntArray, n: int, turns: int = 1) -> tuple[float, int]:
        """Return the share of ``n`` questions that are to be about some of the items, and about how many at most."""
        if self.is_worth is None:
            return self.share, items.size
        n_worth = int(self.is_worth[items].sum())
        share = min(max(n_worth / max(n, 1), self.least_share), self.share)
        return share, min(max(n_worth, int(np.ceil(turns * n * self.least_share))), items.size)


#: Share of second answers that contradict from which on as many are asked as may be.
ENOUGH = 0.2


def while_contradicted(shown: Shown, most_share: float) -> float:
    """Return the share of the questions that pays while second answers contradict: by the square of how often they do.

    Where nobody errs some twelve answers are spent on finding that out.
    """
    return float(most_share * min(shown.contradicts / ENOUGH, 1.0) ** 2)


class SecondOpinionRule(Protocol):
    """One way to weigh."""

    name: str
    sees_people: bool
    """Whether it needs who gave which answer, and what the model says of new items."""

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Say what further answers are worth when ``n`` questions are next, of which a share may be further answers."""


class LikelyWrong:
    """The label that is likeliest wrong first; as many as are likely wrong, and some more while they contradict.

    What is wrong where the model knows nothing either (errors on hard items) no chance tells; second answers do.
    While labels have few items each all questions are about new ones: these teach more, and a model that has hardly met
    the labels finds wrong ones little better than chance.
    """

    name = "likely_wrong"
    sees_people = False
    #: Chance of a wrong label from which on an item is worth a further answer.
    worth = 0.2
    #: Of the questions while second answers contradict, few as the likely wrong ones may be.
    some = 0.3
    #: Known items for each label somebody gave before anything is asked again.
    items_per_label = 5

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Weigh by the chance that the label is wrong, and count where it is large.

        A tie has no label and is always worth one, once enough items are known.

        Examples
        --------
        >>> votes = np.repeat([[1.0, 0.0]], 20, axis=0)
        >>> beliefs = np.repeat([[0.9, 0.1], [0.05, 0.95]], [18, 2], axis=0)
        >>> shown = (Shown(), Shown(40, 0))
        >>> found = [LikelyWrong().weigh(KnownItems(votes, beliefs, 0.1, each), 20, 0.5) for each in shown]
        >>> [each.among(np.arange(20), 20) for each in found]
        [(0.3, 6), (0.1, 2)]
        >>> LikelyWrong().weigh(KnownItems(votes[:4], beliefs[:4], 0.1), 20, 0.5).share
        0.0
        """
        wrong = known.wrong
        if len(wrong) < self.items_per_label * known.n_labels_given:
            return Weighed(wrong, 0.0)
        return Weighed(
            wrong, most_share, wrong > self.worth, while_contradicted(known.shown, min(most_share, self.some))
        )


class DoubtWhileItContradicts:
    """The label that is likeliest wrong first; as many as pays by what second answers have shown."""

    name = "doubt"
    sees_people = False

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Weigh by doubt, and by the square of how often second answers contradict.

        Examples
        --------
        >>> rule, votes = DoubtWhileItContradicts(), np.eye(2)
        >>> agreeing = [KnownItems(votes, votes, 0.1, Shown(*shown)) for shown in ((0, 0), (6, 0), (30, 0), (10, 3))]
        >>> [round(rule.weigh(known, 20, 0.3).share, 2) for known in agreeing]
        [0.3, 0.09, 0.0, 0.3]
        """
        return Weighed(known.doubts, while_contradicted(known.shown, most_share))


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
    """Any known item alike, as many as :class:`LikelyWrong` finds: what choosing them is held against."""

    name = "chance"
    sees_people = False

    def weigh(self, known: KnownItems, n: int, most_share: float) -> Weighed:
        """Weigh all alike."""
        return replace(LikelyWrong().weigh(known, n, most_share), worth=np.zeros(len(known.votes)))


RULES: Registry[SecondOpinionRule] = Registry(
    "rule of second opinions",
    {
        "likely_wrong": "learning.core.second_opinions.rules:LikelyWrong",
        "doubt": "learning.core.second_opinions.rules:DoubtWhileItContradicts",
        "active_lab": "learning.core.second_opinions.rules:ActiveLab",
        "chance": "learning.core.second_opinions.rules:ByChance",
    },
)
