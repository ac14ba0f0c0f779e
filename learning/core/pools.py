"""A pool of features that is read in blocks and never copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from learning.core.arrays import ROWS_PER_BLOCK, ROWS_PER_SHARD, FloatMatrix, IntArray, row_blocks


class Pool(Protocol):
    """Feature rows by position; which item a row belongs to is the caller's business."""

    n_rows: int
    dimension: int

    def blocks(self) -> Iterator[tuple[int, FloatMatrix]]:
        """Yield ``(first row, features of consecutive rows)`` from the first row to the last."""
        ...

    def take(self, rows: IntArray) -> FloatMatrix:
        """Return a copy of the rows asked for, in that order."""
        ...


class ArrayPool:
    """A pool that fits into memory.

    Parameters
    ----------
    features : ndarray of float32, shape (n, d)

    Examples
    --------
    >>> pool = ArrayPool(np.eye(3, dtype=np.float32))
    >>> [(first, block.shape) for first, block in pool.blocks()]
    [(0, (3, 3))]
    """

    def __init__(self, features: FloatMatrix) -> None:
        self.features = features
        self.n_rows, self.dimension = features.shape

    def blocks(self) -> Iterator[tuple[int, FloatMatrix]]:
        """Yield views of the array."""
        for block in row_blocks(self.n_rows):
            yield block.start, self.features[block]

    def take(self, rows: IntArray) -> FloatMatrix:
        """Return a copy of the rows asked for, in that order."""
        return self.features[rows]


class ShardPool:
    """A pool in storage: shards are loaded one at a time, when they are needed.

    Parameters
    ----------
    n_rows, dimension : int
    load : callable
        Shard number -> ndarray of float32 of shape (rows_per_shard, dimension), the last one shorter. Called once per
        shard in :meth:`blocks` and again in :meth:`take` for shards that hold a wanted row; cache there if it pays.
    rows_per_shard : int

    Examples
    --------
    >>> stored = np.arange(5, dtype=np.float32).reshape(5, 1)
    >>> pool = ShardPool(5, 1, lambda shard: stored[shard * 2 : shard * 2 + 2], rows_per_shard=2)
    >>> [first for first, _ in pool.blocks()], pool.take(np.array([4, 0])).ravel().tolist()
    ([0, 2, 4], [4.0, 0.0])
    """

    def __init__(
        self, n_rows: int, dimension: int, load: Callable[[int], FloatMatrix], rows_per_shard: int = ROWS_PER_SHARD
    ) -> None:
        self.n_rows, self.dimension = n_rows, dimension
        self._load = load
        self._rows_per_shard = rows_per_shard

    def _shard(self, shard: int) -> FloatMatrix:
        features = self._load(shard)
        expected = min(self._rows_per_shard, self.n_rows - shard * self._rows_per_shard)
        if features.shape != (expected, self.dimension):
            raise ValueError(f"shard {shard} has shape {features.shape}, not {(expected, self.dimension)}")
        return features

    def blocks(self) -> Iterator[tuple[int, FloatMatrix]]:
        """Load every shard once and yield it in blocks.

        Raises
        ------
        ValueError
            If a shard has another shape than promised.
        """
        for shard, rows in enumerate(row_blocks(self.n_rows, self._rows_per_shard)):
            features = self._shard(shard)
            for block in row_blocks(len(features), ROWS_PER_BLOCK):
                yield rows.start + block.start, features[block]

    def take(self, rows: IntArray) -> FloatMatrix:
        """Return a copy of the rows asked for, in that order; each shard is loaded at most once."""
        result = np.empty((rows.size, self.dimension), dtype=np.float32)
        shards = rows // self._rows_per_shard
        for shard in np.unique(shards):
            wanted = np.flatnonzero(shards == shard)
            result[wanted] = self._shard(int(shard))[rows[wanted] - shard * self._rows_per_shard]
        return result
