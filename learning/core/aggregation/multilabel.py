"""Several labels an item: as many questions as labels, each answered with no (0) or yes (1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from learning.core.aggregation.votes import Votes, votes_of
from learning.core.arrays import BoolArray


def votes_by_label(
    items: ArrayLike, people: ArrayLike, chosen: BoolArray, *, n_items: int, n_people: int
) -> tuple[Votes, ...]:
    """Return the votes on each label; a rule, or ``auto``, is applied to each of them alone.

    Parameters
    ----------
    items, people : array_like of int, shape (m,)
        One row an answer: who did not choose a label said no to it, who did not answer said nothing.
    chosen : ndarray of bool, shape (m, n_labels)
    n_items, n_people : int

    Returns
    -------
    tuple of Votes
        ``n_labels`` of them, each with the two labels no and yes.

    Examples
    --------
    >>> found = votes_by_label([0, 0], [0, 1], np.array([[True, False], [True, True]]), n_items=1, n_people=2)
    >>> [votes.labels.tolist() for votes in found]
    [[1, 1], [0, 1]]
    """
    said = np.asarray(chosen, dtype=np.int64)
    return tuple(
        votes_of(items, people, said[:, label], n_items=n_items, n_people=n_people, n_labels=2)
        for label in range(said.shape[1])
    )
