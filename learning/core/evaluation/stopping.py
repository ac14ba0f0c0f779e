"""When further labels stop paying: the models no longer change, and the measured gain is too small to matter.

Advice only. Models whose answers to a fixed sample of the pool no longer change have seen what they can use (Bloodgood
and Vijay-Shanker); that alone also happens to a model that is stuck, so the gain on held-out items has to agree.

References
----------
M. Bloodgood, K. Vijay-Shanker, "A method for stopping active learning based on stabilizing predictions and the need for
user-adjustable stopping", CoNLL 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

STABLE = 0.99
TIMES = 3


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Return the agreement of two models beyond chance.

    Parameters
    ----------
    first, second : array_like of int, shape (n,), n >= 1
        The label each gives to every item; for several labels the flattened 0/1 cells.

    Returns
    -------
    float
        1 for the same answers (also when both give one label only), 0 for chance, below 0 for less.

    Raises
    ------
    ValueError
        If shapes differ or nothing is given.

    References
    ----------
    J. Cohen, Educational and Psychological Measurement 20, 1960.

    Examples
    --------
    >>> cohen_kappa([0, 0, 1, 1], [0, 0, 1, 0])
    0.5
    >>> cohen_kappa([1, 1], [1, 1])
    1.0
    """
    ours, theirs = np.asarray(first, dtype=np.int64).ravel(), np.asarray(second, dtype=np.int64).ravel()
    if ours.shape != theirs.shape or not ours.size:
        raise ValueError(f"answers of shape {ours.shape} and {theirs.shape} cannot be compared")
    agree = float((ours == theirs).mean())
    k = int(max(ours.max(), theirs.max())) + 1
    by_chance = float((np.bincount(ours, minlength=k) / ours.size) @ (np.bincount(theirs, minlength=k) / ours.size))
    return 1.0 if agree == 1.0 else (agree - by_chance) / (1.0 - by_chance)


@dataclass(frozen=True)
class Advice:
    """``stop`` with what speaks for it: ``stable`` answers, and a gain that is ``small``."""

    stop: bool
    stable: bool
    small: bool


def advise(kappas: Sequence[float], gain_high: float | None, min_gain: float) -> Advice:
    """Say whether labeling could stop.

    Parameters
    ----------
    kappas : sequence of float
        Agreement of successive versions, oldest first.
    gain_high : float or None
        Upper end of the interval of the gain over those versions; None while it was not measured.
    min_gain : float
        The least gain that is worth further labels.

    Returns
    -------
    Advice

    Examples
    --------
    >>> advise([0.95, 0.992, 0.994, 0.991], 0.004, 0.01).stop
    True
    >>> advise([0.992, 0.994, 0.991], 0.03, 0.01), advise([0.992, 0.994], 0.0, 0.01).stop
    (Advice(stop=False, stable=True, small=False), False)
    """
    last = list(kappas)[-TIMES:]
    stable = len(last) == TIMES and min(last) >= STABLE
    small = gain_high is not None and gain_high < min_gain
    return Advice(stable and small, stable, small)
