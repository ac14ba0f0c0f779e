"""What people said, as sparse arrays in one canonical order, and what is known besides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from learning.core.arrays import BoolArray, DoubleArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Instead of a label: an item nobody answered, a tie, an item whose truth is not known.
NO_LABEL = -1


@dataclass(frozen=True)
class Votes:
    """One row for every label a person gave an item; see :func:`votes_of`.

    Parameters
    ----------
    items, people, labels : ndarray of int, shape (m,)
        Sorted by item, then person, then label; no such triple twice.
    weights : ndarray of float64, shape (m,)
        Above 0; those of one person on one item sum to 1.
    n_items, n_people, n_labels : int
    """

    items: IntArray
    people: IntArray
    labels: IntArray
    weights: DoubleArray
    n_items: int
    n_people: int
    n_labels: int

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def people_per_item(self) -> DoubleArray:
        """How many people answered each item, shape (n_items,)."""
        return np.rint(np.bincount(self.items, self.weights, self.n_items))

    @cached_property
    def answered(self) -> BoolArray:
        """Items with an answer, shape (n_items,)."""
        return np.asarray(self.people_per_item > 0)

    @cached_property
    def by_item(self) -> csr_matrix:
        """Weights as a matrix of shape (n_items, n_people * n_labels)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  # for rules that weigh people: pages count votes

        columns = (self.people * self.n_labels + self.labels).astype(np.int32)
        ends = np.zeros(self.n_items + 1, dtype=np.int32)
        np.cumsum(np.bincount(self.items, minlength=self.n_items), out=ends[1:])
        return csr_matrix((self.weights, columns, ends), shape=(self.n_items, self.n_people * self.n_labels))

    def summed(self, values: DoubleArray) -> DoubleArray:
        """Add up a value of each vote, by item and label; shape (n_items, n_labels)."""
        at = self.items * self.n_labels + self.labels
        sums = np.bincount(at, self.weights * values, self.n_items * self.n_labels)
        return sums.reshape(self.n_items, self.n_labels).astype(np.float64, copy=False)  # of no votes it counts in ints

    def where(self, kept: BoolArray) -> Votes:
        """Return the votes of a mask over all of them, items and people numbered as before."""
        return Votes(
            self.items[kept],
            self.people[kept],
            self.labels[kept],
            self.weights[kept],
            self.n_items,
            self.n_people,
            self.n_labels,
        )


@dataclass(frozen=True)
class KnownTruth:
    """What a rule may know besides the votes.

    Parameters
    ----------
    gold : ndarray of int, shape (n_items,)
        True labels of items that were reviewed or imported as gold; ``NO_LABEL`` elsewhere. See :func:`gold_of`.
    probabilities : ndarray of shape (n_items, n_labels), optional
        What a model says that learned from none of an item's votes: out of fold. A model that learned them votes for
        what it was told.
    """

    gold: IntArray
    probabilities: DoubleArray | None = None

    def without(self, items: IntArray) -> KnownTruth:
        """Return what is known when the truth of some items is not."""
        gold = self.gold.copy()
        gold[items] = NO_LABEL
        return KnownTruth(gold, self.probabilities)


def votes_of(
    items: ArrayLike,
    people: ArrayLike,
    labels: ArrayLike,
    *,
    n_items: int,
    n_people: int,
    n_labels: int,
    weights: ArrayLike | None = None,
) -> Votes:
    """Bring answers into the order in which every rule reads them: the same answers give the same bits.

    A person has one vote on an item. Who answered it repeatedly gives each answer its part of it, and so does a soft
    answer: a row for each label with its ``weights``.

    Parameters
    ----------
    items, people, labels : array_like of int, shape (m,)
        In any order. A label of ``NO_LABEL`` is no answer and left out, as is a weight of 0.
    n_items, n_people, n_labels : int
    weights : array_like of float, shape (m,), optional
        At least 0; 1 each when not given.

    Returns
    -------
    Votes

    Raises
    ------
    ValueError
        If the shapes differ, there is no label, a number is out of range or a weight is negative or not finite.

    Examples
    --------
    >>> found = votes_of([1, 0, 1, 1], [0, 0, 0, 1], [1, 0, 0, -1], n_items=2, n_people=2, n_labels=2)
    >>> found.items.tolist(), found.labels.tolist(), found.weights.tolist()
    ([0, 1, 1], [0, 0, 1], [1.0, 0.5, 0.5])
    """
    of, by, said = (np.asarray(values, dtype=np.int64) for values in (items, people, labels))
    given = np.ones(len(of)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not of.shape == by.shape == said.shape == given.shape or of.ndim != 1:
        raise ValueError("items, people, labels and weights must be of one length")
    if n_labels < 1:
        raise ValueError("there must be a label")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("weights must be finite and at least 0")
    for name, values, least, size in (
        ("item", of, 0, n_items),
        ("person", by, 0, n_people),
        ("label", said, NO_LABEL, n_labels),
    ):
        if len(values) and not least <= values.min() <= values.max() < size:
            raise ValueError(f"there is no {name} {values.min() if values.min() < least else values.max()}")
    kept = (said != NO_LABEL) & (given > 0)
    if not kept.all():
        of, by, said, given = of[kept], by[kept], said[kept], given[kept]
    key = (of * n_people + by) * n_labels + said
    # equal rows in the order of their weights: a sum of doubles depends on it
    order = np.argsort(key, kind="stable") if weights is None else np.lexsort((given, key))
    key, given = key[order], given[order]
    if len(key) and (key[1:] == key[:-1]).any():
        key, start = np.unique(key, return_index=True)
        given = np.add.reduceat(given, start)
    pair = key // n_labels
    if (given != 1.0).any() or (pair[1:] == pair[:-1]).any():
        first = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1])))
        given = given / np.repeat(np.add.reduceat(given, first), np.diff(np.append(first, len(pair))))
    by = pair % n_people if n_people else pair
    return Votes(pair // max(n_people, 1), by, key - pair * n_labels, given, n_items, n_people, n_labels)


def gold_of(items: ArrayLike, labels: ArrayLike, n_items: int) -> IntArray:
    """Return the true label of each item, ``NO_LABEL`` where there is none or two contradict each other.

    Parameters
    ----------
    items, labels : array_like of int, shape (m,)
    n_items : int

    Returns
    -------
    ndarray of int, shape (n_items,)

    Examples
    --------
    >>> gold_of([0, 2, 2, 0], [1, 0, 1, 1], 3).tolist()
    [1, -1, -1]
    """
    of, said = np.asarray(items, dtype=np.int64), np.asarray(labels, dtype=np.int64)
    least = np.full(n_items, np.iinfo(np.int64).max)
    most = np.full(n_items, NO_LABEL)
    np.minimum.at(least, of, said)
    np.maximum.at(most, of, said)
    return np.where(least == most, most, NO_LABEL)


def judged_items(votes: Votes, known: KnownTruth) -> IntArray:
    """Return the numbers of the items with votes whose truth is known."""
    return np.flatnonzero((known.gold != NO_LABEL) & votes.answered)
