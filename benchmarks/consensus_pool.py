"""Simulated crowds: mixes of good, random, inverted and class-biased people, with and without a model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from learning.core.aggregation import NO_LABEL, KnownTruth, Votes, votes_of
from learning.core.aggregation.majority import Majority
from learning.core.simulated_people import out_of_fold

#: Shares of people who are good (.7 to .95), toss a coin, mean the opposite, favour a label of their own, all favour
#: the same label.
MIXES = {
    "good": (1.0, 0.0, 0.0, 0.0, 0.0),
    "a third random": (0.67, 0.33, 0.0, 0.0, 0.0),
    "a fifth inverted": (0.8, 0.0, 0.2, 0.0, 0.0),
    "half biased": (0.5, 0.0, 0.0, 0.5, 0.0),
    "half with one bias": (0.5, 0.0, 0.0, 0.0, 0.5),
    "everything": (0.4, 0.2, 0.1, 0.15, 0.15),
}


class AnsweredCrowd(NamedTuple):
    """Votes, the truth (``NO_LABEL`` where unknown) and what a model says, if there is one."""

    votes: Votes
    truth: np.ndarray
    beliefs: np.ndarray | None


def confusion(sort: int, n_labels: int, rng: np.random.Generator) -> np.ndarray:
    """Return what a person of a sort says where each label is true."""
    accuracy = rng.uniform(0.7, 0.95)
    wrong = (1.0 - np.eye(n_labels)) / (n_labels - 1)
    good = accuracy * np.eye(n_labels) + (1.0 - accuracy) * wrong
    if sort == 1:
        return np.full((n_labels, n_labels), 1.0 / n_labels)
    if sort == 2:
        return np.roll(good, 1, axis=1)
    if sort in (3, 4):
        favourite = int(rng.integers(n_labels)) if sort == 3 else 0
        good = 0.4 * good
        good[:, favourite] += 0.6
    return good


def simulated(
    mix: str,
    n_labels: int,
    answers: int,
    seed: int,
    n_items: int = 600,
    n_people: int = 30,
    truth: np.ndarray | None = None,
) -> AnsweredCrowd:
    """Draw a crowd; every item gets as many answers, by people drawn at random."""
    rng = np.random.default_rng([seed, list(MIXES).index(mix), n_labels, answers])
    if truth is None:
        truth = rng.choice(n_labels, n_items, p=rng.dirichlet(np.full(n_labels, 3.0)))
    sorts = np.repeat(np.arange(5), np.diff(np.round(np.cumsum((0.0, *MIXES[mix])) * n_people).astype(int)))
    tables = np.array([confusion(int(sort), n_labels, rng) for sort in sorts])
    people = np.argsort(rng.random((len(truth), len(sorts))), axis=1)[:, :answers].ravel()
    items = np.repeat(np.arange(len(truth)), answers)
    steps = np.cumsum(tables[people, truth[items]], axis=1)
    labels = (steps < rng.random((len(items), 1))).sum(axis=1).clip(max=n_labels - 1)
    votes = votes_of(items, people, labels, n_items=len(truth), n_people=len(sorts), n_labels=n_labels)
    return AnsweredCrowd(votes, truth, None)


def with_model(mix: str, features: np.ndarray, truth: np.ndarray, answers: int, seed: int) -> AnsweredCrowd:
    """Let a crowd answer real items, and a model learn, out of fold, what the majority came to."""
    rng = np.random.default_rng([seed, 0x4D4F44])
    rows = rng.choice(len(truth), 600, replace=False)
    n_labels = int(truth.max()) + 1
    crowd = simulated(mix, n_labels, answers, seed, truth=truth[rows])
    known = KnownTruth(np.full(len(rows), NO_LABEL))
    told = Majority().aggregate(crowd.votes, known).posterior
    # a tie is learned as one of its labels, drawn by lot
    learned = (told + 1e-6 * rng.random(told.shape)).argmax(axis=1)
    return AnsweredCrowd(crowd.votes, crowd.truth, out_of_fold(features[rows], learned, n_labels, rng))
