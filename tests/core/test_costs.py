"""What mistakes cost: the cheapest answer by a slow loop, and a gate that follows the price, not the accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.cycle import Settings
from learning.core.evaluation.baselines import majority
from learning.core.evaluation.costs import Costs
from learning.core.evaluation.gate import Contender, judge
from learning.core.evaluation.gate_costs import judge_by_cost
from learning.core.evaluation.objectives.least_cost import LeastCost
from learning.core.evaluation.objectives.one_label import OneLabel

N = 400
SPAM = Costs(((0.0, 1.0), (20.0, 0.0)), unit="€")  # of [ham, spam]: to lose a letter is twenty times as dear
TRUTH = np.arange(N) % 2
TARGETS = np.eye(2)[TRUTH]


def test_the_cheapest_answer_is_that_of_a_slow_loop() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        k = int(rng.integers(2, 5))
        stated = Costs(tuple(map(tuple, rng.random((k, k)).tolist())), review=float(rng.random()), skip=0.6)
        given = rng.dirichlet(np.ones(k), size=30)
        truth = np.eye(k)[rng.integers(k, size=30)]
        expected = [[sum(p * stated.matrix[t][a] for t, p in enumerate(row)) for a in range(k)] for row in given]
        cheapest = [min(range(k), key=row.__getitem__) for row in expected]
        assert stated.answers(given).tolist() == cheapest
        away = min(stated.review or 0.0, 0.6)
        paid = [
            away if min(row) > away else stated.matrix[int(t.argmax())][a]
            for row, a, t in zip(expected, cheapest, truth, strict=True)
        ]
        np.testing.assert_allclose(stated.paid(given, truth), paid)
        if k == 2:
            for label, (low, high) in enumerate(stated.answered_from()):
                here = (given[:, label] >= low) & (given[:, label] <= high)
                kept = (stated.answers(given) == label) & ~stated.given_away(given)
                assert here.tolist() == kept.tolist()
    alike = Costs(tuple(map(tuple, (1.0 - np.eye(4)).tolist())))  # where all mistakes cost 1, cost is the error rate
    given, truth = rng.dirichlet(np.ones(4), size=50), np.eye(4)[rng.integers(4, size=50)]
    assert alike.answers(given).tolist() == given.argmax(axis=1).tolist()
    assert alike.paid(given, truth).tolist() == OneLabel().errors(given, truth).tolist()


@pytest.mark.parametrize(
    ("matrix", "review", "words"),
    [
        (((0.0, 1.0),), None, "a row and a column"),
        (((0.0, -1.0), (1.0, 0.0)), None, "at least 0"),
        (((0.0, float("nan")), (1.0, 0.0)), None, "finite"),
        (((0.0, 1.0), (1.0, 0.0)), -1.0, "at least 0"),
        (((1.0, 1.0), (1.0, 1.0)), None, "all answers cost the same"),
    ],
)
def test_costs_that_say_nothing_are_refused(matrix: tuple, review: float | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Costs(matrix, review)


def test_costs_are_of_one_label_an_item() -> None:
    with pytest.raises(ValueError, match="not of 3"):
        Settings("classification", 3, costs=SPAM)
    with pytest.raises(ValueError, match="one an item"):
        Settings("multilabel", 2, costs=SPAM)


def model(wrong_ham: int, wrong_spam: int) -> np.ndarray:
    """Sure of itself, and wrong on so many of the 200 of each."""
    said = TRUTH.copy()
    said[np.flatnonzero(TRUTH == 0)[:wrong_ham]] = 1
    said[np.flatnonzero(TRUTH == 1)[:wrong_spam]] = 0
    return np.eye(2)[said].astype(np.float32) * 0.9998 + np.float32(0.0001)


def contender(objective: OneLabel, given: np.ndarray, latency_ms: float | None = None) -> Contender:
    return Contender(given, objective.evaluate(given, TARGETS, np.random.default_rng(0)), latency_ms)


def by_cost(stated: Costs, ours: np.ndarray, theirs: np.ndarray | None, latency_ms: float | None = None):
    objective, rng = LeastCost(stated), np.random.default_rng(1)
    champion = None if theirs is None else contender(objective, theirs, latency_ms)
    constant = majority(TARGETS, N).astype(np.float32)
    candidate = contender(objective, ours, latency_ms)
    return judge_by_cost(candidate, champion, TARGETS, constant, objective=objective, rng=rng)


def test_the_gate_follows_the_cost_where_accuracy_orders_two_models_otherwise() -> None:
    accurate, cheap = model(2, 12), model(33, 0)  # right on .965 and .92; the first loses twelve dear ones
    stated = Costs(((0.0, 1.0), (20.0, 0.0)), unit="€")
    plain = OneLabel()
    constant = majority(TARGETS, N).astype(np.float32)
    by_accuracy = judge(
        contender(plain, accurate), contender(plain, cheap), TARGETS, constant, rng=np.random.default_rng(0)
    )
    assert by_accuracy.promote
    refused, taken = by_cost(stated, accurate, cheap), by_cost(stated, cheap, accurate)
    assert not refused.promote
    assert not refused.may_rank
    assert "0.605 € a case beside 0.0825 €: dearer by 0.522 €" in refused.reason
    assert "right: 31 items won, 12 lost, of 400" in refused.reason
    assert taken.promote
    assert taken.costs["own"]["value"] == pytest.approx(0.0825)
    assert taken.costs["own"]["low"] < 0.0825 < taken.costs["own"]["high"]
    assert taken.paired is not None
    assert taken.paired.difference < 0


def test_deadline_and_the_most_acceptable_cost_are_checks_of_their_own() -> None:
    matrix = ((0.0, 1.0), (20.0, 0.0))
    found = {
        name: by_cost(Costs(matrix, **more), model(40, 0), None, 12.0)
        for name, more in {
            "kept": {"deadline_ms": 15.0, "most_acceptable": 0.2},
            "slow": {"deadline_ms": 10.0},
            "dear": {"most_acceptable": 0.05},
            "all reviewed": {"review": 0.05},
        }.items()
    }
    assert {name: [check.name for check in each.checks if not check.passed] for name, each in found.items()} == {
        "kept": [],
        "slow": ["deadline"],
        "dear": ["acceptable_cost"],
        # to have every case reviewed is the cheapest constant answer: no model is dearer than that, or cheaper
        "all reviewed": ["cheaper_than_baseline", "gain_beside_baseline"],
    }


def test_a_saving_that_a_single_dear_mistake_would_eat_up_is_not_proven() -> None:
    """Twelve pennies saved prove something of what was seen, nothing of a mistake a thousand times as dear."""
    saved = by_cost(Costs(((0.0, 1.0), (1_000.0, 0.0))), model(20, 0), model(40, 0))
    failed = [check.name for check in saved.checks if not check.passed]
    assert failed == ["gain_beside_baseline", "gain_beside_champion"]
    assert saved.may_rank
