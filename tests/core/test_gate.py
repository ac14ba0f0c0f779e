"""The gate's error rates over 200 replays, and LURE by hand, by its expectation and by a slow loop."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core.acquisition import draw, rank_log_weights
from learning.core.evaluation import evaluate, judge, lure_estimate, lure_weights
from learning.core.evaluation.baselines import majority
from learning.core.learners import one_hot

N_HELD_OUT = 500


def answers(correct: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probabilities of a model that is right where ``correct`` says so."""
    label = np.where(correct, truth, (truth + 1) % 4)
    return (one_hot(label, 4) * 0.9 + 0.025).astype(np.float32)


def replays(gained: float, lost: float, seed: int = 0) -> float:
    """Share of 200 candidates promoted that win ``gained`` and lose ``lost`` of the items of an 80 % champion."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=N_HELD_OUT)
    targets = one_hot(truth, 4)
    base = evaluate(majority(targets, N_HELD_OUT), targets, kind="classification", rng=rng)
    typical = evaluate(answers(rng.random(N_HELD_OUT) < 0.8, truth), targets, kind="classification", rng=rng)
    promoted = 0
    for _ in range(200):
        luck = rng.random(N_HELD_OUT)
        candidate, champion = (luck >= lost) & (luck < 0.80 + gained), luck < 0.80
        promoted += judge(answers(candidate, truth), answers(champion, truth), targets, typical, base).promote
    return promoted / 200


@pytest.mark.parametrize("share", [0.02, 0.08, 0.2])
def test_a_candidate_no_better_is_promoted_in_one_of_twenty_at_most(share: float) -> None:
    assert replays(share, share) <= 0.05


def test_a_candidate_better_by_four_points_is_promoted_in_nine_of_ten() -> None:
    """They differ on 6 % of the items; the more two models differ, the more items it takes (10 %: .83)."""
    assert replays(0.05, 0.01) >= 0.9


def test_higher_number_wins_would_promote_nearly_half() -> None:
    rng = np.random.default_rng(0)
    wins = 0
    for _ in range(200):
        luck = rng.random(N_HELD_OUT)
        wins += ((luck >= 0.08) & (luck < 0.88)).sum() > (luck < 0.80).sum()
    assert wins / 200 > 0.4


def test_the_gate_says_why_and_knows_provisional() -> None:
    truth = np.arange(100) % 4
    targets = one_hot(truth, 4)
    good, poor = answers(np.ones(100, bool), truth), answers(truth > 1, truth)
    rng = np.random.default_rng(0)
    found = {name: evaluate(values, targets, kind="classification", rng=rng) for name, values in
             {"good": good, "poor": poor, "base": majority(targets, 100)}.items()}  # fmt: skip
    verdict = judge(good, poor, targets, found["good"], found["base"], found["poor"])
    assert (verdict.promote, verdict.provisional) == (True, True)
    assert [check.name for check in verdict.checks] == ["beats_baseline", "beats_champion", "calibration"]
    refused = judge(poor, good, targets, found["poor"], found["base"], found["good"])
    assert not refused.promote
    assert "beats_champion" in refused.reason
    assert not judge(poor, poor, targets, found["poor"], found["base"]).promote
    json.dumps(verdict.as_dict())


def test_uniform_picks_weigh_one() -> None:
    sizes = np.arange(50, 30, -1)
    assert lure_weights(1 / sizes, sizes) == pytest.approx(np.ones(20))


def test_weights_by_hand() -> None:
    # N = 4, M = 2: v_1 = 1 + 2/3 (1/(4 * .5) - 1) = 2/3; v_2 = 1 + 2/2 (1/(3 * .2) - 1) = 5/3.
    assert lure_weights([0.5, 0.2], [4, 3]) == pytest.approx([2 / 3, 5 / 3])


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(0, 1_000))
def test_expectation_by_enumeration(n: int, m: int, seed: int) -> None:
    """The weighted mean of two picks, averaged over all ordered pairs with their probability, is the pool's mean."""
    rng = np.random.default_rng(seed)
    weights, values = rng.random(n) + 0.05, rng.normal(size=n)
    if min(m, n) < 2:
        expected = sum(
            weights[i] / weights.sum() * values[i] * lure_weights([weights[i] / weights.sum()], [n])[0]
            for i in range(n)
        )
    else:
        expected = 0.0
        for i in range(n):
            first = weights[i] / weights.sum()
            for j in set(range(n)) - {i}:
                second = weights[j] / (weights.sum() - weights[i])
                v = lure_weights([first, min(second, 1.0)], [n, n - 1])
                expected += first * second * (v[0] * values[i] + v[1] * values[j]) / 2
    assert expected == pytest.approx(values.mean(), abs=1e-9)


def test_agrees_with_the_slow_estimator() -> None:
    """LURE averages one estimate per pick: what was measured before it, plus the rest by inverse propensity."""
    rng = np.random.default_rng(0)
    n, m = 30, 12
    losses = rng.random(n)
    positions, q = draw(rank_log_weights(n, 1.0), m, rng)
    fast = (lure_weights(q, n - np.arange(m)) * losses[positions]).mean()
    shares = [n * (n - m) / (m * (n - k) * (n - k + 1)) for k in range(1, m + 1)]
    steps = [(losses[positions[:k]].sum() + losses[positions[k]] / q[k]) / n for k in range(m)]
    assert sum(shares) == pytest.approx(1.0)
    assert float(np.dot(shares, steps)) == pytest.approx(fast, rel=1e-9)


def test_estimates_the_pool_where_the_plain_mean_is_off() -> None:
    rng = np.random.default_rng(1)
    losses = (rng.random(400) < np.linspace(0.6, 0.0, 400)).astype(float)
    plain, weighted = [], []
    for _ in range(400):
        positions, q = draw(rank_log_weights(400, 2.0), 80, rng)
        plain.append(losses[positions].mean())
        weighted.append((lure_weights(q, 400 - np.arange(80)) * losses[positions]).mean())
    error = np.std(weighted) / 20
    assert abs(np.mean(weighted) - losses.mean()) < 4 * error
    assert np.mean(plain) > losses.mean() + 0.05


def test_interval_and_bad_input() -> None:
    found = lure_estimate([0.0, 1.0, 1.0, 0.0], [1.0, 0.5, 1.5, 1.0], np.random.default_rng(0))
    assert found.value == 0.5
    assert found.low <= 0.5 <= found.high
    for q, sizes, words in (([0.0], [2], "above 0"), ([0.5], [2, 1], "do not fit"), ([0.5, 0.5], [2, 2], "fewer rows")):
        with pytest.raises(ValueError, match=words):
            lure_weights(q, sizes)
