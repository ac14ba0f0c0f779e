"""Does somebody answer gold questions at random? Asked anew after every one of them.

A share of right answers with an interval is made for one look. Who looks after every question and acts the first time
the interval lies below some mark accuses honest people: of a thousand people who are right in 90 % of the questions,
109 have a 95 % interval (Wilson's) wholly below 80 % at some time within a hundred of them. Here the number of wrong
answers that is too many is fixed for every number of questions, so that all looks together accuse an honest person
once in a thousand.

After ``n`` questions with ``w`` wrong answers the likelihood of guessing (right with the probability ``chance``) is
held against that of honesty (Wald's sequential test); the person is proposed when the ratio passes a threshold. The
threshold is not Wald's bound: the chance that an honest person ever passes it is summed exactly, question by
question, and the least threshold that keeps it is taken.

Honest means right in 85 to 95 % of the questions. Where guesses are seldom right, nobody within this band is accused
more often than ``FALSE_ALARM``. With two labels that cannot be had within 14 questions: by Neyman and Pearson's lemma
any test of 14 questions that accuses a person of 85 % once in a thousand finds less than half of those who guess.
There the band counts on average: one in a thousand over 85 to 95 %, 4.2 in a thousand at 85 % exactly.

People change. After ``BLOCK`` questions the count begins anew, so that who began well and tired is seen as fast as a
newcomer.

Who always gives the commonest label is right as often as it is common, and seen only as fast as gold holds other
labels: draw gold evenly over the labels.

References
----------
A. Wald, "Sequential tests of statistical hypotheses", Annals of Mathematical Statistics 16, 1945.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from learning.core.arrays import DoubleArray, IntArray

#: Shares of right answers that honest people have.
HONEST = (0.85, 0.95)
#: Chance that an honest person is proposed within a block.
FALSE_ALARM = 0.001
#: Within so many questions half of those who guess are to be found.
SOON = 14
#: Questions after which the count begins anew.
BLOCK = 200
#: A guess that is right more often than this cannot be told from honesty soon enough to be worth a question.
MOST_CHANCE = 0.6

_BAND: DoubleArray = np.linspace(*HONEST, 11)


@dataclass(frozen=True)
class GoldVerdict:
    """What the gold answers of one person say.

    ``questions`` and ``wrong`` count the block that decides: the one in which the person was proposed, else the last.
    ``proposed_after`` is the number of gold questions, from the person's first on, after which it was proposed; None if
    it was not. ``wrong_allowed`` is the most wrong answers among ``questions`` that propose nobody.
    """

    questions: int
    wrong: int
    wrong_allowed: int
    proposed_after: int | None

    @property
    def is_proposed(self) -> bool:
        return self.proposed_after is not None


def judge_gold(right: Sequence[bool], chance: float) -> GoldVerdict:
    """Say whether somebody is to be proposed for quarantine.

    Parameters
    ----------
    right : sequence of bool
        One value for each gold question the person has answered, in the order of answering.
    chance : float
        Probability in (0, 1) that a guess is right: one by the number of labels.

    Raises
    ------
    ValueError
        If ``chance`` is not inside (0, 1).

    Examples
    --------
    >>> judge_gold([True] * 9 + [False], chance=0.25).is_proposed
    False
    >>> judge_gold([True, False, False, False, False, False], chance=0.25).proposed_after
    6
    """
    allowed = most_wrong(chance)
    wrong = np.logical_not(np.asarray(right, dtype=bool))
    block = wrong[:0]
    for start in range(0, len(wrong), BLOCK):
        block = wrong[start : start + BLOCK]
        over = np.flatnonzero(block.cumsum() > allowed[: len(block)])
        if len(over):
            n = int(over[0]) + 1
            return GoldVerdict(n, int(block[:n].sum()), int(allowed[n - 1]), start + n)
    n = len(block)
    return GoldVerdict(n, int(block.sum()), int(allowed[n - 1]) if n else 0, None)


@lru_cache(maxsize=64)
def most_wrong(chance: float) -> IntArray:
    """The most wrong answers that propose nobody.

    Returns
    -------
    ndarray of int64, shape (BLOCK,)
        Entry ``n - 1`` for ``n`` questions; ``n`` itself where no number of wrong answers is too many.

    Raises
    ------
    ValueError
        If ``chance`` is not inside (0, 1).
    """
    if not 0 < chance < 1:
        raise ValueError(f"chance is a probability inside (0, 1), not {chance}")
    if chance > MOST_CHANCE:
        return np.arange(1, BLOCK + 1)
    strict = _least_alarming(chance, _log_odds(chance, honest=HONEST[0]), np.array(HONEST[:1]))
    if found_within(strict, chance)[SOON - 1] >= 0.5:
        return strict
    return _least_alarming(chance, _log_odds(chance, honest=None), _BAND)


def found_within(allowed: IntArray, right_share: float | DoubleArray) -> DoubleArray:
    """How likely somebody who is right with a fixed probability is proposed.

    Parameters
    ----------
    allowed : ndarray of int64, shape (n_questions,)
        The most wrong answers that propose nobody, as :func:`most_wrong` gives them.
    right_share : float or ndarray of float64, shape (n_people,)
        Probability of a right answer.

    Returns
    -------
    ndarray of float64, shape (n_questions,) or (n_people, n_questions)
        Probability to be proposed after so many questions or fewer.
    """
    right = np.atleast_1d(np.asarray(right_share, dtype=np.float64))[:, None]
    wrong_so_far = np.ones((len(right), 1))
    proposed = np.empty((len(right), len(allowed)))
    for n, most in enumerate(allowed.tolist(), start=1):
        after = np.zeros((len(right), n + 1))
        after[:, :-1] = wrong_so_far * right
        after[:, 1:] += wrong_so_far * (1 - right)
        proposed[:, n - 1] = after[:, most + 1 :].sum(axis=1)
        after[:, most + 1 :] = 0.0
        wrong_so_far = after
    found = proposed.cumsum(axis=1)
    return found if np.ndim(right_share) else found[0]


def _least_alarming(chance: float, log_odds: DoubleArray, honest: DoubleArray) -> IntArray:
    """The boundary of the least threshold at which honest people pass it seldom enough, by halving."""
    low, high = 0.0, -np.log(FALSE_ALARM)
    for _ in range(20):
        threshold = (low + high) / 2
        alarms = found_within(_boundary(log_odds, threshold), honest)[:, -1].mean()
        low, high = (threshold, high) if alarms > FALSE_ALARM else (low, threshold)
    return _boundary(log_odds, high)


def _boundary(log_odds: DoubleArray, threshold: float) -> IntArray:
    """Row ``n - 1``: the most wrong answers of ``n`` below the threshold. Odds rise with every wrong answer."""
    return np.asarray((log_odds < threshold).sum(axis=1) - 1, dtype=np.int64)


def _log_odds(chance: float, honest: float | None) -> DoubleArray:
    """Logarithm of guessing over honesty, shape (BLOCK, BLOCK + 1): row ``n - 1``, column of the wrong answers; plus
    infinity where there are more wrong answers than questions. ``honest`` None weighs the whole band alike."""
    n = np.arange(1, BLOCK + 1)[:, None]
    wrong = np.arange(BLOCK + 1)[None, :]
    right = np.maximum(n - wrong, 0)
    guessing = right * np.log(chance) + wrong * np.log1p(-chance)
    # the mean over the band is that of a polynomial of degree n, which so many of Gauss's points give exactly
    at, weights = (np.array([0.0]), np.array([2.0])) if honest else np.polynomial.legendre.leggauss(BLOCK // 2 + 1)
    middle, half = (honest, 0.0) if honest else (sum(HONEST) / 2.0, (HONEST[1] - HONEST[0]) / 2.0)
    honesty = np.full(right.shape, -np.inf)
    for share, weight in zip(middle + half * at, weights / 2.0, strict=True):
        honesty = np.logaddexp(honesty, right * np.log(share) + wrong * np.log1p(-share) + np.log(weight))
    return np.where(wrong > n, np.inf, guessing - honesty)
