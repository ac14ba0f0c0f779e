"""How often people answer wrongly, as far as a project has measured it, and how far its queue leans towards random.

Two things tell. Two answers to the same item: whoever errs alone disagrees. And answers to items drawn at random for
which a model that has not learned them is sure of something else: the surest third, for of the others one cannot say
who is wrong, and only once the model knows the labels. The first sees errors on hard items, which the second does not;
there is more of the second. What is larger counts. Both are of the eval split. Out-of-fold predictions for what a
strategy chose will not do: it comes back to a place until the answers there agree, so that among its answers errors
look rarer than they are (on mushrooms with three errors in ten answers the surest third of the chosen rows disagreed in
none of 66).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from learning.core.arrays import DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.intervals import Estimate, median_share, share

#: Of the answers to random items, how many are compared with the model: those it is surest about.
SUREST = 1 / 3
#: Answers a label must have before what the model is surest about tells of people: with fewer it errs there, too.
ANSWERS_PER_LABEL = 20
#: What is believed before anything is measured, and how many answers that belief is worth.
PRIOR_RATE, PRIOR_ANSWERS = 0.05, 8.0
#: Errors up to this rate do not make a queue lean; beyond it the random share rises so steeply.
TOLERATED, SLOPE = 0.05, 3.0


@dataclass(frozen=True)
class AnswerErrors:
    """What was measured.

    Parameters
    ----------
    pairs : Estimate or None
        Errors by second answers; ``n`` counts items with two.
    surest : Estimate or None
        Errors by what the model is surest about.
    """

    pairs: Estimate | None
    surest: Estimate | None

    @property
    def rate(self) -> float:
        """Share of wrong answers, drawn towards what is usual the more the less was measured."""
        known = [found for found in (self.pairs, self.surest) if found is not None]
        believed = PRIOR_RATE * PRIOR_ANSWERS
        drawn = [(found.value * found.n + believed) / (found.n + PRIOR_ANSWERS) for found in known]
        return max(drawn, default=PRIOR_RATE)

    @property
    def leaning(self) -> float:
        """Share of the questions to be drawn at random, in [0, 1]."""
        return float(np.clip(SLOPE * (self.rate - TOLERATED), 0.0, 1.0))


def measure_errors(
    probabilities: FloatMatrix,
    targets: DoubleArray,
    decided: IntArray,
    agreement: DoubleArray,
    n_answers: int,
    overlap: int = 1,
) -> AnswerErrors:
    """Measure errors by items drawn at random.

    Parameters
    ----------
    probabilities : ndarray of shape (m, n_labels)
        Of a model that has not learned the items.
    targets : ndarray of shape (m, n_labels)
        What was answered.
    decided : ndarray of int, shape (m,)
        What the model would answer.
    agreement : ndarray of shape (any,)
        Of items, these or others: share of pairs of people who said the same, NaN where fewer than two answered.
    n_answers : int
        What the model learned from.
    overlap : int
        Answers an item gets, of which most decide: what remains wrong then is measured.

    Returns
    -------
    AnswerErrors

    Examples
    --------
    >>> sure = np.tile(np.float32([0.9, 0.1]), (30, 1))
    >>> said = np.eye(2)[np.repeat([0, 1], [24, 6])]
    >>> found = measure_errors(sure, said, np.zeros(30, int), np.full(30, np.nan), 100)
    >>> found.pairs is None, found.surest.n
    (True, 10)
    """
    two = agreement[~np.isnan(agreement)]
    is_learned = n_answers >= ANSWERS_PER_LABEL * targets.shape[1]
    n_surest = int(len(probabilities) * SUREST) if is_learned else 0
    surest = np.argsort(-probabilities[np.arange(len(decided)), decided], kind="stable")[:n_surest]
    wrong = targets[surest, decided[surest]] < targets[surest].max(axis=1, initial=0.0)
    return AnswerErrors(
        errors_by_pairs(two, targets.shape[1], overlap) if two.size else None,
        share(float(wrong.sum()), n_surest) if n_surest else None,
    )


def errors_by_pairs(agreement: DoubleArray, n_labels: int, overlap: int = 1) -> Estimate:
    """Return the error rate at which two people agree as often as they did.

    With errors that are independent and any wrong label alike two people agree in ``(1 - e) ** 2 + e ** 2 / (k - 1)``
    of the items. Agreement no better than chance is an error rate of ``(k - 1) / k``.

    Parameters
    ----------
    agreement : ndarray of shape (m,), m >= 1
    n_labels : int
    overlap : int
        The rate returned is that of the majority of so many answers, half of the ties being wrong.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> errors_by_pairs(np.array([1.0] * 68 + [0.0] * 32), 2).value.__round__(3)
    0.2
    """
    found = share(float(agreement.sum()), agreement.size)
    value, low, high = (
        _of_majority(_error_at(given, n_labels), overlap) for given in (found.value, found.high, found.low)
    )
    return Estimate(value, low, high, found.n)


def likely_rate(agreement: DoubleArray, n_labels: int, overlap: int = 1) -> float:
    """Return the error rate that is as likely to be too high as too low.

    After few second answers it is above that of :func:`errors_by_pairs`: of five pairs who all agree one in twelve may
    have erred, and who takes them for people without errors takes the errors for something in the items.

    Parameters
    ----------
    agreement : ndarray of shape (m,), m >= 1
    n_labels : int
    overlap : int

    Returns
    -------
    float

    Examples
    --------
    >>> [round(likely_rate(np.ones(n), 2), 2) for n in (5, 20, 100)]
    [0.07, 0.02, 0.0]
    """
    return _of_majority(_error_at(median_share(float(agreement.sum()), agreement.size), n_labels), overlap)


def _error_at(agreement: float, n_labels: int) -> float:
    odds = n_labels / max(n_labels - 1, 1)
    return (1.0 - float(np.sqrt(max(1.0 - odds * (1.0 - agreement), 0.0)))) / odds


def _of_majority(rate: float, overlap: int) -> float:
    most, half = overlap // 2, overlap / 2
    tied = float(binom.pmf(half, overlap, rate)) / 2 if overlap % 2 == 0 else 0.0
    return float(binom.sf(most, overlap, rate)) + tied
