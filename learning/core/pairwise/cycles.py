"""Contradictions: circular triads (a beats b beats c beats a) and the pairs people dispute most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from learning.core.arrays import DoubleArray
from learning.core.pairwise.judgments import LEFT, TIE, IntVector, Judgments

ROWS_PER_BLOCK = 256
MAX_CYCLES = 200_000


@dataclass(frozen=True)
class Triads:
    """Circular triads of the majorities.

    Attributes
    ----------
    items : ndarray of int, shape (t, 3)
        ``a, b, c`` with a preferred to b, b to c and c to a, the smallest number first; worst first.
    margins : ndarray of float64, shape (t,)
        Surplus of judgments on the weakest of the three edges: how much would have to change to break the cycle.
    total : int
        Number of cycles found (those beyond the limit are counted, not listed).
    triples : int
        Triples of items whose three pairs all have a majority: what ``total`` is a share of.
    """

    items: IntVector
    margins: DoubleArray
    total: int
    triples: int


def pair_counts(judgments: Judgments) -> tuple[IntVector, IntVector, IntVector]:
    """Count answers by pair.

    Returns
    -------
    first, second : ndarray of int, shape (p,)
        ``first < second``.
    counts : ndarray of int, shape (p, 3)
        Judgments that preferred the first, the second, neither of both (ties).

    Examples
    --------
    >>> [part.tolist() for part in pair_counts(Judgments(np.array([0, 1]), np.array([1, 0]), np.array([0, 1]), 2))]
    [[0], [1], [[2, 0, 0]]]
    """
    low, high = np.minimum(judgments.left, judgments.right), np.maximum(judgments.left, judgments.right)
    codes, pair = np.unique(low * np.int64(max(judgments.n_items, 1)) + high, return_inverse=True)
    left_won = judgments.outcome == LEFT
    first_won = left_won == (judgments.left == low)
    answer = np.where(judgments.outcome == TIE, 2, np.where(first_won, 0, 1))
    counts = np.bincount(pair * 3 + answer, minlength=codes.size * 3).reshape(-1, 3)
    return codes // max(judgments.n_items, 1), codes % max(judgments.n_items, 1), counts


def circular_triads(judgments: Judgments, *, limit: int = 1000) -> Triads:
    """Find all circular triads of the majority preferences.

    Ties and drawn pairs point nowhere. Work grows with the number of paths of two edges.

    Parameters
    ----------
    judgments : Judgments
        Of one context or of several.
    limit : int
        How many are listed.

    Returns
    -------
    Triads

    References
    ----------
    M. G. Kendall, B. Babington Smith, "On the method of paired comparisons", Biometrika 1940.

    Examples
    --------
    >>> circle = Judgments(np.array([0, 1, 2, 0]), np.array([1, 2, 0, 3]), np.zeros(4, int), 4)
    >>> circular_triads(circle).items.tolist()
    [[0, 1, 2]]
    """
    first, second, counts = pair_counts(judgments)
    surplus = counts[:, 0] - counts[:, 1]
    decided = surplus != 0
    winner = np.where(surplus > 0, first, second)[decided]
    loser = np.where(surplus > 0, second, first)[decided]
    n = judgments.n_items
    beats = csr_array((np.abs(surplus[decided]).astype(np.float64), (winner, loser)), shape=(n, n))
    found, total = _triples(beats)
    items, margins = _worst(found, beats, limit)
    return Triads(items, margins, total, _closed_triples(beats))


def _triples(beats: csr_array) -> tuple[IntVector, int]:
    """All a < b, a < c with a -> b -> c -> a, shape (t, 3), at most MAX_CYCLES of them, and their number."""
    n = beats.shape[0]
    plain = beats.copy()
    plain.data[:] = 1.0
    back = plain.T.tocsr()
    parts, total = [], 0
    for start in range(0, n, ROWS_PER_BLOCK):
        # Paths a -> b -> c that an edge c -> a closes.
        closed = (
            (plain[start : start + ROWS_PER_BLOCK] @ plain).multiply(back[start : start + ROWS_PER_BLOCK])
        ).tocoo()
        lowest = closed.col > closed.row + start
        for a, c in zip((closed.row[lowest] + start).tolist(), closed.col[lowest].tolist(), strict=True):
            after = plain.indices[plain.indptr[a] : plain.indptr[a + 1]]
            before = back.indices[back.indptr[c] : back.indptr[c + 1]]
            middle = np.intersect1d(after, before, assume_unique=True)
            middle = middle[middle > a]
            total += middle.size
            if total <= MAX_CYCLES and middle.size:
                parts.append(np.stack([np.full_like(middle, a), middle, np.full_like(middle, c)], axis=1))
    found = np.concatenate(parts) if parts else np.zeros((0, 3))
    return found.astype(np.int64), total


def _closed_triples(beats: csr_array) -> int:
    plain = beats.copy()
    plain.data[:] = 1.0
    either = (plain + plain.T).tocsr()
    total = 0.0
    for start in range(0, either.shape[0], ROWS_PER_BLOCK):
        rows = either[start : start + ROWS_PER_BLOCK]
        total += float((rows @ either).multiply(rows).sum())
    return round(total / 6)


def _worst(found: IntVector, beats: csr_array, limit: int) -> tuple[IntVector, DoubleArray]:
    if not found.size:
        return found, np.zeros(0)
    following = np.roll(found, -1, axis=1)
    edges = np.stack([np.asarray(beats[found[:, k], following[:, k]]).ravel() for k in range(3)], axis=1)
    weakest = edges.min(axis=1)
    order = np.lexsort((found[:, 0], -edges.sum(axis=1), -weakest))[:limit]
    return found[order], weakest[order]


def most_disputed(judgments: Judgments, k: int = 2) -> list[tuple[int, int, tuple[int, int, int]]]:
    """Return the pairs whose judgments disagree most: first, second and the counts (first, second, ties).

    Pairs are ordered by how many judgments the smaller side has, then by the narrower margin.

    Examples
    --------
    >>> judged = Judgments(np.array([0, 0, 0, 0, 2]), np.array([1, 1, 1, 1, 3]), np.array([0, 1, 0, 1, 0]), 4)
    >>> most_disputed(judged)
    [(0, 1, (2, 2, 0))]
    """
    first, second, counts = pair_counts(judgments)
    smaller = counts[:, :2].min(axis=1)
    order = np.lexsort((np.abs(counts[:, 0] - counts[:, 1]), -smaller))
    return [
        (int(first[row]), int(second[row]), (int(counts[row, 0]), int(counts[row, 1]), int(counts[row, 2])))
        for row in order[:k].tolist()
        if smaller[row] > 0
    ]
