"""Where a machine and the model say different things a question pays: what ranks are divided by, from two opinions.

An answer there tells which of the two is wrong; where both are sure of the same it mostly says what was known. Ranks
are divided and dealt anew as after skips (:func:`learning.core.acquisition.demoted`), so every row keeps a chance above
zero that is known: which weights there are does not change, only who has them.
"""

from __future__ import annotations

import numpy as np

from learning.core.arrays import DoubleArray

#: What the rank of a row is divided by of which the two surely say the same; by 1 where they surely differ.
LEAST = 1.0 / 256.0
#: As how doubtful a row counts that the machine said nothing of.
UNKNOWN = 0.5


def doubts(model: DoubleArray, machine: DoubleArray, *, one_answer: bool) -> DoubleArray:
    """Return the probability that the two say different things.

    Parameters
    ----------
    model, machine : ndarray of shape (n, n_labels), range [0, 1]
        What either holds probable. A row of zeros of the machine is a label that the model does not know.
    one_answer : bool
        Whether a row has one of the labels; else any of them, and the label counts about which they differ most.

    Returns
    -------
    ndarray of float64, shape (n,), range [0, 1]

    Examples
    --------
    >>> model = np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]])
    >>> doubts(model, np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), one_answer=True).round(2).tolist()
    [0.1, 0.9, 0.5]
    """
    one, other = np.asarray(model, dtype=np.float64), np.asarray(machine, dtype=np.float64)
    if one_answer:
        found = 1.0 - (one * other).sum(axis=1)
    else:
        found = (one * (1.0 - other) + other * (1.0 - one)).max(axis=1, initial=0.0)
    return np.asarray(np.clip(found, 0.0, 1.0))


def factors_of_doubts(doubtful: DoubleArray) -> DoubleArray:
    """Return what ranks are divided by, shape (n,) in [LEAST, 1].

    Examples
    --------
    >>> factors_of_doubts(np.array([0.0, 0.5, 1.0])).tolist()
    [0.00390625, 0.0625, 1.0]
    """
    return np.asarray(LEAST ** (1.0 - doubtful))
