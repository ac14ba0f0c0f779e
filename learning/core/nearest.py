"""The rows of a pool that are most like one row: one pass over its features, block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from learning.core.arrays import ROWS_PER_SHARD, DoubleArray, FloatMatrix, IntArray, row_blocks
from learning.core.pools import Pool

#: So many bytes of features are multiplied at once: they come from memory for the lengths, and from the cache for the
#: product.
_BYTES_AT_ONCE = 1 << 18
#: So many times the rows wanted are sorted; of more the best are picked out first.
_SORTED = 4


def nearest_rows(
    pool: Pool,
    row: FloatMatrix,
    count: int,
    lengths: dict[int, FloatMatrix] | None = None,
) -> tuple[IntArray, DoubleArray]:
    """Return the rows of a pool that are nearest to one by cosine.

    Parameters
    ----------
    pool : Pool
        Of n rows of d features.
    row : ndarray of float32, shape (d,)
    count : int
        How many are wanted; fewer come back from a smaller pool.
    lengths : dict, optional
        How long the rows of each block are, by its first row; filled where it lacks one. Handed in again for the same
        pool, a search is one product with a vector; without, one and a half.

    Returns
    -------
    rows : ndarray of int64
        Nearest first, equal ones by their numbers.
    distances : ndarray of float64
        One minus the cosine, from 0 to 2; 1 where a row, or the one asked for, is all zeros.

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> pool = ArrayPool(np.array([[0, 1], [2, 0], [1, 1]], np.float32))
    >>> rows, distances = nearest_rows(pool, np.array([1, 0], np.float32), 2)
    >>> rows.tolist(), distances.round(3).tolist()
    ([1, 2], [0.0, 0.293])
    """
    length = float(np.linalg.norm(row))
    asked = np.asarray(row / length if length else row, dtype=np.float32)
    kept_rows = np.empty(0, dtype=np.int64)
    kept = np.empty(0, dtype=np.float32)
    least = -np.inf  # what a row has to exceed once there are enough
    for first, cosines in _cosines_of(pool, asked, {} if lengths is None else lengths):
        better = np.flatnonzero(cosines > least)
        kept_rows = np.concatenate([kept_rows, first + better])
        kept = np.concatenate([kept, cosines[better]])
        if len(kept) > count:
            kept_rows, kept = _best(kept_rows, kept, count)
            least = kept[-1]
    kept_rows, kept = _best(kept_rows, kept, count)
    return kept_rows, np.clip(1.0 - kept.astype(np.float64), 0.0, 2.0)


def _cosines_of(pool: Pool, asked: FloatMatrix, known: dict[int, FloatMatrix]) -> Iterator[tuple[int, FloatMatrix]]:
    """The cosines of many rows at once, each time in the same place: after a product nothing small is in the cache, and
    what is new costs a fault a page."""
    cosines = np.empty(min(pool.n_rows, ROWS_PER_SHARD), np.float32)
    start = n = 0
    for first, block in pool.blocks():
        if n + len(block) > len(cosines):
            yield start, cosines[:n]
            start, n = first, 0
        here = cosines[n : n + len(block)]
        if first in known:
            np.matmul(block, asked, out=here)
        else:
            known[first] = _lengths(block, asked, here)
        here /= known[first]
        n += len(block)
    if n:
        yield start, cosines[:n]


def _lengths(block: FloatMatrix, asked: FloatMatrix, products: FloatMatrix) -> FloatMatrix:
    """How long rows are, 1 for zeros; their products with what is asked for are filled in the same pass."""
    squares = np.empty(len(block), np.float32)
    for part in row_blocks(len(block), max(1, _BYTES_AT_ONCE // (4 * block.shape[1]))):
        rows = block[part]
        np.vecdot(rows, rows, out=squares[part])  # waits for memory less than the product does
        np.matmul(rows, asked, out=products[part])
    lengths = np.sqrt(squares, out=squares)
    lengths[lengths == 0] = 1  # the product is 0 as well
    return lengths


def _best(rows: IntArray, cosines: FloatMatrix, count: int) -> tuple[IntArray, FloatMatrix]:
    if len(rows) > _SORTED * count:  # all that equal the last one stay: which of them are kept is told by their numbers
        last = np.partition(cosines, len(cosines) - count)[len(cosines) - count]
        some = cosines >= last
        rows, cosines = rows[some], cosines[some]
    order = np.lexsort((rows, -cosines))[:count]
    return rows[order], cosines[order]
