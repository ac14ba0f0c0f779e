"""Which items are comparable at all: a ranking exists only within a connected comparison graph."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from learning.core.pairwise.judgments import TIE, IntVector, Judgments


def components(judgments: Judgments) -> IntVector:
    """Return the number of the connected component of every item, the component of item 0 being 0.

    Parameters
    ----------
    judgments : Judgments

    Returns
    -------
    ndarray of int, shape (n_items,)
        Items nobody compared are components of their own.

    Examples
    --------
    >>> components(Judgments(np.array([0, 3]), np.array([1, 2]), np.array([0, 0]), n_items=5)).tolist()
    [0, 0, 1, 1, 2]
    """
    n = judgments.n_items
    ones = np.ones(len(judgments), dtype=np.int8)
    graph = coo_array((ones, (judgments.left, judgments.right)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    first = np.full(labels.max(initial=-1) + 1, n, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(n))
    return np.asarray(np.argsort(np.argsort(first))[labels], dtype=np.int64)


def strong_components(judgments: Judgments) -> IntVector:
    """Return the strongly connected component of every item in the graph loser -> winner (a tie goes both ways).

    Without a prior the likelihood of Bradley-Terry has a finite maximum exactly when there is only one.

    Source: L. R. Ford, "Solution of a ranking problem from binary comparisons", 1957.

    Examples
    --------
    >>> beaten_once = Judgments(np.array([0, 1]), np.array([1, 2]), np.array([0, 0]), n_items=3)
    >>> len(set(strong_components(beaten_once).tolist()))
    3
    """
    tie = judgments.outcome == TIE
    won_left = judgments.outcome == 0
    winner = np.where(won_left, judgments.left, judgments.right)
    loser = np.where(won_left, judgments.right, judgments.left)
    rows = np.concatenate([loser, winner[tie]])
    columns = np.concatenate([winner, loser[tie]])
    n = judgments.n_items
    graph = coo_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1], dtype=np.int64)


def bridges_wanted(judgments: Judgments, scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[tuple[int, int]]:
    """Return the pairs whose judgment would connect the graph: one from every component to the largest one.

    Parameters
    ----------
    judgments : Judgments
    scores : ndarray of float, shape (n_items,)
        Present guess of the strengths; items near the median are the most informative to compare.

    Returns
    -------
    list of (int, int)
        Empty when the graph is connected.

    Examples
    --------
    >>> bridges_wanted(Judgments(np.array([0]), np.array([1]), np.array([0]), n_items=3), np.zeros(3))
    [(0, 2)]
    """
    label = components(judgments)
    sizes = np.bincount(label)
    largest = int(sizes.argmax())
    hub = _middle(np.flatnonzero(label == largest), scores)
    return [(hub, _middle(np.flatnonzero(label == other), scores)) for other in range(sizes.size) if other != largest]


def _middle(items: IntVector, scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    return int(items[np.argsort(scores[items], kind="stable")[(items.size - 1) // 2]])
