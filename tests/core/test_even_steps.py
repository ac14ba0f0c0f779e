"""Spread over the scale: what is noise whatever is answered does not take all the questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.core.arrays import FloatMatrix
from learning.core.evaluation.objectives import make_objective
from learning.core.learners import make_learner, one_hot
from learning.core.pools import ArrayPool
from learning.core.strategies import Request, make_strategy
from learning.core.strategies.even_steps import crowding

K = 5


def two_groups(seed: int, n: int = 3_000, n_labeled: int = 300) -> tuple[Request, np.ndarray]:
    """A model that has seen both: of one half of the rows the features tell the step, of the other nothing does."""
    rng = np.random.default_rng(seed)
    noise = rng.random(n) < 0.5
    features = np.column_stack((noise, np.where(noise, 0.0, rng.normal(size=n)) * 2, rng.normal(size=(n, 2))))
    told = np.digitize(features[:, 1] + 0.3 * rng.normal(size=n), [-2, -0.7, 0.7, 2])
    targets = one_hot(np.where(noise, rng.choice([0, 4], size=n), told), K)
    features = features.astype(np.float32)
    model = make_learner("ordinal_logistic").fit(
        features[:n_labeled], targets[:n_labeled], kind="classification", rng=rng
    )
    request = Request(
        ArrayPool(features), np.arange(n) >= n_labeled, model, features[:n_labeled], targets[:n_labeled],
        "classification", 150, 40, rng, costs=make_objective("ordinal").costs(K),
    )  # fmt: skip
    return request, noise


def test_of_pure_noise_and_of_what_tells_something_it_asks_the_latter() -> None:
    """Half of the rows are noise. To go by the error alone asks about them as often as chance does, or more."""
    shares: dict[str, list[float]] = {"even_steps": [], "expected_error": [], "random": []}
    for seed in range(12):
        for name, found in shares.items():
            request, noise = two_groups(seed)
            found.append(float(noise[make_strategy(name).rank(request).rows].mean()))
    mean = {name: float(np.mean(found)) for name, found in shares.items()}
    assert mean["even_steps"] < 0.4, mean
    assert mean["even_steps"] < min(mean["random"], mean["expected_error"]) - 0.1, mean
    assert np.mean(np.array(shares["even_steps"]) < 0.5) > 0.9


def test_every_part_of_the_scale_is_asked_about() -> None:
    """Where the model is as doubtful everywhere, the thinly held ends get as many questions as the crowded middle."""

    class Told:
        name, kind, n_labels, dimension, facts = "told", "classification", K, K, {}

        def predict(self, features: FloatMatrix) -> FloatMatrix:
            return features

        def dump(self) -> bytes:
            return b""

    low, middle, high = [0.5, 0.5, 0, 0, 0], [0, 0, 0.5, 0.5, 0], [0, 0, 0, 0.5, 0.5]
    pool = np.repeat(np.array([low, middle, high], np.float32), [50, 900, 50], axis=0)
    request = Request(
        ArrayPool(pool), np.ones(1_000, bool), Told(), np.zeros((0, K), np.float32), np.zeros((0, K)),
        "classification", 30, 30, np.random.default_rng(0), costs=make_objective("ordinal").costs(K),
    )  # fmt: skip
    asked = make_strategy("even_steps").rank(request).rows
    assert [int(((asked >= first) & (asked < last)).sum()) for first, last in ((0, 50), (50, 950), (950, 1_000))] == (
        pytest.approx([10, 10, 10], abs=6)
    )


def test_a_hundred_thousand_rows_take_one_pass_of_the_model() -> None:
    request, _ = two_groups(5)
    read: list[int] = []

    class Counted(ArrayPool):
        def blocks(self):
            for first, features in super().blocks():
                read.append(len(features))
                yield first, features

    assert isinstance(request.pool, ArrayPool)
    make_strategy("even_steps").rank(replace(request, pool=Counted(request.pool.features)))
    assert sum(read) == 3_000


def test_crowding_by_slow_loop() -> None:
    positions = np.random.default_rng(0).normal(size=200).astype(np.float32)
    low, width = positions.min(), (positions.max() - positions.min()) / 20
    place = [min(int((each - low) / width), 19) for each in positions]
    slow = np.array([place.count(each) / 200 + 0.01 for each in place])
    assert (np.abs(crowding(positions) - slow) < 1e-9).mean() > 0.98, "but for rounding at an edge"
    assert crowding(np.zeros(3, np.float32)).tolist() == pytest.approx([1.01] * 3)
