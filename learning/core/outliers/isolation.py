"""How few random cuts part a row from the known ones.

Source: F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation forest", ICDM 2008. Scikit-learn grows the trees; they are kept as
arrays, since its objects can only be stored as pickles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.tree import ExtraTreeRegressor

from learning.core.arrays import DoubleArray
from learning.core.learners.trees import Trees, one_tree, planted
from learning.core.outliers.base import KnownRows

_TREES, _ROWS_PER_TREE = 30, 128


@dataclass(frozen=True)
class FittedIsolationForest:
    """Trees whose leaves hold the length of the path to them."""

    trees: Trees

    name = "isolation_forest"

    def score(self, coordinates: DoubleArray, outside: DoubleArray) -> DoubleArray:
        """Return the mean length of the path, with its sign turned."""
        return -self.trees.scores(coordinates.astype(np.float32), 1).ravel() / max(len(self.trees.roots), 1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the nodes."""
        return self.trees.arrays()


class IsolationForest:
    """Thirty trees, each of at most 128 rows and as deep as halving them would be."""

    name = "isolation_forest"

    def fit(self, known: KnownRows, rng: np.random.Generator) -> FittedIsolationForest:
        """See :class:`learning.core.outliers.base.Detector`."""
        rows = known.coordinates.astype(np.float32)
        size = min(_ROWS_PER_TREE, len(rows))
        deepest = max(int(np.ceil(np.log2(max(size, 2)))), 1)
        trees = []
        # the forest of scikit-learn takes four times as long: it checks every tree's parameters and rows anew
        with config_context(skip_parameter_validation=True, assume_finite=True):
            for _ in range(_TREES):
                some = np.ascontiguousarray(rows[rng.choice(len(rows), size, replace=False)])
                grower = ExtraTreeRegressor(
                    max_features=1, max_depth=deepest, splitter="random", random_state=int(rng.integers(2**31))
                )
                # what is not the same for any two rows, so that every cut goes on
                trees.append(_with_paths(grower.fit(some, rng.random(size), check_input=False).tree_))
        return FittedIsolationForest(planted(trees, 1))

    def load(self, arrays: dict[str, NDArray[Any]]) -> FittedIsolationForest:
        """Restore; see :class:`learning.core.outliers.base.Detector`."""
        return FittedIsolationForest(Trees(**arrays))


def _with_paths(tree: Any) -> Trees:
    """Return a tree whose leaves hold how long the path to them is, and would go on."""
    depth = np.zeros(tree.node_count)
    for node in np.flatnonzero(tree.children_left > 0):  # parents come before their children
        depth[[tree.children_left[node], tree.children_right[node]]] = depth[node] + 1.0
    path = depth + _unsuccessful(tree.n_node_samples)
    return one_tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, path[:, None])


def _unsuccessful(sizes: NDArray[Any]) -> DoubleArray:
    """Return how far a path would still go in nodes of these sizes: a search in a tree that finds nothing."""
    larger = np.maximum(sizes, 3).astype(np.float64)
    beyond = 2.0 * (np.log(larger - 1.0) + np.euler_gamma) - 2.0 * (larger - 1.0) / larger
    return np.where(sizes <= 1, 0.0, np.where(sizes == 2, 1.0, beyond))
