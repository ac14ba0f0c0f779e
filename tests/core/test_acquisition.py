"""Draws follow the law they claim, and the propensities are those of the draws."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core.acquisition import RankDraws, draw, order_by_utility, propensities_of, rank_log_weights


def test_draw_frequencies_are_those_of_sequential_sampling() -> None:
    """Every ordered pair out of four, counted in 20,000 simulated draws against the product of its propensities."""
    log_weights = rank_log_weights(4, 1.0)
    rng = np.random.default_rng(0)
    counts: dict[tuple[int, ...], int] = {}
    n_draws = 20_000
    for _ in range(n_draws):
        positions, _ = draw(log_weights, 2, rng)
        counts[tuple(positions.tolist())] = counts.get(tuple(positions.tolist()), 0) + 1
    weights = np.exp(log_weights)
    for pair in permutations(range(4), 2):
        expected = weights[pair[0]] / weights.sum() * weights[pair[1]] / (weights.sum() - weights[pair[0]])
        assert propensities_of(log_weights, np.array(pair)).prod() == pytest.approx(expected)
        error = np.sqrt(expected * (1 - expected) / n_draws)
        assert abs(counts[pair] / n_draws - expected) < 4.5 * error


def test_rank_draws_follow_the_same_law() -> None:
    rng = np.random.default_rng(0)
    n_draws = 20_000
    counts = np.zeros(5)
    claimed = np.zeros(5)
    for _ in range(n_draws):
        draws = RankDraws(5, 0.5, rng)
        rank, propensity = draws.next()
        counts[rank - 1] += 1
        claimed[rank - 1] = propensity
    weights = np.arange(1, 6) ** -2.0
    assert claimed == pytest.approx(weights / weights.sum())
    assert np.abs(counts / n_draws - claimed).max() < 4.5 * np.sqrt(0.25 / n_draws)


def test_inverse_propensity_estimates_the_pool() -> None:
    """The reason for all of this: an unbiased mean of the pool from ten draws that chase large values."""
    rng = np.random.default_rng(1)
    utilities = rng.random(200).astype(np.float32)
    values = utilities + rng.random(200)
    n, m = 200, 10
    estimates = []
    for _ in range(2_000):
        positions, propensities = draw(rank_log_weights(n, 2.0), m, rng)
        rows = np.argsort(-utilities)[positions]
        seen_before = np.concatenate(([0.0], np.cumsum(values[rows])[:-1]))
        estimates.append(((values[rows] / propensities + seen_before) / n).mean())
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - values.mean()) < 4 * error
    assert values[np.argsort(-utilities)[:50]].mean() > values.mean() + 20 * error


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 400), st.floats(0.05, 5.0), st.integers(0, 1_000))
def test_draws_are_distinct_and_propensities_are_probabilities(n: int, k: int, temperature: float, seed: int) -> None:
    log_weights = rank_log_weights(n, temperature)
    positions, propensities = draw(log_weights, k, np.random.default_rng(seed))
    assert len(set(positions.tolist())) == positions.size == min(n, k)
    assert (propensities > 0).all()
    assert (propensities <= 1).all()
    if k >= n:
        assert propensities[-1] == 1.0
    slow = np.exp(log_weights)
    expected = []
    for position in positions:
        expected.append(slow[position] / slow.sum())
        slow[position] = 0.0
    assert propensities == pytest.approx(expected, rel=1e-6)


def test_sharp_draws_take_the_top() -> None:
    positions, propensities = draw(rank_log_weights(100, 0.001), 5, np.random.default_rng(0))
    assert positions.tolist() == [0, 1, 2, 3, 4]
    assert propensities == pytest.approx(np.ones(5))


def test_equal_utilities_come_in_random_order() -> None:
    utilities = np.zeros(1_000, np.float32)
    utilities[7] = 1.0
    one, two = (order_by_utility(utilities, np.random.default_rng(seed)) for seed in (0, 1))
    assert one[0] == two[0] == 7
    assert (one != two).mean() > 0.9
    assert sorted(one.tolist()) == list(range(1_000))


def test_mass_beyond_is_the_rest_of_the_law() -> None:
    draws = RankDraws(10, 1.0, np.random.default_rng(0))
    draws.next()
    weights = 1 / np.arange(1, 11)
    assert draws.mass_beyond(3) == pytest.approx(weights[3:].sum() / weights.sum())
    assert draws.mass_beyond(0) == 1.0


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="temperature"):
        rank_log_weights(3, 0.0)
    draws = RankDraws(1, 1.0, np.random.default_rng(0))
    draws.next()
    with pytest.raises(ValueError, match="no row remains"):
        draws.next()
    assert draw(np.zeros(0), 3, np.random.default_rng(0))[0].size == 0
