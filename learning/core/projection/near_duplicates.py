"""Rows that say nearly the same: groups of near-duplicates, found among rows of one neighbourhood."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from learning.core.arrays import ROWS_PER_BLOCK, BoolArray, FloatMatrix, IntArray, row_blocks
from learning.core.learners.distances import squared_distances
from learning.core.pools import Pool

#: A near-duplicate is nearer than this share of the squared distance between two rows drawn at random.
NEAR = 0.1
#: Neighbourhoods a row is looked for in, about how large they are, and how many there are at most.
_LOOKED_IN = 2
_ROWS_EACH = 512
_MOST_CELLS = 4_096
#: Rows of a crowded neighbourhood that are compared with each other.
_COMPARED = 2_048
_SEED = 0
_ROUNDS = 4

Report = Callable[[int, int], None]


def near_duplicates(
    pool: Pool, axes: FloatMatrix, report: Report = lambda done, of: None, near: float = NEAR
) -> tuple[IntArray, IntArray]:
    """Group rows whose features point nearly the same way.

    Every row is compared with those of the two neighbourhoods nearest to it, first by a few directions, which can
    part no near-duplicates, then by all. Each group has a first row, and all of it is near that one: groups do not
    grow by chains. Rows of zeros belong to none.

    Parameters
    ----------
    pool : Pool
    axes : ndarray of float32, shape (d, k)
        Orthonormal directions in which rows differ most.
    report : callable, optional
        ``report(done, of)`` after every block of rows; what it raises ends the work.
    near : float, optional
        Of the squared distance between two rows of length 1 at random.

    Returns
    -------
    rows : ndarray of int64, shape (m,)
        Rows in groups of two or more, by group and then ascending.
    first : ndarray of int64, shape (m,)
        The lowest row of the group of each.

    Examples
    --------
    >>> from learning.core.pools import ArrayPool
    >>> pool = ArrayPool(np.array([[1, 0], [0, 1], [1, 0.01], [-1, 0], [0, 0]], np.float32))
    >>> near_duplicates(pool, np.eye(2, dtype=np.float32))
    (array([0, 2]), array([0, 0]))
    """
    rng = np.random.default_rng(_SEED)
    n_cells = min(_MOST_CELLS, max(1, pool.n_rows // _ROWS_EACH))
    sampled = np.sort(rng.choice(pool.n_rows, min(pool.n_rows, max(n_cells, 1_000)), replace=False))
    sample = _directions(pool.take(sampled))
    mean = sample.mean(axis=0)
    reach = near * 2.0 * max(0.0, float(np.mean(np.einsum("ij,ij->i", sample, sample)) - mean @ mean))
    if not reach:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    centres = sample[rng.choice(len(sample), min(n_cells, len(sample)), replace=False)] @ axes
    edges = [
        rows[pair]
        for rows in _neighbourhoods(pool, axes, centres, report)
        for pair in [_stars(_directions(pool.take(rows)), axes, reach)]
        if len(pair)
    ]
    return _groups(pool, np.concatenate(edges) if edges else np.empty((0, 2), np.int64), reach)


def _directions(features: FloatMatrix) -> FloatMatrix:
    """Rows of length 1; zeros stay zeros."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0))


def _neighbourhoods(pool: Pool, axes: FloatMatrix, centres: FloatMatrix, report: Report) -> Iterator[IntArray]:
    """The rows of each, ascending; of a crowded one parts of rows that are as far from its centre."""
    looked_in = min(_LOOKED_IN, len(centres))
    cells = np.empty((pool.n_rows, looked_in), dtype=np.int32)
    away = np.empty((pool.n_rows, looked_in), dtype=np.float32)
    for first, block in pool.blocks():
        directions = _directions(block)
        distances = squared_distances(directions @ axes, centres)
        distances[~directions.any(axis=1)] = np.inf
        for turn in range(looked_in):
            nearest = distances.argmin(axis=1)
            at = np.arange(len(block)), nearest
            cells[first : first + len(block), turn], away[first : first + len(block), turn] = nearest, distances[at]
            distances[at] = np.inf
        report(first + len(block), pool.n_rows)
    for turn in range(looked_in):
        cells[~np.isfinite(away[:, turn]), turn] = len(centres)
    order = np.lexsort((away.ravel(), cells.ravel()))
    ends = np.searchsorted(cells.ravel()[order], np.arange(len(centres) + 1))
    for cell in range(len(centres)):
        rows = order[ends[cell] : ends[cell + 1]] // looked_in
        for part in row_blocks(len(rows), _COMPARED):
            yield np.sort(rows[part])


def _stars(directions: FloatMatrix, axes: FloatMatrix, reach: float) -> IntArray:
    """Pairs of a first row and one near it, as positions: each row is in one pair at most as the later one."""
    flat = directions @ axes
    may_be = squared_distances(flat, flat) <= reach + 1e-4
    np.fill_diagonal(may_be, val=False)
    some = np.flatnonzero(may_be.any(axis=1))
    if not len(some):
        return np.empty((0, 2), np.int64)
    near = squared_distances(directions[some], directions[some]) <= reach
    return some[_first_come(near)]


def _first_come(near: BoolArray) -> IntArray:
    free = np.ones(len(near), dtype=bool)
    pairs = []
    for one in range(len(near)):
        if free[one]:
            free[one] = False
            others = np.flatnonzero(near[one] & free)
            free[others] = False
            pairs.append(np.column_stack([np.full(len(others), one), others]))
    return np.concatenate(pairs).astype(np.int64)


def _groups(pool: Pool, edges: IntArray, reach: float) -> tuple[IntArray, IntArray]:
    """What hangs together, cut to what is near its first row; what is left over once more."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    rows, firsts = [], []
    for _ in range(_ROUNDS):
        if not len(edges):
            break
        there, ends = np.unique(edges, return_inverse=True)
        ends = ends.reshape(edges.shape)
        graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(there), len(there)))
        n, part = connected_components(graph, directed=False)
        lowest = np.full(n, np.iinfo(np.int64).max)
        np.minimum.at(lowest, part, there)
        first = lowest[part]
        is_near = _near(pool, there, first, reach)
        rows.append(there[is_near])
        firsts.append(first[is_near])
        left = ~is_near
        edges = edges[left[ends].all(axis=1)]
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    row, first = np.concatenate(rows), np.concatenate(firsts)
    order = np.lexsort((row, first))
    row, first = row[order], first[order]
    _, group, sizes = np.unique(first, return_inverse=True, return_counts=True)
    several = sizes[group] > 1
    return row[several], first[several]


def _near(pool: Pool, rows: IntArray, first: IntArray, reach: float) -> BoolArray:
    found = np.empty(len(rows), dtype=bool)
    for block in row_blocks(len(rows), ROWS_PER_BLOCK):
        apart = _directions(pool.take(rows[block])) - _directions(pool.take(first[block]))
        found[block] = np.einsum("ij,ij->i", apart, apart) <= reach
    return found
