"""Does choosing pay? Two arms with equally many labels, measured on the same held-out items.

The *active* arm learns from the first ``n`` answers as the queue and its random share served them, the *random* arm
from the first ``n`` answers of the random draws alone: what the project would have had without a queue. The difference
varies for two reasons, and its interval counts both: the held-out items are a sample (both models answered the same
ones, so only disagreements count), and so are the answers each model learned from (delete-a-group jackknife).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from learning.core.evaluation.intervals import LEVEL, Estimate, wilson

GROUPS = 5

Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """Accuracy of the active arm minus that of the random arm, in [-1, 1], with its 95 % interval."""

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
    """Compare two arms.

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
    more, less, total = gained + 0.5, lost + 0.5, n + 2.0
    centre = (more - less) / total
    variance = ((more + less) - (more - less) ** 2 / total) / total**2
    variance += _jackknife(active_without) + _jackknife(random_without)
    half = float(ndtri(0.5 + LEVEL / 2)) * variance**0.5
    value = (gained - lost) / n
    return Difference(
        wilson(float(active.sum()), n),
        wilson(float(random.sum()), n),
        value,
        max(min(centre - half, value), -1.0),
        min(max(centre + half, value), 1.0),
        n,
    )


def _jackknife(without: Correct) -> float:
    """Variance of the accuracy over the answers learned from."""
    groups = len(without)
    if groups < 2:
        return 0.0
    scores = without.mean(axis=1)
    return float((groups - 1) / groups * ((scores - scores.mean()) ** 2).sum())
