"""Majority vote.

Votes come as parallel arrays, one entry per answer: the item's number and the label's number. Annotators of a
multilabel project are aggregated label by label, each as a question with the labels no (0) and yes (1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix

from learning.core.arrays import BoolArray, DoubleArray, IntArray


@dataclass(frozen=True)
class Consensus:
    """What the annotators say together.

    Parameters
    ----------
    label : ndarray of int, shape (n_items,)
        The label with most votes; -1 for an item without votes.
    confidence : ndarray of float64, shape (n_items,), range [0, 1]
        Share of the votes the label got; 0 without votes.
    votes : ndarray of int, shape (n_items,)
    agreement : ndarray of float64, shape (n_items,), range [0, 1]
        Share of pairs of votes that agree; 1 with one vote, 0 without.
    soft : ndarray of float64, shape (n_items, n_labels)
        Share of the votes of every label; rows sum to 1, or to 0 without votes.
    tied : ndarray of bool, shape (n_items,)
        Whether another label got as many votes.
    """

    label: IntArray
    confidence: DoubleArray
    votes: IntArray
    agreement: DoubleArray
    soft: DoubleArray
    tied: BoolArray


def count_votes(items: ArrayLike, labels: ArrayLike, n_items: int, n_labels: int) -> IntArray:
    """Count the votes of every label for every item.

    Parameters
    ----------
    items, labels : array_like of int, shape (v,)
    n_items, n_labels : int

    Returns
    -------
    ndarray of int, shape (n_items, n_labels)

    Raises
    ------
    ValueError
        If a number is out of range or the arrays differ in length.

    Examples
    --------
    >>> count_votes([0, 0, 1], [1, 1, 0], 2, 2)
    array([[0, 2],
           [1, 0]])
    """
    rows, columns = np.asarray(items, dtype=np.int64), np.asarray(labels, dtype=np.int64)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"{rows.shape} items and {columns.shape} labels are not votes")
    for name, numbers, bound in (("item", rows, n_items), ("label", columns, n_labels)):
        if numbers.size and (numbers.min() < 0 or numbers.max() >= bound):
            raise ValueError(f"{name} numbers must be between 0 and {bound - 1}")
    ones = np.ones(rows.size, dtype=np.int64)
    return np.asarray(csr_matrix((ones, (rows, columns)), shape=(n_items, n_labels)).toarray())


def majority_vote(items: ArrayLike, labels: ArrayLike, n_items: int, n_labels: int) -> Consensus:
    """Take the label with most votes.

    A tie goes to the label that is more frequent among all votes, then to the first in the label set, and is marked.

    Parameters
    ----------
    items, labels : array_like of int, shape (v,)
    n_items, n_labels : int

    Returns
    -------
    Consensus

    Raises
    ------
    ValueError
        As :func:`count_votes`.

    Examples
    --------
    >>> found = majority_vote([0, 0, 0], [1, 1, 0], 2, 2)
    >>> found.label.tolist(), found.confidence.round(2).tolist(), found.agreement.round(2).tolist()
    ([1, -1], [0.67, 0.0], [0.33, 0.0])
    >>> majority_vote([], [], 2, 0).label.tolist()
    [-1, -1]
    """
    counts = count_votes(items, labels, n_items, n_labels)
    votes = counts.sum(axis=1)
    share = counts.sum(axis=0) / max(int(votes.sum()), 1)
    # The share is below 1, so it decides between equal counts and never against a greater one.
    first = (counts + 0.5 * share).argmax(axis=1) if n_labels else np.full(n_items, -1)
    label = np.where(votes > 0, first, -1)
    most = counts.max(axis=1, initial=0)
    some = np.maximum(votes, 1)
    pairs = votes * (votes - 1)
    agreeing = (counts * (counts - 1)).sum(axis=1)
    agreement = np.where(pairs > 0, agreeing / np.maximum(pairs, 1), (votes == 1).astype(float))
    tied = (votes > 0) & ((counts == most[:, None]).sum(axis=1) > 1)
    return Consensus(label, most / some, votes, agreement, counts / some[:, None], tied)
