"""Is the candidate better, or was it luck? Both are asked the same questions, only disagreements count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from learning.core.arrays import DoubleArray
from learning.core.distributions import binomial_tail
from learning.core.evaluation.intervals_difference import mean_gain, paired_difference

FLIPS = 10_000
_CELLS = 40_000_000
_MIN_FLIPS = 2_000
_BLOCK = 500


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same items.

    Parameters
    ----------
    n : int
        Items.
    only_candidate, only_champion : int
        Items that one of them alone had right.
    difference, low, high : float
        Candidate's accuracy minus champion's, with its 95 % interval.
    p_better, p_worse : float
        Exact one-sided p-values of "the candidate is no better" and "the candidate is no worse".
    p_differs : float
        Exact two-sided p-value of "both are equally good".
    """

    n: int
    only_candidate: int
    only_champion: int
    difference: float
    low: float
    high: float
    p_better: float
    p_worse: float
    p_differs: float


def paired_test(candidate: ArrayLike, champion: ArrayLike) -> PairedTest:
    """Compare two models by the exact McNemar test.

    Parameters
    ----------
    candidate, champion : array_like of bool, shape (n,)
        Whether each had the item right.

    Returns
    -------
    PairedTest
        Without a disagreement all p-values are 1. The interval is that of
        :func:`learning.core.evaluation.intervals_difference.paired_difference`.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Q. McNemar, Psychometrika 12, 1947.

    Examples
    --------
    >>> found = paired_test([True] * 8 + [False] * 2, [False] * 8 + [False] * 2)
    >>> found.only_candidate, found.p_better
    (8, 0.00390625)
    """
    new, old = np.asarray(candidate, dtype=bool), np.asarray(champion, dtype=bool)
    if new.shape != old.shape or new.ndim != 1:
        raise ValueError(f"answers of shape {new.shape} and {old.shape} are not pairs")
    n = new.size
    gained, lost = int((new & ~old).sum()), int((~new & old).sum())
    p_better = binomial_tail(gained, gained + lost, 0.5)
    p_worse = binomial_tail(lost, gained + lost, 0.5)
    p_differs = min(1.0, 2.0 * binomial_tail(max(gained, lost), gained + lost, 0.5))
    found = paired_difference(gained, lost, n)
    return PairedTest(n, gained, lost, found.value, found.low, found.high, p_better, p_worse, p_differs)


def paired_errors(theirs: DoubleArray, *, ours: DoubleArray) -> PairedTest:
    """Compare two models by who was closer on each item.

    With errors of 0 and 1 this is :func:`paired_test`; otherwise it is the exact sign test, and ``only_candidate``
    counts the items on which the candidate was closer.

    Parameters
    ----------
    theirs, ours : ndarray of float64, shape (n,)
        How far off the champion and the candidate are on each item.

    Returns
    -------
    PairedTest

    Examples
    --------
    >>> found = paired_errors(np.array([1.0, 2.0, 0.0]), ours=np.array([0.0, 1.0, 0.0]))
    >>> found.only_candidate, found.only_champion, found.n
    (2, 0, 3)
    """
    return paired_test(ours < theirs, theirs < ours)


@dataclass(frozen=True)
class PairedLoss:
    """The losses of two models on the same items.

    Parameters
    ----------
    n : int
        Items.
    difference, low, high : float
        Champion's mean loss minus candidate's, above 0 when the candidate is better, with its 95 % interval.
    p_better : float
        One-sided p-value of "swapping the two models on any item would change nothing", small when the candidate's
        loss is smaller.
    p_worse : float
        The same for a larger loss.
    """

    n: int
    difference: float
    low: float
    high: float
    p_better: float
    p_worse: float


def paired_loss_test(
    candidate: ArrayLike, champion: ArrayLike, rng: np.random.Generator, worst: float = 0.0
) -> PairedLoss:
    """Compare two models by the sign-flip test on the differences of their losses.

    Where :func:`paired_test` sees only who was right, a loss of the probabilities also sees how sure they were. On real
    models the two differ on a fifth of all items, and this test needs half as many items for the same power.

    Parameters
    ----------
    candidate, champion : array_like of shape (n,)
        Loss of each on each item, lower is better.
    rng : numpy.random.Generator
        For the flips.
    worst : float
        The largest loss that either might have had, where it is larger than any that is given; for the interval.

    Returns
    -------
    PairedLoss
        The p-values count the observed signs among the flips (never 0), so the test keeps its level exactly for any
        distribution of the losses, ties included. Without a difference both are 1.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    R. A. Fisher, The Design of Experiments, 1935; B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010.

    Examples
    --------
    >>> found = paired_loss_test([0.1] * 12, [0.3] * 12, np.random.default_rng(0))
    >>> found.p_better < 0.002, round(found.difference, 3)
    (True, 0.2)
    """
    new, old = np.asarray(candidate, dtype=np.float64), np.asarray(champion, dtype=np.float64)
    if new.shape != old.shape or new.ndim != 1:
        raise ValueError(f"losses of shape {new.shape} and {old.shape} are not pairs")
    gains = old - new
    n = gains.size
    if not n:
        return PairedLoss(0, 0.0, 0.0, 0.0, 1.0, 1.0)
    found = mean_gain(gains, max(worst, float(np.abs(new).max()), float(np.abs(old).max())))
    moved = gains[gains != 0.0]
    if not moved.size:
        return PairedLoss(n, found.value, found.low, found.high, 1.0, 1.0)
    sums = _flipped_sums(moved, rng)
    slack = 1e-9 * float(np.abs(moved).sum())
    as_good, as_bad = int((sums >= moved.sum() - slack).sum()), int((sums <= moved.sum() + slack).sum())
    total = len(sums) + 1
    return PairedLoss(n, found.value, found.low, found.high, (as_good + 1) / total, (as_bad + 1) / total)


def _flipped_sums(gains: DoubleArray, rng: np.random.Generator) -> DoubleArray:
    """Return the sum under random signs, shape (flips,): 10,000 of them, down to 2,000 above 4,000 items."""
    flips = int(np.clip(_CELLS // gains.size, _MIN_FLIPS, FLIPS))
    sums = np.empty(flips)
    for start in range(0, flips, _BLOCK):
        stop = min(start + _BLOCK, flips)
        bits = np.frombuffer(rng.bytes((stop - start) * (-(-gains.size // 8))), dtype=np.uint8)
        signs = np.unpackbits(bits.reshape(stop - start, -1), axis=1, count=gains.size)
        sums[start:stop] = 2.0 * (signs @ gains) - gains.sum()
    return sums
