"""Array types shared by the core, and the few operations every room needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatMatrix: TypeAlias = NDArray[np.float32]
"""Features or utilities as they are stored and moved: float32."""
DoubleArray: TypeAlias = NDArray[np.float64]
"""Numbers that are summed, compared or reported: float64."""
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

ROWS_PER_SHARD = 65_536
"""Rows of one stored feature shard; the last shard of a pool may be shorter."""
ROWS_PER_BLOCK = 8_192
"""Rows worked on at a time: small enough for the cache, large enough for BLAS."""


def row_blocks(n_rows: int, rows_per_block: int = ROWS_PER_BLOCK) -> Iterator[slice]:
    """Cut ``range(n_rows)`` into consecutive slices.

    Parameters
    ----------
    n_rows : int
        Number of rows, at least 0.
    rows_per_block : int
        Rows in every slice but the last, at least 1.

    Yields
    ------
    slice
        Consecutive, without gaps, covering every row once.

    Examples
    --------
    >>> list(row_blocks(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    if rows_per_block < 1:
        raise ValueError(f"rows_per_block must be at least 1, not {rows_per_block}")
    for start in range(0, n_rows, rows_per_block):
        yield slice(start, min(start + rows_per_block, n_rows))


def as_features(values: object) -> FloatMatrix:
    """Return ``values`` as a finite float32 matrix, without a copy where it already is one.

    Parameters
    ----------
    values : array_like of shape (n, d)

    Returns
    -------
    ndarray of float32, shape (n, d), C-contiguous

    Raises
    ------
    ValueError
        If it is not two-dimensional or holds NaN or infinity.

    Examples
    --------
    >>> as_features([[1, 2]]).dtype
    dtype('float32')
    """
    matrix = np.ascontiguousarray(values, dtype=np.float32)
    if matrix.ndim != 2:
        raise ValueError(f"features must have two dimensions, not {matrix.ndim}")
    # One sum sees every NaN and infinity without the bool matrix that isfinite would allocate.
    if matrix.size and not np.isfinite(matrix.sum(dtype=np.float64)):
        raise ValueError("features hold NaN or infinity")
    return matrix


def softmax(logits: DoubleArray) -> DoubleArray:
    """Turn rows of logits into probabilities, safe against overflow.

    Parameters
    ----------
    logits : ndarray of shape (n, k)

    Returns
    -------
    ndarray of float64, shape (n, k)
        Rows in [0, 1] that sum to 1.

    Examples
    --------
    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return np.asarray(shifted)


def sigmoid(logits: DoubleArray) -> DoubleArray:
    """Turn logits into independent probabilities, safe against overflow.

    Parameters
    ----------
    logits : ndarray of any shape

    Returns
    -------
    ndarray of float64, same shape, values in [0, 1]

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))
