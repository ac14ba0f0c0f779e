"""Whose answers look random, or like somebody else's: proposals for a person to decide, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from learning.core.arrays import DoubleArray
from learning.core.pairwise.audit import ERROR_RATE, holm
from learning.core.pairwise.bradley_terry import Strengths
from learning.core.pairwise.judgments import TIE, IntVector, Judgments

RANDOM, COPIED = "random", "copied"
LEAST_JUDGMENTS = 20
LEAST_SHARED = 12


@dataclass(frozen=True)
class Suspect:
    """An annotator to look at.

    Attributes
    ----------
    annotator : int
    why : str
        ``"random"`` or ``"copied"``.
    statistic : float
        For random: how many times likelier the answers are if nobody looked (a logarithm to base 10). For copied: the
        share of equal answers.
    p_value : float
        Of such agreement by chance; for random NaN.
    other : int
        Who was copied, -1 for random.
    """

    annotator: int
    why: str
    statistic: float
    p_value: float = float("nan")
    other: int = -1


def random_looking(judgments: Judgments, fitted: Strengths, *, least_odds: float = 1.3) -> list[Suspect]:
    """Return annotators whose answers are likelier from a coin than from the scores.

    Compared are "never looks" and "looks four times of five" (:mod:`learning.core.pairwise.reliability`).

    Parameters
    ----------
    judgments : Judgments
    fitted : Strengths
        As fitted with reliabilities, so that a random annotator has not shaped them.
    least_odds : float
        Logarithm to base 10 of the likelihood ratio from which somebody is named.

    Returns
    -------
    list of Suspect
        Clearest first. Nobody with fewer than 20 judgments.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> outcome, who = np.concatenate([np.zeros(40, int), rng.integers(0, 2, 40)]), np.repeat([0, 1], 40)
    >>> judgments = Judgments(np.zeros(80, int), np.ones(80, int), outcome, 2, who)
    >>> [suspect.annotator for suspect in random_looking(judgments, Strengths(np.array([2.0, -2.0])))]
    [1]
    """
    people = judgments.n_annotators
    answers = fitted.probabilities(judgments.left, judgments.right)[np.arange(len(judgments)), judgments.outcome]
    ties = float(np.mean(judgments.outcome == TIE)) if len(judgments) else 0.0
    blind = np.where(judgments.outcome == TIE, ties, (1.0 - ties) / 2)
    gained = np.log10(blind) - np.log10(0.8 * answers + 0.2 * blind)
    odds = np.bincount(judgments.annotator, gained, people)
    count = np.bincount(judgments.annotator, minlength=people)
    named = np.flatnonzero((odds >= least_odds) & (count >= LEAST_JUDGMENTS))
    return [Suspect(int(who), RANDOM, float(odds[who])) for who in named[np.argsort(-odds[named])]]


def copying(
    judgments: Judgments, fitted: Strengths, time: DoubleArray, *, error_rate: float = ERROR_RATE
) -> list[Suspect]:
    """Return annotators whose answers agree with another's more than the pairs themselves explain.

    On a pair both judged, two independent people agree with a probability that is taken from the others' answers to
    the pair, and from the fitted model where those are few. The number of agreements is compared with the sum of these
    probabilities. Who answered later is the one named.

    Parameters
    ----------
    judgments : Judgments
        One answer of an annotator to a pair.
    fitted : Strengths
    time : ndarray of float, shape (m,)
        When each answer was given, any unit.
    error_rate : float
        Probability that anybody is named who should not be, over all pairs of annotators (Holm).

    Returns
    -------
    list of Suspect

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> left = np.tile(np.arange(60), 4)
    >>> own = rng.integers(0, 2, (3, 60))
    >>> outcome, who = np.concatenate([*own, own[0]]), np.repeat(np.arange(4), 60)  # the fourth copies the first
    >>> judgments = Judgments(left, left + 60, outcome, 120, who)
    >>> found = copying(judgments, Strengths(np.zeros(120)), np.arange(240.0))
    >>> [(suspect.annotator, suspect.other) for suspect in found]
    [(3, 0)]
    """
    pair, answer, counts, expected = _answers(judgments, fitted)
    one, other, pair_of = _shared(pair, judgments.annotator)
    if not one.size:
        return []
    chance = _chance(counts[pair_of], answer[one], answer[other], expected[pair_of])
    equal = (answer[one] == answer[other]).astype(np.float64)
    people = judgments.n_annotators
    codes, group = np.unique(judgments.annotator[one] * people + judgments.annotator[other], return_inverse=True)
    shared = np.bincount(group)
    mean, variance = np.bincount(group, chance), np.bincount(group, chance * (1.0 - chance))
    agreed = np.bincount(group, equal)
    enough = shared >= LEAST_SHARED
    z = (agreed - 0.5 - mean) / np.sqrt(np.maximum(variance, 1e-9))
    p_values = np.where(enough, ndtr(-z), 1.0)
    named = np.flatnonzero(holm(p_values, error_rate) & enough)
    later = np.bincount(group, np.sign(time[other] - time[one]))
    found = []
    for row in named[np.argsort(p_values[named])].tolist():
        a, b = int(codes[row] // people), int(codes[row] % people)
        who, whom = (b, a) if later[row] >= 0 else (a, b)
        found.append(Suspect(who, COPIED, float(agreed[row] / shared[row]), float(p_values[row]), whom))
    return found


def _answers(judgments: Judgments, fitted: Strengths) -> tuple[IntVector, IntVector, DoubleArray, DoubleArray]:
    """Pair and side-free answer of every judgment, counts by pair, and the model's probabilities by pair."""
    low, high = np.minimum(judgments.left, judgments.right), np.maximum(judgments.left, judgments.right)
    codes, pair = np.unique(low * np.int64(judgments.n_items) + high, return_inverse=True)
    swapped = judgments.left != low
    answer = np.where((judgments.outcome < TIE) & swapped, 1 - judgments.outcome, judgments.outcome)
    counts = np.bincount(pair * 3 + answer, minlength=codes.size * 3).reshape(-1, 3).astype(np.float64)
    first, second = codes // judgments.n_items, codes % judgments.n_items
    return pair, answer, counts, fitted.probabilities(first, second, with_position=False)


def _shared(pair: IntVector, annotator: IntVector) -> tuple[IntVector, IntVector, IntVector]:
    """Rows of two different annotators' answers to the same pair, the smaller annotator number first."""
    order = np.lexsort((annotator, pair))
    ones, others = [], []
    for step in range(1, int(np.bincount(pair).max(initial=0))):
        near = order[:-step], order[step:]
        same = (pair[near[0]] == pair[near[1]]) & (annotator[near[0]] != annotator[near[1]])
        ones.append(near[0][same])
        others.append(near[1][same])
    if not ones:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    one, other = np.concatenate(ones), np.concatenate(others)
    return one, other, pair[one]


def _chance(counts: DoubleArray, one: IntVector, other: IntVector, expected: DoubleArray) -> DoubleArray:
    """Probability that two independent people agree on a pair, by the answers of everybody else and the model."""
    rest = counts.copy()
    rows = np.arange(one.size)
    rest[rows, one] -= 1.0
    rest[rows, other] -= 1.0
    share = (rest + 2.0 * expected) / (rest.sum(axis=1, keepdims=True) + 2.0)
    return np.asarray((share**2).sum(axis=1))
