"""Trees as arrays against scikit-learn's own, and the learners made of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from learning.core.arrays import sigmoid, softmax
from learning.core.learners import make_learner, one_hot
from learning.core.learners.boosting import ITERATIONS, grow_boosted
from learning.core.learners.forest import N_TREES, grow_forest
from learning.core.learners.trees import floor32

DIGITS = load_digits()
FEATURES = (DIGITS.data / 16.0).astype(np.float32)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_forest_of_numbers_is_as_good_as_one_of_classes() -> None:
    """Summed variance of one-hot targets is Gini's impurity; only ties fall the other way."""
    train, rest = slice(0, 400), slice(400, None)
    grown = grow_forest(FEATURES[train], one_hot(DIGITS.target[train], 10), np.ones(400), "classification", rng())
    theirs = RandomForestClassifier(N_TREES, min_samples_leaf=2, random_state=0)
    expected = theirs.fit(FEATURES[train], DIGITS.target[train]).score(FEATURES[rest], DIGITS.target[rest])
    found = (grown.trees.scores(FEATURES[rest], 10).argmax(axis=1) == DIGITS.target[rest]).mean()
    assert found == pytest.approx(expected, abs=0.02)


def test_forest_arrays_equal_the_trees_they_were_copied_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from learning.core.learners import forest as module

    kept = []
    fit = module.RandomForestRegressor.fit

    def spying(self, *args, **more):
        kept.append(fit(self, *args, **more))
        return kept[-1]

    monkeypatch.setattr(module.RandomForestRegressor, "fit", spying)
    grown = grow_forest(FEATURES[:300], one_hot(DIGITS.target[:300], 10), np.ones(300), "classification", rng())
    assert np.abs(grown.trees.scores(FEATURES, 10) - kept[0].predict(FEATURES)).max() < 1e-6


@pytest.mark.parametrize("n_labels", [2, 4])
def test_boosting_in_arrays_predicts_what_scikit_learn_predicts(n_labels: int) -> None:
    rows = np.flatnonzero(DIGITS.target < n_labels)
    train, rest = rows[:250], rows[250:]
    grown = grow_boosted(
        FEATURES[train], one_hot(DIGITS.target[train], n_labels), np.ones(250), "classification", rng()
    )
    theirs = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=int(rng().integers(2**31)),
    ).fit(FEATURES[train], DIGITS.target[train])
    assert np.abs(softmax(grown.logits(FEATURES[rest], "softmax")) - theirs.predict_proba(FEATURES[rest])).max() < 1e-5


def test_boosting_of_many_labels_is_one_model_each() -> None:
    targets = np.column_stack((DIGITS.target[:250] < 5, DIGITS.target[:250] % 2)).astype(float)
    grown = grow_boosted(FEATURES[:250], targets, np.ones(250), "multilabel", rng())
    theirs = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=int(rng().integers(2**31)),
    ).fit(FEATURES[:250], targets[:, 1])
    ours = sigmoid(grown.logits(FEATURES[250:], "sigmoid"))[:, 1]
    assert np.abs(ours - theirs.predict_proba(FEATURES[250:])[:, 1]).max() < 1e-5


def test_thresholds_split_float32_rows_as_before_rounding() -> None:
    values = np.random.default_rng(0).normal(size=2_000).astype(np.float32)
    thresholds = (values[:-1].astype(np.float64) + values[1:]) / 2
    for value in values[:50]:
        assert ((value <= floor32(thresholds)) == (np.float64(value) <= thresholds)).all()


@pytest.mark.parametrize(("name", "n"), [("random_forest", 30), ("gradient_boosting", 150)])
def test_trees_are_not_grown_on_a_handful(name: str, n: int) -> None:
    targets = one_hot(DIGITS.target[:n], 10)
    model = make_learner(name).fit(FEATURES[:n], targets, kind="classification", rng=rng())
    assert model.name == "logistic"
    assert "answers that" in model.facts["reason"]


def test_a_label_added_later_gets_its_share() -> None:
    targets = one_hot(DIGITS.target[:300], 11)
    for name in ("random_forest", "gradient_boosting", "linear_svm"):
        model = make_learner(name).fit(FEATURES[:300], targets, kind="classification", rng=rng())
        probabilities = model.predict(FEATURES[300:320])
        assert model.name == name
        assert np.allclose(probabilities[:, 10], 0.001)
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_weights_and_soft_targets_reach_boosting() -> None:
    features = np.repeat(np.array([[0.0], [1.0]], np.float32), 200, axis=0)
    soft = np.repeat(np.array([[0.7, 0.3], [0.1, 0.9]]), 200, axis=0)
    model = make_learner("gradient_boosting").fit(features, soft, kind="classification", rng=rng())
    assert model.name == "gradient_boosting"
    assert np.allclose(model.predict(features[[0, 399]]), [[0.7, 0.3], [0.1, 0.9]], atol=0.05)
