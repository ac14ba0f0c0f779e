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

from learning.core.arrays import BoolArray, DoubleArray, FloatMatrix, IntArray
from learning.core.evaluation.answer_errors import AnswerErrors
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import weighted_sum
from learning.core.quality.suspected_errors import wrong_answers

#: Answers that are to be spent.
ANSWERS = 100
#: Fewer doubts decided, or second opinions given, tell nothing yet of those to come.
MIN_SHOWN = 5
#: Fewer labels right by so many answers are nothing to go by.
LEAST_RIGHT = 1.0
#: Items of those that measure that say how unsure a model is.
FEWEST_ITEMS = 20


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
    beliefs : ndarray of float64, shape (m, n_labels)
        What models that have not learned an answer believe, the least believed answer first.
    given_labels : ndarray of int, shape (m,)
        These answers.
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
    given_labels: IntArray
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
    ...     own = np.concatenate((np.linspace(0.0, 0.05, 100), np.linspace(0.4, 1.0, 900)))
    ...     beliefs, said = np.stack((own, 1.0 - own), axis=1), np.zeros(1000, int)
    ...     return LabeledSoFar(1000, 800, 2, errors, half, share(26, 40), beliefs, said, np.arange(0, 400, 4))
    >>> next_hour(project(0.1)).ranked()[0], next_hour(project(0.0)).ranked()[0]
    ('relabels', 'more')
    """
    rate = known.rate
    if rate is None:
        return NextHour(None, None, None)
    relabels = _of_rate(rate, lambda errs: _mended(known, errs, _wrong(known, errs)))
    if known.doubts_decided >= MIN_SHOWN:
        decided = share(known.doubts_right, known.doubts_decided)
        relabels = _of_rate(decided, lambda wrong: _mended(known, rate.value, np.full(known.n_known, wrong)))
    second = _of_rate(rate, lambda errs: _mended(known, errs, _wrong(known, errs)[known.asked]))
    if known.given >= MIN_SHOWN:
        seen = share(known.contradicted, known.given)
        second = _of_rate(
            seen, lambda found: _mended(known, rate.value, np.full(known.n_known, _behind(found, rate.value)))
        )
    return NextHour(_more(known, rate), _again(known, rate, second), _again(known, rate, relabels))


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
    model = _of_rate(known.unsure, lambda seen: float(np.clip((seen - wrong) / (1.0 - rate.value - wrong), 0.0, 1.0)))
    found = weighted_sum((-n, rate), (-n, model), (float(learned), known.gain))
    return Estimate(found.value + n, found.low + n, found.high + n, found.n)


def _again(known: LabeledSoFar, rate: Estimate, mended: Estimate) -> Estimate | None:
    """Add to the labels that are mended what the others gain, for fewer wrong answers teach more."""
    if not known.n_known:
        return None
    if known.gain is None or not known.n_new:
        return mended
    after = max(rate.value - mended.value / known.n_known, 0.0)
    learned = np.log2(_taught(after, known.n_labels) / _taught(rate.value, known.n_labels)) * known.n_new
    return weighted_sum((1.0, mended), (float(learned), known.gain))


def _mended(known: LabeledSoFar, rate: float, wrong: DoubleArray) -> float:
    """Labels right more by the next answers, to items that are wrong with such chances, one after the other.

    Who contradicts an answer needs a third one to decide, so that few items are asked about where most are wrong.
    """
    right = 1.0 - rate
    spent = np.cumsum(1.0 + wrong * right + (1.0 - wrong) * rate)
    mended = wrong * right**2 - (1.0 - wrong) * rate**2 / max(known.n_labels - 1, 1)
    return float(np.interp(ANSWERS, np.concatenate(([0.0], spent)), np.concatenate(([0.0], np.cumsum(mended)))))


def _wrong(known: LabeledSoFar, rate: float) -> DoubleArray:
    return wrong_answers(known.beliefs, known.given_labels, rate)


def _behind(contradicted: float, rate: float) -> float:
    """Share of wrong answers where so many are contradicted by people who err at a rate."""
    return float(np.clip((contradicted - rate) / max(1.0 - 2.0 * rate, 0.1), 0.0, 1.0))


def _taught(rate: float, n_labels: int) -> float:
    return float(max(1.0 - rate * n_labels / max(n_labels - 1, 1), 0.05) ** 2)


def _of_rate(found: Estimate, function: Callable[[float], float]) -> Estimate:
    value, *ends = (function(each) for each in (found.value, found.low, found.high))
    return Estimate(value, min(value, *ends), max(value, *ends), found.n)
