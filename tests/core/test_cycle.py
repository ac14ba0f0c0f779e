"""A whole turn, its determinism, and the simulation that replays it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from learning.core import cycle
from learning.core.artifacts import ArtifactError, pack, sha256, unpack
from learning.core.learners import one_hot
from learning.core.pools import ArrayPool, ShardPool
from learning.core.simulation import Bench, Curve, labels_to_reach, saving, simulate

DIGITS = load_digits()
FEATURES = (DIGITS.data / 16.0).astype(np.float32)
TARGETS = one_hot(DIGITS.target, 10)
SETTINGS = cycle.Settings("classification", 10, head=50)


def parts(n_labeled: int) -> tuple[ArrayPool, np.ndarray, cycle.Answers, cycle.Answers]:
    eligible = np.ones(1_200, dtype=bool)
    eligible[:n_labeled] = False
    answers = cycle.Answers(FEATURES[:n_labeled], TARGETS[:n_labeled])
    return ArrayPool(FEATURES[:1_200]), eligible, answers, cycle.Answers(FEATURES[1_200:], TARGETS[1_200:])


def test_a_turn_beats_the_majority_with_intervals_apart() -> None:
    turn = cycle.run(*parts(100), SETTINGS, seed=3)
    assert turn.assessment is not None
    ours = turn.assessment.model.metrics["accuracy"]
    assert ours.low > turn.assessment.baselines["majority"].metrics["accuracy"].high
    assert turn.ranking.strategy == "diverse_margin"
    assert turn.ranking.rows.min() >= 100


def test_a_turn_again_is_the_same_bit_by_bit() -> None:
    one, two = (cycle.run(*parts(60), SETTINGS, seed=3) for _ in range(2))
    assert one.model is not None
    assert two.model is not None
    assert sha256(one.model.dump()) == sha256(two.model.dump())
    assert one.assessment is not None
    assert two.assessment is not None
    assert one.assessment.model.as_dict() == two.assessment.model.as_dict()
    for field in ("rows", "utilities", "propensities"):
        assert (getattr(one.ranking, field) == getattr(two.ranking, field)).all()
    other = cycle.run(*parts(60), SETTINGS, seed=4)
    assert (one.ranking.rows != other.ranking.rows).any()


def test_a_step_left_out_changes_nothing_in_the_others() -> None:
    pool, eligible, answers, held_out = parts(60)
    whole = cycle.run(pool, eligible, answers, held_out, SETTINGS, seed=3)
    blind = cycle.run(pool, eligible, answers, parts(0)[2], SETTINGS, seed=3)
    assert blind.assessment is None
    assert whole.ranking.rows.tolist() == blind.ranking.rows.tolist()


def test_before_the_first_answer() -> None:
    turn = cycle.run(*parts(0), SETTINGS, seed=0)
    assert turn.model is None
    assert turn.assessment is None
    assert turn.ranking.strategy == "typical"
    fallback = cycle.run(*parts(0), replace(SETTINGS, strategy="margin"), seed=0)
    assert fallback.ranking.strategy == "typical"


def test_multilabel_turn() -> None:
    pool, eligible, answers, held_out = parts(80)
    several = [
        cycle.Answers(part.features, np.column_stack([part.targets[:, :3], part.targets[:, :5].sum(axis=1)]))
        for part in (answers, held_out)
    ]
    turn = cycle.run(pool, eligible, several[0], several[1], cycle.Settings("multilabel", 4, head=20), seed=0)
    assert turn.assessment is not None
    ours, majority = turn.assessment.model, turn.assessment.baselines["majority"]
    assert ours.metrics["micro_f1"].low > majority.metrics["micro_f1"].high


def test_settings_and_answers_must_fit() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        cycle.Settings("classification", 0)
    pool, eligible, answers, held_out = parts(30)
    with pytest.raises(ValueError, match="answers have 10 labels"):
        cycle.run(pool, eligible, answers, held_out, cycle.Settings("classification", 9), seed=0)


def test_simulation_saves_labels_on_digits() -> None:
    bench = Bench(FEATURES[:1_200], TARGETS[:1_200], FEATURES[1_200:], TARGETS[1_200:])
    curves = {
        name: [
            simulate(bench, replace(SETTINGS, strategy=name, batch=10), seed=seed, budget=30, random_share=0.1)
            for seed in range(4)
        ]
        for name in ("auto", "random")
    }
    assert curves["auto"][0].labels == (10, 20, 30)
    mean = {name: np.mean([curve.scores for curve in arm]) for name, arm in curves.items()}
    assert mean["auto"] > mean["random"] + 0.05


def test_simulation_is_repeatable_and_never_asks_twice() -> None:
    bench = Bench(FEATURES[:60], TARGETS[:60], FEATURES[1_200:], TARGETS[1_200:])
    told: list[int] = []
    one = simulate(bench, SETTINGS, seed=5, budget=200, progress=lambda labels, score: told.append(labels))
    assert told == list(one.labels) == [20, 40, 60]
    assert one == simulate(bench, SETTINGS, seed=5, budget=200)


def test_simulation_stops_when_told() -> None:
    bench = Bench(FEATURES[:600], TARGETS[:600], FEATURES[1_200:], TARGETS[1_200:])
    curve = simulate(bench, SETTINGS, seed=0, budget=600, stop_at=0.1)
    assert len(curve.labels) == 3


def test_saving_with_curves_that_never_arrive() -> None:
    slow = Curve("random", 0, (10, 20), (0.1, 0.2))
    fast = Curve("auto", 0, (10, 20), (0.9, 0.9))
    found = saving([fast], [slow], 1.0, 0.9)
    assert (found.labels, found.labels_random, found.censored) == (10, 30, 1)
    assert labels_to_reach(Curve("x", 0, (10, 20, 30), (0.9, 0.1, 0.9)), 0.9) == (30.0, True)


def test_shard_pool_checks_and_loads_each_shard_once() -> None:
    stored = np.arange(20, dtype=np.float32).reshape(10, 2)
    loaded: list[int] = []

    def load(shard: int) -> np.ndarray:
        loaded.append(shard)
        return stored[shard * 4 : shard * 4 + 4]

    pool = ShardPool(10, 2, load, rows_per_shard=4)
    assert np.concatenate([block for _, block in pool.blocks()]).tolist() == stored.tolist()
    assert loaded == [0, 1, 2]
    loaded.clear()
    rows = np.array([9, 1, 0, 8])
    assert pool.take(rows).tolist() == stored[rows].tolist()
    assert loaded == [0, 2]
    with pytest.raises(ValueError, match="shard 0 has shape"):
        next(ShardPool(10, 3, load, rows_per_shard=4).blocks())


def test_artifacts_hold_no_objects_and_refuse_strangers() -> None:
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        pack("x@1", {}, {"a": np.array([object()])})
    data = pack("x@1", {"b": 1, "a": [1.5, None]}, {"w": np.eye(2, dtype=np.float32)})
    assert data == pack("x@1", {"a": [1.5, None], "b": 1}, {"w": np.eye(2, dtype=np.float32)})
    header, arrays = unpack("x@1", data)
    assert (header["a"], arrays["w"].dtype) == ([1.5, None], np.float32)
    with pytest.raises(ArtifactError, match="expected y@1, found x@1"):
        unpack("y@1", data)
