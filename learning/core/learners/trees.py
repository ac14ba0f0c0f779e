"""Decision trees as arrays: what a fitted forest is stored as and predicts with.

Scikit-learn grows the trees; its objects can only be stored as pickles, which are never loaded here. Nodes are copied
into arrays once and followed by :meth:`Trees.scores`; tests compare it with scikit-learn's own predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.arrays import DoubleArray, FloatMatrix, row_blocks

_ROWS_PER_BLOCK = 1_024
ALL_COLUMNS = -1


@dataclass(frozen=True)
class Trees:
    """Any number of trees, one after the other.

    Parameters
    ----------
    feature : ndarray of int32, shape (m,)
        What a node looks at; 0 for a leaf.
    threshold : ndarray of float32, shape (m,)
        Rows with at most this go left; infinite for a leaf.
    left, right : ndarray of int32, shape (m,)
        Numbers of the children; a leaf is its own child.
    value : ndarray of float32, shape (m, w)
        What a leaf adds; w is the number of outputs, or 1.
    roots : ndarray of int32, shape (t,)
    columns : ndarray of int32, shape (t,)
        The output a tree adds to, or -1 when it adds to all of them.
    depth : ndarray of int32, shape (1,)
        Of the deepest tree.

    Examples
    --------
    >>> stump = one_tree(np.array([0, 0, 0]), np.array([0.5, 0, 0]), np.array([1, -1, -1]), np.array([2, -1, -1]),
    ...                  np.array([[0.0], [1.0], [2.0]]))
    >>> stump.scores(np.array([[0.0], [1.0]], np.float32), 1).ravel().tolist()
    [1.0, 2.0]
    """

    feature: NDArray[np.int32]
    threshold: FloatMatrix
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: FloatMatrix
    roots: NDArray[np.int32]
    columns: NDArray[np.int32]
    depth: NDArray[np.int32]

    def scores(self, features: FloatMatrix, n_outputs: int) -> DoubleArray:
        """Return the sum of the leaves every row falls into.

        Parameters
        ----------
        features : ndarray of float32, shape (n, d)
        n_outputs : int

        Returns
        -------
        ndarray of float64, shape (n, n_outputs)
        """
        result = np.zeros((len(features), n_outputs))
        if not self.roots.size:
            return result
        for block in row_blocks(len(features), _ROWS_PER_BLOCK):
            rows = np.ascontiguousarray(features[block])
            own = np.arange(len(rows))[:, None]
            nodes = np.tile(self.roots, (len(rows), 1))
            for _ in range(int(self.depth[0])):
                left = rows[own, self.feature[nodes]] <= self.threshold[nodes]
                nodes = np.where(left, self.left[nodes], self.right[nodes])
            for tree, column in enumerate(self.columns):
                leaves = self.value[nodes[:, tree]]
                if column == ALL_COLUMNS:
                    result[block] += leaves
                else:
                    result[block, column] += leaves[:, 0]
        return result

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, for storing."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def floor32(thresholds: DoubleArray) -> FloatMatrix:
    """Round down to float32: a float32 is at most the result if and only if it is at most the threshold.

    Examples
    --------
    >>> bool(np.float64(floor32(np.array([0.1]))[0]) <= 0.1)
    True
    """
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def one_tree(
    feature: NDArray[Any],
    threshold: DoubleArray,
    left: NDArray[Any],
    right: NDArray[Any],
    value: DoubleArray,
    column: int = ALL_COLUMNS,
) -> Trees:
    """Make a tree of nodes in which the root comes first and leaves have no valid children (negative, or the root).

    Examples
    --------
    >>> nothing = np.array([-1])
    >>> one_tree(nothing, np.zeros(1), nothing, nothing, np.ones((1, 2))).depth.tolist()
    [0]
    """
    own = np.arange(len(feature))
    leaf = np.asarray(left) <= 0
    children = [np.where(leaf, own, side).astype(np.int32) for side in (left, right)]
    depth = np.zeros(len(feature), dtype=np.int32)
    for node in np.flatnonzero(~leaf):  # parents come before their children
        for side in children:
            depth[side[node]] = depth[node] + 1
    return Trees(
        np.where(leaf, 0, feature).astype(np.int32),
        np.where(leaf, np.float32(np.inf), floor32(np.asarray(threshold, dtype=np.float64))).astype(np.float32),
        children[0],
        children[1],
        np.asarray(value, dtype=np.float32),
        np.zeros(1, dtype=np.int32),
        np.full(1, column, dtype=np.int32),
        np.array([depth.max()], dtype=np.int32),
    )


def planted(trees: Sequence[Trees], width: int) -> Trees:
    """Put trees together; none is a forest that adds nothing to ``width`` outputs.

    Examples
    --------
    >>> planted([], 3).scores(np.zeros((1, 1), np.float32), 3).tolist()
    [[0.0, 0.0, 0.0]]
    """
    if not trees:
        none = np.zeros(0, dtype=np.int32)
        return Trees(none, np.zeros(0, np.float32), none, none, np.zeros((0, width), np.float32), none, none, none)
    sizes = [len(tree.feature) for tree in trees]
    offsets = np.concatenate(([0], np.cumsum(sizes[:-1]))).astype(np.int32)

    def together(name: str, shifted: bool = False) -> NDArray[Any]:
        parts = [getattr(tree, name) for tree in trees]
        return np.concatenate(
            [part + offset for part, offset in zip(parts, offsets, strict=True)] if shifted else parts
        )

    return Trees(
        together("feature"),
        together("threshold"),
        together("left", shifted=True),
        together("right", shifted=True),
        together("value"),
        together("roots", shifted=True),
        together("columns"),
        np.array([max(int(tree.depth[0]) for tree in trees)], dtype=np.int32),
    )
