"""Is the candidate better, or was it luck? Both are asked the same questions, only disagreements count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import binom

from learning.core.evaluation.intervals import LEVEL


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
    p_better : float
        Exact one-sided p-value of "the candidate is no better".
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
        Without a disagreement both p-values are 1. The interval is Agresti and Min's (half a disagreement added to each
        of the four cells).

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Q. McNemar, Psychometrika 12, 1947; A. Agresti, Y. Min, Statistics in Medicine 24, 2005.

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
    p_better = float(binom.sf(gained - 1, gained + lost, 0.5))
    p_differs = min(1.0, 2.0 * float(binom.sf(max(gained, lost) - 1, gained + lost, 0.5)))
    more, less, total = gained + 0.5, lost + 0.5, n + 2.0
    centre = (more - less) / total
    half = float(ndtri(0.5 + LEVEL / 2)) * float(np.sqrt((more + less) - (more - less) ** 2 / total)) / total
    difference = (gained - lost) / n if n else 0.0
    return PairedTest(
        n, gained, lost, difference, max(centre - half, -1.0), min(centre + half, 1.0), p_better, p_differs
    )
