"""Calibrated gradient boosting over histograms, at its best on tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.forms import Kind, form_of
from learning.core.learners.tree_learner import TreeLearner
from learning.core.learners.tree_model import FittedTrees, Grown
from learning.core.learners.trees import Trees, one_tree, planted

ITERATIONS = 50


class FittedGradientBoosting(FittedTrees):
    """Fitted gradient boosting; see :class:`FittedTrees`."""

    name = "gradient_boosting"


def grow_boosted(
    features: FloatMatrix, known: DoubleArray, weights: DoubleArray, kind: Kind, rng: np.random.Generator
) -> Grown:
    """Boost fifty rounds of trees with at most 15 leaves; one model per label for many labels per item.

    A row with a soft target takes part once per label, with its weight shared out.
    """
    seed = int(rng.integers(2**31))
    if form_of(kind).sums_to_one:
        trees, start = _boost(features, known, weights, seed)
        return Grown(planted(trees, 1), start, shares=False)
    trees, starts = [], np.zeros(known.shape[1])
    for label in range(known.shape[1]):
        both = np.column_stack((1.0 - known[:, label], known[:, label]))
        own, start = _boost(features, both, weights, seed, only=label)
        trees += own
        starts[label] = start[1]
    return Grown(planted(trees, 1), starts, shares=False)


def _boost(
    features: FloatMatrix, known: DoubleArray, weights: DoubleArray, seed: int, only: int | None = None
) -> tuple[list[Trees], DoubleArray]:
    """Return trees and starting logits for every column of ``known``, or for the second as output ``only``."""
    rows, labels = np.nonzero(known * weights[:, None])
    present = np.unique(labels)
    if present.size < 2:
        start = np.where(np.isin(np.arange(known.shape[1]), present), 5.0, -5.0)
        return [], start
    boosted = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=seed,
    )
    # Sums over threads end in other last bits.
    with threadpool_limits(1):
        boosted.fit(features[rows], labels, sample_weight=(known * weights[:, None])[rows, labels])
    start = np.full(known.shape[1], -8.0)
    baseline = np.asarray(boosted._baseline_prediction, dtype=np.float64).ravel()
    binary = present.size == 2
    start[present] = np.array([0.0, baseline[0]]) if binary else baseline
    outputs = [present[1]] if binary else present
    trees = [
        _copied(predictor.nodes, int(outputs[number]) if only is None else only)
        for round_ in boosted._predictors
        for number, predictor in enumerate(round_)
    ]
    return trees, start


def _copied(nodes: Any, column: int) -> Trees:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    return one_tree(nodes["feature_idx"], nodes["num_threshold"], left, right, nodes["value"][:, None], column)


class GradientBoostingLearner(TreeLearner[FittedGradientBoosting]):
    """Fifty rounds, calibrated on grouped folds; logistic regression below 200 answers, where trees only memorise."""

    name = "gradient_boosting"
    min_rows = 200
    model = FittedGradientBoosting
    grow = staticmethod(grow_boosted)
