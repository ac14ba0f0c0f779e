"""What ``auto`` fits, and what it says about it."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.learners import LEARNERS, make_learner, one_hot
from learning.core.learners.auto import Rival, simplest
from learning.core.learners.base import FittedLearner


def fit(features: np.ndarray, targets: np.ndarray, **more: object) -> FittedLearner:
    more = {"kind": "classification", **more}
    return make_learner("auto").fit(features, targets, rng=np.random.default_rng(3), **more)  # type: ignore[arg-type]


def steps(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two features whose signs only together tell the label: no line does."""
    features = np.random.default_rng(0).uniform(-1, 1, size=(n, 4)).astype(np.float32)
    return features, one_hot((features[:, 0] * features[:, 1] > 0).astype(int), 2)


def test_one_standard_error_prefers_the_simpler() -> None:
    losses = np.random.default_rng(0).normal(1.0, 0.3, size=400)
    little, much = losses - np.random.default_rng(1).normal(0.001, 0.2, size=400), losses - 0.2
    rows = np.ones(400), np.arange(400)
    assert simplest([Rival("plain", losses), Rival("rich", little)], *rows)[0] == 0
    number, reason = simplest([Rival("plain", losses), Rival("rich", much)], *rows)
    assert number == 1
    assert "plain" in reason
    assert "rich" in reason


def test_groups_are_one_observation_each() -> None:
    """Forty copies of ten rows are ten observations: their standard error is sqrt(40) times that of 400 rows."""
    gain = np.repeat(np.random.default_rng(2).normal(0.06, 0.3, size=10), 40)
    gain += 0.06 - gain.mean()
    rivals = [Rival("plain", np.ones(400)), Rival("rich", 1.0 - gain)]
    assert simplest(rivals, np.ones(400), np.arange(400))[0] == 1
    assert simplest(rivals, np.ones(400), np.repeat(np.arange(10), 40))[0] == 0


def test_trees_win_where_lines_cannot() -> None:
    features, targets = steps(900)
    model = fit(features[:500], targets[:500])
    assert model.name in ("random_forest", "gradient_boosting")
    assert (model.predict(features[500:]).argmax(axis=1) == targets[500:].argmax(axis=1)).mean() > 0.85
    assert model.facts["reason"].startswith(model.name)
    assert set(model.facts["loss_by_learner"]) == {
        "logistic_spreading", "linear_svm", "kernel_spreading", "random_forest", "gradient_boosting",
    }  # fmt: skip
    loaded = LEARNERS.make(model.name).load(model.dump())
    assert (loaded.predict(features) == model.predict(features)).all()


def test_lines_stay_where_they_are_right() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(400, 5)).astype(np.float32)
    model = fit(features, one_hot((features[:, 0] + rng.normal(size=400) * 0.5 > 0).astype(int), 2))
    assert model.name in ("logistic_spreading", "linear_svm")


def test_few_answers_are_not_compared() -> None:
    model = fit(*steps(199))
    assert model.name == "logistic_spreading"
    assert model.facts["auto"] == "199 of 200 answers to compare learners"


def test_weights_of_zero_are_no_answers() -> None:
    features, targets = steps(300)
    weights = np.r_[np.ones(150), np.zeros(150)]
    assert fit(features, targets, weights=weights).facts["auto"].startswith("150 of 200")


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_the_same_seed_chooses_and_fits_the_same(kind: str) -> None:
    features, targets = steps(300)
    one, two = (fit(features, targets, kind=kind) for _ in range(2))
    assert one.name == two.name
    assert one.dump() == two.dump()


def test_wide_features_are_not_compared() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(400, 600)).astype(np.float32)
    model = fit(features, one_hot(rng.integers(21, size=400), 21))
    assert model.name == "logistic_spreading"
    assert "too wide" in model.facts["auto"]


def rings(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes in 300 features, one inside the other: no line parts them, and trees do not take part."""
    rng = np.random.default_rng(5)
    features = rng.normal(size=(n, 300)).astype(np.float32) * 0.02
    angle, inner = rng.uniform(0, 2 * np.pi, size=n), rng.integers(2, size=n)
    features[:, :2] += ((2.0 - inner) * np.stack((np.cos(angle), np.sin(angle)))).T
    return features, one_hot(inner, 2)


@pytest.mark.parametrize("n", [400, 1_600])
def test_the_kernel_wins_where_borders_bend(n: int) -> None:
    """Also when there are more answers than are compared: both learned from the same folds."""
    features, targets = rings(n + 200)
    model = fit(features[:n], targets[:n])
    assert model.name == "kernel_spreading"
    assert (model.predict(features[n:]).argmax(axis=1) == targets[n:].argmax(axis=1)).mean() > 0.95
    assert {"logistic_spreading", "kernel_spreading"} <= set(model.facts["loss_by_learner"])
