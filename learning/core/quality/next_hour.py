"""Where would the next answers pay? What a hundred of them are expected to make right, each way of spending them.

One scale for all: *labels right*. An item that people answered has their label, every other item of the pool the label
of the model; so many of these labels more are right after a hundred answers, all of them given by such people as those
so far. An answer costs the same whatever it is about, so what ranks first by a hundred answers ranks first by the hour.

* More answers: the model is wrong about part of the next items, and it becomes better about the others. How much is
  what it gained from half of its answers to all of them, for the doubling of what they teach.
* Another answer to the items doubted most, or to what the queue puts to one person more: those that are wrong are
  contradicted, and two who contradict each other need a third. Fewer wrong answers teach as more answers do.

Answers with errors teach as ``(1 - rate * k / (k - 1)) ** 2`` times as many right ones, k being the number of labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.answer_errors import AnswerErrors
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import weighted_sum

#: Answers that are to be spent.
ANSWERS = 100
#: Fewer doubts decided, or second opinions given, tell nothing yet of those to come.
MIN_SHOWN = 5
#: Fewer labels right by so many answers are nothing to go by.
LEAST_RIGHT = 1.0
#: Items of those that measure that say how unsure a model is.
FEWEST_ITEMS = 20
#: Halvings until the shift of log odds is known.
_STEPS = 40


@dataclass(frozen=True)
class LabeledSoFar:
    """What a project knows.

    Parameters
    ----------
    n_known, n_new : int
        Items of the pool that people have answered, and that they have not.
    n_labels : int
    errors : AnswerErrors
        How often people err, by items drawn at random.
    gain : Estimate or None
        Share of eval items that the model has right more for all of its answers than for half of them.
    unsure : Estimate or None
        Of :func:`least_sure`: how often the model is right about what it is as unsure about as about the next items.
    beliefs : ndarray of float64, shape (m,)
        How far the answers are believed, rising.
    asked : ndarray of int
        Which of them second opinions would be asked about.
    doubts_decided, doubts_right : int
        Answers that were doubted and put to somebody else, and how many of them were wrong.
    given, contradicted : int
        Second opinions.
    """

    n_known: int
    n_new: int
    n_labels: int
    errors: AnswerErrors
    gain: Estimate | None
    unsure: Estimate | None
    beliefs: DoubleArray
    asked: IntArray
    doubts_decided: int = 0
    doubts_right: int = 0
    given: int = 0
    contradicted: int = 0

    @property
    def rate(self) -> Estimate | None:
        """The share of wrong answers; None before anything is measured."""
        measured = [found for found in (self.errors.pairs, self.errors.surest) if found is not None]
        if not measured:
            return None
        found = max(measured, key=lambda each: each.value)
        value = self.errors.rate
        return Estimate(value, min(found.low, value), max(found.high, value), found.n)


@dataclass(frozen=True)
class NextHour:
    """Labels right by :data:`ANSWERS` further answers; None where there is too little to say.

    Parameters
    ----------
    more, second_opinions, relabels : Estimate or None
    """

    more: Estimate | None
    second_opinions: Estimate | None
    relabels: Estimate | None

    def ranked(self) -> list[str]:
        """Return the names of those that make a label right at least, what can be counted on (the lower end) first."""
        known = {
            name: found.low for name, found in vars(self).items() if found is not None and found.low >= LEAST_RIGHT
        }
        return sorted(known, key=lambda name: -known[name])


def next_hour(known: LabeledSoFar) -> NextHour:
    """Estimate what the next answers make right.

    Parameters
    ----------
    known : LabeledSoFar

    Returns
    -------
    NextHour

    Examples
    --------
    >>> half = Estimate(0.03, 0.01, 0.05, 200)
    >>> def project(rate: float) -> LabeledSoFar:
    ...     errors = AnswerErrors(share(rate * 400, 400), None)
    ...     beliefs = np.concatenate((np.linspace(0.0, 0.05, 100), np.linspace(0.4, 1.0, 900)))
    ...     return LabeledSoFar(1000, 800, 10, errors, half, share(26, 40), beliefs, np.arange(0, 400, 4))
    >>> next_hour(project(0.1)).ranked()[0], next_hour(project(0.0)).ranked()[0]
    ('relabels', 'more')
    """
    rate = known.rate
    if rate is None:
        return NextHour(None, None, None)
    first = np.arange(min(ANSWERS, known.beliefs.size))
    wrong = _scaled(rate, lambda errs: _wrong(known.beliefs, errs, first))
    if known.doubts_decided >= MIN_SHOWN:
        wrong = share(known.doubts_right, known.doubts_decided)
    second = _scaled(rate, lambda errs: _wrong(known.beliefs, errs, known.asked))
    if known.given >= MIN_SHOWN:
        found = share(known.contradicted, known.given)
        second = _scaled(found, lambda seen: _behind(seen, rate.value))
    return NextHour(_more(known, rate), _again(known, rate, second), _again(known, rate, wrong))


def least_sure(probabilities: FloatMatrix, right: BoolArray, n_new: int) -> Estimate | None:
    """Return how often a model is right about the items it is least sure about, of those that measure.

    Parameters
    ----------
    probabilities : ndarray of shape (m, n_labels)
        Of the eval items.
    right : ndarray of bool, shape (m,)
    n_new : int
        Items nobody answered: the next :data:`ANSWERS` are so small a part of them, and so is what is looked at.

    Returns
    -------
    Estimate or None
        None without items.

    Examples
    --------
    >>> sure = np.linspace(0.5, 1.0, 60)
    >>> least_sure(np.stack((sure, 1.0 - sure), axis=1), sure > 0.6, 300).value
    0.4
    """
    n = min(max(round(len(right) * ANSWERS / max(n_new, ANSWERS)), FEWEST_ITEMS), len(right))
    if not n:
        return None
    first = np.argsort(_margin(probabilities), kind="stable")
    return share(float(right[first[:n]].sum()), n)


def _margin(probabilities: FloatMatrix) -> FloatMatrix:
    """How far the first label is ahead of the second."""
    two = np.sort(probabilities, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def _more(known: LabeledSoFar, rate: Estimate) -> Estimate | None:
    if known.gain is None or known.unsure is None or not known.n_new:
        return None
    n = min(ANSWERS, known.n_new)
    learned = np.log2((known.n_known + n) / known.n_known) * (known.n_new - n)
    wrong = rate.value / max(known.n_labels - 1, 1)  # by mistake people give the label of a model that is wrong, too
    model = _scaled(known.unsure, lambda seen: float(np.clip((seen - wrong) / (1.0 - rate.value - wrong), 0.0, 1.0)))
    found = weighted_sum((-n, rate), (-n, model), (float(learned), known.gain))
    return Estimate(found.value + n, found.low + n, found.high + n, found.n)


def _again(known: LabeledSoFar, rate: Estimate, wrong: Estimate) -> Estimate | None:
    if not known.n_known:
        return None
    right = 1.0 - rate.value
    other_way = rate.value**2 / max(known.n_labels - 1, 1)
    contradicted = wrong.value * right + (1.0 - wrong.value) * rate.value
    items = min(ANSWERS / (1.0 + contradicted), known.n_known)
    mended = _scaled(wrong, lambda share_wrong: share_wrong * right**2 - (1.0 - share_wrong) * other_way)
    if known.gain is None or not known.n_new:
        return weighted_sum((items, mended))
    after = max(rate.value - items * mended.value / known.n_known, 0.0)
    learned = np.log2(_taught(after, known.n_labels) / _taught(rate.value, known.n_labels)) * known.n_new
    return weighted_sum((items, mended), (float(learned), known.gain))


def _wrong(beliefs: DoubleArray, rate: float, rows: IntArray) -> float:
    """Return the share of wrong answers among some rows, where a share of all of them is wrong.

    Beliefs are an order and no probabilities: the log odds of a wrong answer are those of the doubt, moved by what
    makes as many answers wrong as people give.
    """
    if not rows.size:
        return 0.0
    believed = np.clip(beliefs, 1e-4, 1.0 - 1e-4)
    log_odds = np.log((1.0 - believed) / believed)
    low, high = -40.0, 40.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if expit(log_odds + middle).mean() > rate else (middle, high)
    return float(expit(log_odds[rows] + low).mean())


def _behind(contradicted: float, rate: float) -> float:
    """Share of wrong answers where so many are contradicted by people who err at a rate."""
    return float(np.clip((contradicted - rate) / max(1.0 - 2.0 * rate, 0.1), 0.0, 1.0))


def _taught(rate: float, n_labels: int) -> float:
    return float(max(1.0 - rate * n_labels / max(n_labels - 1, 1), 0.05) ** 2)


def _scaled(found: Estimate, rising: Callable[[float], float]) -> Estimate:
    return Estimate(rising(found.value), rising(found.low), rising(found.high), found.n)
