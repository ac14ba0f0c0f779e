"""The contract of every objective: what an answer is worth."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.cycle import Settings
from learning.core.evaluation.baselines import LabeledRows
from learning.core.evaluation.objectives import OBJECTIVES, make_objective
from learning.core.learners import LEARNERS, make_learner, one_hot
from learning.core.simulation import METRICS

contract = pytest.mark.parametrize("name", OBJECTIVES.names())
N, K = 60, 4


def truth_of(name: str) -> np.ndarray:
    if make_objective(name).form == "multilabel":
        return (np.random.default_rng(0).random((N, K)) < 0.4).astype(float)
    return one_hot(np.random.default_rng(0).integers(K, size=N), K)


@contract
def test_the_truth_itself_has_no_error_and_no_loss(name: str) -> None:
    objective, targets = make_objective(name), truth_of(name)
    assert objective.name == name
    assert objective.errors(targets, targets).tolist() == [0.0] * N
    assert objective.losses(targets, targets).tolist() == [0.0] * N
    found = objective.evaluate(targets, targets, np.random.default_rng(0))
    assert found.metrics[objective.headline].value == 1.0
    assert found.metrics[objective.share_right].value == 1.0
    assert METRICS[objective.simulated_by](targets.astype(np.float32), targets, name) == pytest.approx(1.0)


@contract
def test_what_is_compared_is_the_share_without_an_error(name: str) -> None:
    objective, targets = make_objective(name), truth_of(name)
    given = np.random.default_rng(1).dirichlet(np.ones(K), size=N).astype(np.float32)
    found = objective.evaluate(given, targets, np.random.default_rng(0))
    assert found.metrics[objective.share_right].value == pytest.approx((objective.errors(given, targets) == 0).mean())


@contract
def test_a_weight_of_two_is_the_row_twice_to_every_baseline(name: str) -> None:
    objective, targets = make_objective(name), truth_of(name)
    features = np.random.default_rng(3).normal(size=(N, 3)).astype(np.float32)
    weights = np.where(np.arange(N) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(N), weights.astype(int))
    given, repeated, plain = (
        objective.baselines(labeled, features, np.random.default_rng(0))
        for labeled in (
            LabeledRows(features, targets, weights),
            LabeledRows(features[twice], targets[twice]),
            LabeledRows(features, targets),
        )
    )
    for each in given.keys() - {"stratified"}:  # drawn at random, from other rows
        np.testing.assert_allclose(given[each], repeated[each], rtol=1e-5)
        assert each == "majority" or not np.array_equal(given[each], plain[each])


@contract
def test_constants_and_baselines_answer_every_item(name: str) -> None:
    objective, targets = make_objective(name), truth_of(name)
    features = np.random.default_rng(2).normal(size=(N, 3)).astype(np.float32)
    constants = objective.constants(targets)
    assert objective.best_constant in constants
    labeled = LabeledRows(features, targets)
    for given in (
        *constants.values(),
        *objective.simple(labeled, features).values(),
        *objective.baselines(labeled, features, np.random.default_rng(0)).values(),
    ):
        assert given.shape == (N, K)
        assert np.isfinite(given).all()
    for given in constants.values():
        assert (given == given[0]).all()


@contract
def test_no_constant_has_a_smaller_error_than_the_best_one(name: str) -> None:
    objective, targets = make_objective(name), truth_of(name)
    if objective.form == "multilabel":
        return
    best = objective.errors(objective.constants(targets)[objective.best_constant], targets).mean()
    every = [objective.errors(np.tile(row, (N, 1)), targets).mean() for row in np.eye(K)]
    assert best == pytest.approx(min(every))


@contract
def test_its_learners_costs_and_order_fit_the_cycle(name: str) -> None:
    objective = make_objective(name)
    make_learner(objective.learner("auto"))
    assert objective.learner("logistic") == "logistic"
    assert "logistic" in LEARNERS
    costs = objective.costs(K)
    if costs is not None:
        assert costs.shape == (K, K)
        assert costs.min() == 0
        assert costs.max() == 1
        assert (np.diag(costs) == 0).all()
    assert objective.order(["3", "2"]) == ["2", "3"]
    assert Settings(name, K).objective is objective


def test_an_unknown_objective_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="unknown objective 'surprise'"):
        Settings("surprise", 2)
