"""Calibrated random forest."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.forms import Kind
from learning.core.learners.tree_learner import TreeLearner
from learning.core.learners.tree_model import FittedTrees, Grown
from learning.core.learners.trees import one_tree, planted

N_TREES = 60


class FittedRandomForest(FittedTrees):
    """A fitted random forest; see :class:`FittedTrees`."""

    name = "random_forest"


def grow_forest(
    features: FloatMatrix, known: DoubleArray, weights: DoubleArray, kind: Kind, rng: np.random.Generator
) -> Grown:
    """Grow sixty trees on bootstrapped rows, each split among the square root of the features.

    Targets are fitted as numbers: for one-hot rows the summed variance is Gini's impurity, and soft targets and many
    labels per item need no other code.
    """
    forest = RandomForestRegressor(
        N_TREES, max_features="sqrt", min_samples_leaf=2, n_jobs=1, random_state=int(rng.integers(2**31))
    ).fit(features, known, sample_weight=weights)
    trees = [
        one_tree(
            grown.feature, grown.threshold, grown.children_left, grown.children_right, grown.value[:, :, 0] / N_TREES
        )
        for grown in (estimator.tree_ for estimator in forest.estimators_)
    ]
    return Grown(planted(trees, known.shape[1]), np.zeros(known.shape[1]), shares=True)


class RandomForestLearner(TreeLearner[FittedRandomForest]):
    """Sixty trees, calibrated on grouped folds; logistic regression below 50 answers."""

    name = "random_forest"
    min_rows = 50
    model = FittedRandomForest
    grow = staticmethod(grow_forest)
