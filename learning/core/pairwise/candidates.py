"""Pairs worth a look: all of them where they are few, else a sample of likely ones; never all ``n ** 2``."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import BoolArray, DoubleArray
from learning.core.pairwise.judgments import IntVector

Pairs = tuple[IntVector, IntVector]
NEIGHBOUR_SHARE = 0.7


def candidate_pairs(
    scores: DoubleArray,
    variances: DoubleArray,
    context: IntVector,
    component: IntVector,
    may: BoolArray,
    at_most: int,
    rng: np.random.Generator,
) -> Pairs:
    """Return pairs of items within contexts, possibly some twice.

    All pairs when there are at most ``at_most``. Else items are drawn in proportion to the standard deviation of their
    scores and paired with a near one in the order of scores (7 of 10) or any one of their context; while graphs have
    gaps, a part of the sample joins small components to others.

    Parameters
    ----------
    scores, variances : ndarray of float64, shape (n_items,)
    context, component : ndarray of int, shape (n_items,)
    may : ndarray of bool, shape (n_items,)
        Which items take part.
    at_most : int
    rng : numpy.random.Generator

    Returns
    -------
    first, second : ndarray of int, shape (c,)

    Examples
    --------
    >>> everything = np.ones(3, bool), 10, np.random.default_rng(0)
    >>> first, second = candidate_pairs(np.zeros(3), np.ones(3), np.array([0, 0, 1]), np.arange(3), *everything)
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    items = np.flatnonzero(may)
    # By context, then by score: neighbours in this order are near in score.
    order = items[np.lexsort((scores[items], context[items]))]
    starts, sizes = _runs(context[order])
    total = int((sizes * (sizes - 1) // 2).sum())
    if total == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if total <= at_most:
        return _all_pairs(order, starts, sizes)
    start_of, size_of = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    chance = np.sqrt(variances[order]) * (size_of > 1)
    cumulative = np.cumsum(chance)
    at = np.searchsorted(cumulative, rng.random(at_most) * cumulative[-1], side="right").clip(0, order.size - 1)
    largest = np.log(size_of[at].astype(np.float64))
    near = np.ceil(np.exp(rng.random(at_most) * largest)).astype(np.int64)
    anywhere = rng.integers(1, size_of[at])
    step = np.where(rng.random(at_most) < NEIGHBOUR_SHARE, near * rng.choice((-1, 1), at_most), anywhere)
    partner = start_of[at] + (at - start_of[at] + step) % size_of[at]
    joined = _joining(order, start_of, size_of, component, at_most, rng)
    first, second = np.concatenate([at, joined[0]]), np.concatenate([partner, joined[1]])
    unlike = first != second
    return order[first[unlike]], order[second[unlike]]


def _runs(values: IntVector) -> tuple[IntVector, IntVector]:
    """Return start and length of every run of equal values."""
    if not values.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return starts, np.diff(np.append(starts, values.size))


def _all_pairs(order: IntVector, starts: IntVector, sizes: IntVector) -> Pairs:
    first, second = [], []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        one, other = np.triu_indices(size, 1)
        first.append(order[start + one])
        second.append(order[start + other])
    return np.concatenate(first), np.concatenate(second)


def _joining(
    order: IntVector, start_of: IntVector, size_of: IntVector, component: IntVector, at_most: int,
    rng: np.random.Generator,
) -> Pairs:  # fmt: skip
    """Pairs of places that join components: members of small ones with somebody of another component."""
    label = component[order]
    amount = np.bincount(label)
    gaps = amount[label] < size_of
    if not gaps.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    # One item a component first, those of small components before others.
    shuffled = rng.permutation(np.flatnonzero(gaps))
    shuffled = shuffled[np.argsort(amount[label[shuffled]], kind="stable")]
    _, one_each = np.unique(label[shuffled], return_index=True)
    at = np.tile(shuffled[np.sort(one_each)][: at_most // 8], 4)
    near = np.ceil(np.exp(rng.random(at.size) * np.log(size_of[at]))).astype(np.int64) * rng.choice((-1, 1), at.size)
    step = np.where(rng.random(at.size) < 0.5, near, rng.integers(1, size_of[at]))
    partner = start_of[at] + (at - start_of[at] + step) % size_of[at]
    across = label[at] != label[partner]
    return at[across], partner[across]
