"""Can the answers be trusted: sides, repeats and agreement, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc

from learning.core.arrays import BoolArray, DoubleArray
from learning.core.evaluation.intervals import Estimate, share
from learning.core.pairwise.judgments import LEFT, TIE, IntVector, Judgments

MATERIAL = 0.1
ERROR_RATE = 0.01
TOO_FAST = 3.0
FLOOR_MS = 300.0


@dataclass(frozen=True)
class LeftRates:
    """How often left was answered, among answers that preferred a side.

    Attributes
    ----------
    project : Estimate
        Share of left with its interval.
    project_flagged : bool
        The project's share is off one half by more than a tenth, beyond chance.
    annotators : list of Estimate
        By annotator number.
    p_values : ndarray of float64, shape (n_annotators,)
        Probability of a share so far out for somebody whose own rate lies between one half and that of the others, or
        up to a tenth outside; not adjusted.
    flagged : ndarray of bool, shape (n_annotators,)
        Holm's procedure: with one chance in a hundred that anybody is flagged who should not be.
    """

    project: Estimate
    project_flagged: bool
    annotators: list[Estimate]
    p_values: DoubleArray
    flagged: BoolArray


def left_rates(judgments: Judgments, *, margin: float = MATERIAL, error_rate: float = ERROR_RATE) -> LeftRates:
    """Compare how often each annotator answers left with chance and with the others.

    Everybody may lean to a side a little, as a page or a language makes people do; what is looked for is somebody
    whose answers follow the side. So an annotator's rate is tested against the range from one half to the rate of all
    others, widened by ``margin`` on both sides.

    Parameters
    ----------
    judgments : Judgments
    margin : float
        What is of no consequence.
    error_rate : float
        Probability that any honest annotator is flagged.

    Returns
    -------
    LeftRates

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.

    Examples
    --------
    >>> outcome = np.concatenate([np.zeros(40, int), np.arange(40) % 2])  # the first person always answers left
    >>> who = np.repeat([0, 1], 40)
    >>> rates = left_rates(Judgments(np.zeros(80, int), np.ones(80, int), outcome, 2, who))
    >>> rates.flagged.tolist(), rates.project.value
    ([True, False], 0.75)
    """
    strict = judgments.outcome != TIE
    people = judgments.n_annotators
    left = np.bincount(judgments.annotator, strict & (judgments.outcome == LEFT), people).astype(np.float64)
    count = np.bincount(judgments.annotator, strict, people).astype(np.float64)
    others = np.divide(left.sum() - left, count.sum() - count, out=np.full(people, 0.5), where=count.sum() > count)
    low, high = np.minimum(others, 0.5) - margin, np.maximum(others, 0.5) + margin
    p_values = _outside(left, count, low, high)
    total, all_left = int(count.sum()), float(left.sum())
    project_p = _outside(
        np.array([all_left]), np.array([float(total)]), np.array([0.5 - margin]), np.array([0.5 + margin])
    )
    return LeftRates(
        share(all_left, total),
        bool(project_p[0] < error_rate),
        [share(float(k), int(n)) for k, n in zip(left, count, strict=True)],
        p_values,
        holm(p_values, error_rate),
    )


def _outside(successes: DoubleArray, count: DoubleArray, low: DoubleArray, high: DoubleArray) -> DoubleArray:
    """Two-sided p-value of a count against all rates from ``low`` to ``high``."""
    n = count.astype(np.int64)
    above = bdtrc(successes - 1, n, np.clip(high, 0.0, 1.0))
    below = bdtr(successes, n, np.clip(low, 0.0, 1.0))
    return np.asarray(np.minimum(2.0 * np.minimum(above, below), 1.0))


def holm(p_values: DoubleArray, error_rate: float) -> BoolArray:
    """Return which hypotheses are rejected with ``error_rate`` as the chance of any false rejection.

    Examples
    --------
    >>> holm(np.array([0.04, 0.001, 0.02]), 0.05).tolist()
    [True, True, True]
    >>> holm(np.array([0.04, 0.001, 0.03]), 0.05).tolist()
    [False, True, False]
    """
    order = np.argsort(p_values, kind="stable")
    passed = p_values[order] <= error_rate / np.arange(p_values.size, 0, -1)
    rejected = np.zeros(p_values.size, dtype=bool)
    rejected[order] = np.logical_and.accumulate(passed)
    return rejected


def flip_rate(first: Judgments, again: Judgments) -> Estimate:
    """Return how often the same person, asked again with the sides swapped, prefers the other item.

    Parameters
    ----------
    first, again : Judgments
        Row by row the same pair by the same person; the sides may stand either way.

    Returns
    -------
    Estimate
        Of repeats where both answers preferred an item. A change from or to a tie is no flip and not counted.

    Raises
    ------
    ValueError
        If a row is of another pair.

    Examples
    --------
    >>> first = Judgments(np.array([0, 0]), np.array([1, 1]), np.array([0, 0]), 2)
    >>> again = Judgments(np.array([1, 1]), np.array([0, 0]), np.array([1, 0]), 2)  # the second answers left again
    >>> flip_rate(first, again).value
    0.5
    """
    one, other = winners(first), winners(again)
    same = np.minimum(first.left, first.right) == np.minimum(again.left, again.right)
    if not np.all(same & (np.maximum(first.left, first.right) == np.maximum(again.left, again.right))):
        raise ValueError("repeats must be of the same pairs, row by row")
    strict = (one >= 0) & (other >= 0)
    return share(float((one != other)[strict].sum()), int(strict.sum()))


def winners(judgments: Judgments) -> IntVector:
    """Return the preferred item of every judgment, -1 for a tie.

    Examples
    --------
    >>> winners(Judgments(np.array([4, 4, 4]), np.array([7, 7, 7]), np.array([0, 1, 2]), 8)).tolist()
    [4, 7, -1]
    """
    preferred = np.where(judgments.outcome == LEFT, judgments.left, judgments.right)
    return np.where(judgments.outcome == TIE, -1, preferred)


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree about the same pairs.

    Attributes
    ----------
    between : Estimate
        Share of equal answers among two different annotators' answers to one pair, pairs weighted alike; the interval
        counts pairs.
    ceiling : Estimate
        Share of single answers that equal the majority of the *other* annotators' answers to the pair (at least two of
        them, no draw): what a perfect model could be expected to reach. By strict answers only.
    """

    between: Estimate
    ceiling: Estimate


