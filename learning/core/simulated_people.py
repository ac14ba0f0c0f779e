"""People who err, for simulations: who answers what, rightly or not, and how long it takes them.

Whatever the kind of error, ``rate`` is the chance that an answer is wrong, on average over the pool and the people. A
person gives the same answer to the same item whenever it is asked: what differs between two strategies is what they
ask, not the luck of the people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.learners import make_learner, one_hot
from learning.core.learners.folds import grouped_folds

#: On the hardest item people toss a coin between the truth and what it is taken for.
COIN = 0.5
#: A question takes the quickest of several people so long, and the slowest.
QUICKEST_S, SLOWEST_S = 3.0, 12.0
_FOLDS = 3


@dataclass(frozen=True)
class GivenAnswers:
    """Answers of simulated people.

    Parameters
    ----------
    labels : ndarray of int, shape (m,)
    people : ndarray of int, shape (m,)
        Who gave them.
    seconds : ndarray of float64, shape (m,)
    """

    labels: IntArray
    people: IntArray
    seconds: DoubleArray


@dataclass(frozen=True)
class SimulatedPeople:
    """Some people and what each of them would answer to each item.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    answers : ndarray of int, shape (people, n)
    turns : ndarray of int, shape (n, people)
        Of each item who is asked first, who second and so on.
    seconds : ndarray of float64, shape (people,)
        What a question costs each of them.
    """

    truth: IntArray
    answers: IntArray
    turns: IntArray
    seconds: DoubleArray

    def give(self, rows: IntArray, turn: int = 0) -> GivenAnswers:
        """Return the answers to some rows; ``turn`` 1 is each item's second opinion, by somebody else.

        Raises
        ------
        ValueError
            If there are not as many people.
        """
        if not 0 <= turn < len(self.answers):
            raise ValueError(f"{len(self.answers)} people give no answer number {turn + 1} to an item")
        people = self.turns[rows, turn]
        return GivenAnswers(self.answers[people, rows], people, self.seconds[people])

    @property
    def error_rates(self) -> DoubleArray:
        """Share of wrong answers of each person, were all items asked; shape (people,)."""
        return np.asarray((self.answers != self.truth).mean(axis=1))


@dataclass(frozen=True)
class Crowd:
    """What simulated people are made of.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
    beliefs : ndarray of float64, shape (n, n_labels)
        Probabilities of a model that did not see the row, see :func:`out_of_fold`: what an item may be taken for.
    rate : float
        Chance of a wrong answer, in [0, 0.5).
    n_people : int
    """

    truth: IntArray
    beliefs: DoubleArray
    rate: float
    n_people: int

    @property
    def slowness(self) -> DoubleArray:
        """Place of each person between the quickest (0) and the slowest (1)."""
        return np.linspace(0.0, 1.0, self.n_people) if self.n_people > 1 else np.full(1, 0.5)

    @property
    def alike(self) -> DoubleArray:
        """Every wrong label alike, shape (n, n_labels)."""
        n, n_labels = self.beliefs.shape
        wrong = np.full((n, n_labels), 1.0 / max(n_labels - 1, 1))
        wrong[np.arange(n), self.truth] = 0.0
        return wrong


Chances = tuple[DoubleArray, DoubleArray]
"""Chance that a person errs on an item, shape (people, n); what is said then, shape (n, n_labels)."""


def uniform(crowd: Crowd) -> Chances:
    """Every answer is wrong with the same chance, and every wrong label is as likely."""
    return np.full((crowd.n_people, len(crowd.truth)), crowd.rate), crowd.alike


def confusable(crowd: Crowd) -> Chances:
    """Every answer is wrong with the same chance, and a label is taken for those a model confuses it with."""
    n_labels = crowd.beliefs.shape[1]
    confused = np.zeros((n_labels, n_labels))
    np.add.at(confused, crowd.truth, crowd.beliefs)
    chances = np.full((crowd.n_people, len(crowd.truth)), crowd.rate)
    return chances, _without_truth(confused[crowd.truth], crowd.truth)


def hard(crowd: Crowd) -> Chances:
    """Errors lie where a model is least sure of the truth: on the hardest item a coin is tossed."""
    n = len(crowd.truth)
    sureness = crowd.beliefs[np.arange(n), crowd.truth]
    hardness = (n - np.argsort(np.argsort(sureness)) - 0.5) / n
    # the mean of COIN * hardness ** a over ranks is COIN / (a + 1)
    chances = COIN * hardness ** (COIN / crowd.rate - 1.0) if crowd.rate > 0 else np.zeros(n)
    return np.tile(chances, (crowd.n_people, 1)), _without_truth(crowd.beliefs, crowd.truth)


def one_bad(crowd: Crowd) -> Chances:
    """One person clicks at random, or as nearly as the rate allows; the others share what is left of the errors."""
    clicks = 1.0 - 1.0 / crowd.beliefs.shape[1]
    total = crowd.rate * crowd.n_people
    worst = min(clicks, total)
    rates = np.full(crowd.n_people, (total - worst) / max(crowd.n_people - 1, 1))
    rates[0] = worst
    return np.repeat(rates[:, None], len(crowd.truth), axis=1), crowd.alike


def hasty(crowd: Crowd) -> Chances:
    """Who is quick errs: the quickest has nearly twice the errors of the mean, the slowest nearly none."""
    rates = crowd.rate * (1.9 - 1.8 * crowd.slowness)
    return np.repeat(rates[:, None], len(crowd.truth), axis=1), crowd.alike


NOISE: dict[str, Callable[[Crowd], Chances]] = {
    "uniform": uniform,
    "confusable": confusable,
    "hard": hard,
    "one_bad": one_bad,
    "hasty": hasty,
}


def make_people(noise: str, crowd: Crowd, seed: int) -> SimulatedPeople:
    """Make people who err in one of the ways of :data:`NOISE`.

    Parameters
    ----------
    noise : {"uniform", "confusable", "hard", "one_bad", "hasty"}
    crowd : Crowd
    seed : int

    Returns
    -------
    SimulatedPeople

    Raises
    ------
    ValueError
        If the rate is not in [0, 0.5), there is nobody, or one bad person shall be among one.

    Examples
    --------
    >>> truth = np.zeros(4_000, dtype=np.int64)
    >>> people = make_people("uniform", Crowd(truth, np.full((4_000, 2), 0.5), 0.2, 5), seed=0)
    >>> people.error_rates.round(1).tolist(), people.give(np.array([3])).people.shape
    ([0.2, 0.2, 0.2, 0.2, 0.2], (1,))
    """
    if not 0.0 <= crowd.rate < 0.5:
        raise ValueError(f"a rate of errors lies in [0, 0.5), not {crowd.rate}")
    if crowd.n_people < 1 or (noise == "one_bad" and crowd.n_people < 2):
        raise ValueError(f"{crowd.n_people} people are too few for {noise}")
    chances, instead = NOISE[noise](crowd)
    rng = np.random.default_rng([seed, 0x50454F50])
    n = len(crowd.truth)
    turns = np.argsort(rng.random((n, crowd.n_people)), axis=1)
    errs = rng.random((crowd.n_people, n)) < chances
    steps = np.cumsum(instead, axis=1)
    wrong = (steps < rng.random((crowd.n_people, n, 1)) * steps[:, -1:]).sum(axis=2)
    seconds = QUICKEST_S * (SLOWEST_S / QUICKEST_S) ** crowd.slowness
    return SimulatedPeople(crowd.truth, np.where(errs, wrong, crowd.truth), turns, seconds)


def out_of_fold(features: FloatMatrix, truth: IntArray, n_labels: int, rng: np.random.Generator) -> DoubleArray:
    """Return what a logistic regression that learned all other rows says of each row, shape (n, n_labels).

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)
    truth : ndarray of int, shape (n,)
    n_labels : int
    rng : numpy.random.Generator
    """
    folds = grouped_folds(truth, np.arange(len(truth)), _FOLDS, rng)
    targets = one_hot(truth, n_labels)
    found = np.zeros((len(truth), n_labels))
    for fold in range(_FOLDS):
        inside = folds == fold
        model = make_learner("logistic").fit(features[~inside], targets[~inside], kind="classification", rng=rng)
        found[inside] = model.predict(features[inside])
    return found


def _without_truth(beliefs: DoubleArray, truth: IntArray) -> DoubleArray:
    """What is believed beside the truth, rows summing to 1; alike where nothing is."""
    rest = beliefs + 1e-9
    rest[np.arange(len(truth)), truth] = 0.0
    return np.asarray(rest / np.maximum(rest.sum(axis=1, keepdims=True), 1e-12))
