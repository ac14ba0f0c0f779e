"""How far people agree: what no model measured against their answers can be expected to exceed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.evaluation.intervals import Estimate, wilson


def pair_agreement(answers: Sequence[Hashable]) -> float:
    """Return the share of pairs of answers to one item that are equal.

    Parameters
    ----------
    answers : sequence of hashable
        One per person.

    Returns
    -------
    float
        In [0, 1]; NaN for fewer than two answers.

    Examples
    --------
    >>> round(pair_agreement(["ham", "ham", "spam"]), 3)
    0.333
    """
    people = len(answers)
    if people < 2:
        return float("nan")
    equal = sum(count * (count - 1) for count in Counter(answers).values())
    return equal / (people * (people - 1))


def human_ceiling(agreement: DoubleArray) -> Estimate | None:
    """Return how often one person gives the answer of another, with the Wilson interval over items.

    Parameters
    ----------
    agreement : ndarray of shape (n,)
        :func:`pair_agreement` of each item; NaN where fewer than two people have answered.

    Returns
    -------
    Estimate or None
        None where no item has two answers. The interval is exact for two answers an item and wider than needed for
        more.

    Examples
    --------
    >>> found = human_ceiling(np.array([1.0, 1.0, 0.0, np.nan, 1.0]))
    >>> found.value, found.n
    (0.75, 4)
    """
    known = agreement[~np.isnan(agreement)]
    return wilson(float(known.sum()), known.size) if known.size else None
