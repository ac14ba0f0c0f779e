"""Does choosing pay? Two arms with equally many labels, measured on the same held-out items.

The *active* arm learns from the first ``n`` answers as the queue and its random share served them, the *random* arm
from the first ``n`` answers of the random draws alone: what the project would have had without a queue. The difference
varies for two reasons, and its interval counts both: the held-out items are a sample (both models answered the same
ones, so only disagreements count), and so are the answers each model learned from (delete-a-group jackknife).

What is compared is the first measure of the project's objective: a share of items, or a number such as kappa.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, normal, share
from learning.core.evaluation.intervals_difference import paired_difference

GROUPS = 5

Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """The active arm's measure minus that of the random arm, with its 95 % interval."""

    active: Estimate
    random: Estimate
    value: float
    low: float
    high: float
    n: int


def groups_of(n: int, groups: int = GROUPS) -> NDArray[np.int64]:
    """Return the jackknife group of each of ``n`` answers, in the order they were given.

    Examples
    --------
    >>> groups_of(7, 3).tolist()
    [0, 1, 2, 0, 1, 2, 0]
    """
    return np.arange(n, dtype=np.int64) % groups


def compare_arms(active: Correct, random: Correct, active_without: Correct, random_without: Correct) -> Difference:
    """Compare two arms by the share of items they have right.

    Parameters
    ----------
    active, random : ndarray of bool, shape (n,)
        Which held-out items each arm's model has right; n >= 1.
    active_without, random_without : ndarray of bool, shape (groups, n)
        The same of the models that were fitted with one group of the answers left out.

    Returns
    -------
    Difference
        The interval adds Agresti and Min's variance of a paired difference and both jackknife variances.

    Raises
    ------
    ValueError
        If shapes disagree.

    References
    ----------
    A. Agresti, Y. Min, Statistics in Medicine 24, 2005; B. Efron, C. Stein, Annals of Statistics 9, 1981.

    Examples
    --------
    >>> right, wrong = np.ones(100, bool), np.zeros(100, bool)
    >>> half = np.arange(100) < 50
    >>> found = compare_arms(right, half, np.array([right] * 5), np.array([half] * 5))
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.5, 0.39, 0.59)
    >>> unsure = np.array([right, half, right, half, right])
    >>> compare_arms(right, half, unsure, np.array([half] * 5)).low < 0
    True
    """
    n = active.size
    if random.shape != (n,) or active_without.shape[1:] != (n,) or random_without.shape[1:] != (n,) or n == 0:
        raise ValueError("both arms and their refits must have answered the same held-out items")
    gained, lost = int((active & ~random).sum()), int((~active & random).sum())
    further = _jackknife(active_without.mean(axis=1)) + _jackknife(random_without.mean(axis=1))
    found = paired_difference(gained, lost, n, further)
    ours, theirs = share(float(active.sum()), n), share(float(random.sum()), n)
    return Difference(ours, theirs, found.value, found.low, found.high, n)


def compare_measures(
    active: Estimate,
    random: Estimate,
    of_items: float,
    active_without: DoubleArray,
    random_without: DoubleArray,
) -> Difference:
    """Compare two arms by a measure that is no share of items, such as kappa.

    Parameters
    ----------
    active, random : Estimate
        What each arm's model measures on the same held-out items.
    of_items : float
        Variance of the difference over the draw of these items, both measured on the same ones.
    active_without, random_without : ndarray of shape (groups,)
        The measure of the models that were fitted with one group of the answers left out.

    Returns
    -------
    Difference
        The interval adds the variance over the items and both jackknife variances.

    Raises
    ------
    ValueError
        If the two were not measured on equally many items.

    Examples
    --------
    >>> kappa = Estimate(0.8, 0.7, 0.9, 100), Estimate(0.6, 0.5, 0.7, 100)
    >>> found = compare_measures(*kappa, 0.01, np.full(5, 0.8), np.full(5, 0.6))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.004, 0.396)
    """
    if active.n != random.n:
        raise ValueError("both arms must have answered the same held-out items")
    variance = of_items + _jackknife(active_without) + _jackknife(random_without)
    found = normal(active.value - random.value, variance**0.5, active.n)
    return Difference(active, random, found.value, found.low, found.high, found.n)


def _jackknife(scores: DoubleArray) -> float:
    """Variance of a score over the answers learned from; ``scores`` are those with one group left out each."""
    groups = len(scores)
    if groups < 2:
        return 0.0
    return float((groups - 1) / groups * ((scores - scores.mean()) ** 2).sum())