def agreement(judgments: Judgments) -> Agreement:
    """Measure agreement between annotators on pairs that several of them judged.

    Parameters
    ----------
    judgments : Judgments
        One answer of an annotator to a pair, sides either way; of repeats the first should be given.

    Returns
    -------
    Agreement

    Examples
    --------
    >>> three = Judgments(np.array([0, 1, 0]), np.array([1, 0, 1]), np.array([0, 1, 1]), 2, np.array([0, 1, 2]))
    >>> round(agreement(three).between.value, 3)  # one of three pairs of answers is equal
    0.333
    """
    low, high = np.minimum(judgments.left, judgments.right), np.maximum(judgments.left, judgments.right)
    pair_codes, pair = np.unique(low * np.int64(judgments.n_items) + high, return_inverse=True)
    preferred = winners(judgments)
    answer = np.where(preferred < 0, 2, np.where(preferred == low, 0, 1))
    counts = np.zeros((pair_codes.size, 3))
    np.add.at(counts, (pair, answer), 1.0)
    total = counts.sum(axis=1)
    several = total > 1
    equal = (counts * (counts - 1)).sum(axis=1)[several] / (total * (total - 1))[several]
    others = counts[pair, :2].copy()
    strict = answer < 2
    rows = np.flatnonzero(strict)
    others[rows, answer[rows]] -= 1.0
    clear = strict & (others.sum(axis=1) >= 2) & (others[:, 0] != others[:, 1])
    right = others.argmax(axis=1) == answer
    return Agreement(share(float(equal.sum()), int(several.sum())), share(float(right[clear].sum()), int(clear.sum())))


def fast_answers(elapsed_ms: DoubleArray, annotator: IntVector) -> BoolArray:
    """Flag answers given faster than anybody can look at two items; nothing is dropped for it.

    An answer is fast below 300 ms, or when its logarithm lies more than three robust standard deviations below the
    median of all annotators' medians.

    Parameters
    ----------
    elapsed_ms : ndarray of float, shape (m,)
        NaN where the time is not known: never flagged.
    annotator : ndarray of int, shape (m,)

    Returns
    -------
    ndarray of bool, shape (m,)

    Examples
    --------
    >>> fast_answers(np.array([4000.0, 5000.0, 6000.0, 200.0, np.nan]), np.zeros(5, int)).tolist()
    [False, False, False, True, False]
    """
    known = np.isfinite(elapsed_ms) & (elapsed_ms > 0)
    flagged = known & (elapsed_ms < FLOOR_MS)
    if known.sum() < 20:
        return np.asarray(flagged)
    logs = np.log(elapsed_ms[known])
    medians = np.array([np.median(logs[annotator[known] == who]) for who in np.unique(annotator[known])])
    middle = float(np.median(medians))
    spread = max(1.4826 * float(np.median(np.abs(logs - middle))), 0.2)
    flagged[known] |= logs < middle - TOO_FAST * spread
    return np.asarray(flagged)
