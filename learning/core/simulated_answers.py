"""What is answered in a simulated project: one answer an item, or several where an item is asked again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation import Votes, votes_of
from learning.core.aggregation.majority import most_said
from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.cycle import Answers
from learning.core.learners import one_hot
from learning.core.person_weights import NOBODY
from learning.core.second_opinions import Shown
from learning.core.simulated_people import SimulatedPeople


@dataclass(frozen=True)
class PoolAnswers:
    """What is answered when a row of the pool is asked, whether that is wrong, the seconds it takes, and by whom."""

    said: DoubleArray
    wrong: BoolArray
    seconds: DoubleArray
    people: IntArray | None = None


def answers_of(targets: DoubleArray, people: SimulatedPeople | None, turn: int = 0) -> PoolAnswers:
    """Return the answers to all rows of the pool: the truth, ``targets``, where nobody is simulated.

    ``turn`` 1 is everybody's second opinion, 2 the third.
    """
    n, n_labels = targets.shape
    if people is None:
        return PoolAnswers(targets, np.zeros(n, dtype=bool), np.zeros(n))
    given = people.give(np.arange(n), turn)
    return PoolAnswers(one_hot(given.labels, n_labels), given.labels != people.truth, given.seconds, given.people)


class AskedSoFar:
    """The questions of a simulated project and what was answered, in order.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
        The pool.
    targets : ndarray of shape (n, n_labels)
        Its true answers.
    people : SimulatedPeople or None
    most_answers : int
        An item is asked at most so often.
    """

    def __init__(
        self, features: FloatMatrix, targets: DoubleArray, people: SimulatedPeople | None, most_answers: int = 1
    ) -> None:
        self._features, self._truth = features, targets
        self._n_people = most_answers if people is None else len(people.answers)
        self._turns = [answers_of(targets, people, turn) for turn in range(most_answers)]
        #: pool row of each item, in the order of their first answers
        self.rows: IntArray = np.zeros(0, dtype=np.int64)
        #: how many people gave each label to each item
        self.votes: DoubleArray = np.zeros((0, targets.shape[1]))
        #: how many answers each item has
        self.counts: IntArray = np.zeros(0, dtype=np.int64)
        self.seconds = 0.0
        self.shown = Shown()
        self._given: list[tuple[IntArray, int]] = []

    @property
    def said(self) -> DoubleArray:
        """First answers to all rows of the pool, shape (n, n_labels)."""
        return self._turns[0].said

    @property
    def n_answers(self) -> int:
        """Answers so far."""
        return int(self.counts.sum())

    def ask_new(self, rows: IntArray) -> None:
        """Ask about rows of the pool for the first time."""
        first = self._turns[0]
        self._given.append((self.rows.size + np.arange(rows.size), 0))
        self.rows = np.concatenate((self.rows, rows))
        self.votes = np.concatenate((self.votes, first.said[rows]))
        self.counts = np.concatenate((self.counts, np.ones(rows.size, dtype=np.int64)))
        self.seconds += float(first.seconds[rows].sum())

    def ask_again(self, numbers: IntArray) -> None:
        """Ask somebody else about items, given by their place in :attr:`rows`, each at most once."""
        given = self.counts[numbers]
        for number, turn in zip(numbers.tolist(), given.tolist(), strict=True):
            answer, row = self._turns[turn], self.rows[number]
            if turn == 1:
                differs = bool((answer.said[row] != self.votes[number]).any())
                self.shown = Shown(self.shown.given + 1, self.shown.contradicted + differs)
            self._given.append((np.array([number]), turn))
            self.votes[number] += answer.said[row]
            self.seconds += float(answer.seconds[row])
        self.counts[numbers] += 1

    def answers(self) -> Answers:
        """Return what is known, as a project learns from it: the label most people gave, of a tie a part of each."""
        if self._turns[0].people is None:
            return Answers(self._features[self.rows], self.votes / self.counts[:, None])
        people = np.where(self.counts > 1, NOBODY, self._turns[0].people[self.rows])
        return Answers(self._features[self.rows], most_said(self.votes), people=people)

    def by_person(self) -> Votes:
        """Return the same answers with who gave them; where nobody is simulated the first ones are one person's."""
        items, people, labels = [], [], []
        for numbers, turn in self._given:
            said, rows = self._turns[turn], self.rows[numbers]
            items.append(numbers)
            people.append(np.full(rows.size, turn) if said.people is None else said.people[rows])
            labels.append(said.said[rows].argmax(axis=1))
        given = (np.concatenate(each) for each in (items, people, labels))
        return votes_of(*given, n_items=self.rows.size, n_people=self._n_people, n_labels=self.votes.shape[1])

    def n_wrong(self, beliefs: DoubleArray) -> int:
        """Return how many items have a wrong label: what most people gave, of a tie what is believed more."""
        single = self.counts == 1
        decided = (self.votes + 0.5 * beliefs).argmax(axis=1)
        wrong = self._truth[self.rows, decided] < 0.5
        return int(np.where(single, self._turns[0].wrong[self.rows], wrong).sum())
