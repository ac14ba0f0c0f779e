"""Skips teach: what looks like it cannot be asked about comes later, and every chance stays known and above zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core.acquisition import demoted
from learning.core.cycle import Answers, Settings, fit_model, rank_pool
from learning.core.learners import one_hot
from learning.core.pools import ArrayPool
from learning.core.skips import FLOOR, MIN_SKIPS, SkipModel, Skipped, factor_of, fit_skip_model
from learning.core.strategies import STRATEGIES, Request, base, make_strategy
from learning.core.strategies.base import factors_of

choosing = pytest.mark.parametrize("name", [name for name in STRATEGIES.names() if name != "random"])


def pool_of(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three labels in three places, a fifth of the rows out of scope in a place between two of them."""
    rng = np.random.default_rng(seed)
    outside = rng.random(n) < 0.2
    labels = rng.integers(3, size=n)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0], [3.0, 0.0]])
    features = centres[np.where(outside, 3, labels)] + rng.normal(0, 1.1, (n, 2))
    return features.astype(np.float32), labels, outside


def skips_of(features: np.ndarray, outside: np.ndarray, asked: np.ndarray) -> SkipModel:
    answered, skipped = asked[~outside[asked]], asked[outside[asked]]
    return fit_skip_model(features[answered], Skipped(features[skipped]), np.random.default_rng(0))


def request_of(name: str, head: int = 40) -> tuple[Request, np.ndarray]:
    features, labels, outside = pool_of()
    asked = np.arange(80)
    answered = asked[~outside[:80]]
    targets = one_hot(labels[answered], 3)
    model = fit_model(Answers(features[answered], targets), Settings("classification", 3), np.random.default_rng(0))
    eligible = np.arange(300) >= 80
    skips = skips_of(features, outside, asked)
    assert skips.is_on
    return (
        Request(
            ArrayPool(features), eligible, model, features[answered], targets, "classification", head, 20,
            np.random.default_rng(1), skips=skips,
        ),
        outside,
    )  # fmt: skip


@choosing
def test_every_strategy_that_chooses_asks_less_about_what_looks_out_of_scope(name: str) -> None:
    request, outside = request_of(name)
    taught, untaught = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        taught.append(outside[make_strategy(name).rank(replace(request, rng=rng)).rows[:20]].mean())
        blind = replace(request, rng=np.random.default_rng(seed), skips=None)
        untaught.append(outside[make_strategy(name).rank(blind).rows[:20]].mean())
    assert np.mean(taught) < 0.75 * np.mean(untaught)


@choosing
def test_propensities_are_those_of_the_draws(name: str) -> None:
    """The first pick is a draw: over all seeds, the estimate of a total by one over the propensity is not off."""
    request, _ = request_of(name, head=1)
    values = np.linspace(0.0, 1.0, 300)
    truth = values[request.eligible].sum()
    estimates = []
    for seed in range(60):
        draws = make_strategy(name).rank(replace(request, rng=np.random.default_rng(seed), temperature=4.0))
        assert 0 < draws.propensities[0] <= 1
        estimates.append(values[draws.rows[0]] / draws.propensities[0])
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - truth) < 4 * error


def test_the_random_strategy_does_not_listen() -> None:
    request, _ = request_of("random")
    blind = replace(request, skips=None, rng=np.random.default_rng(1))
    assert make_strategy("random").rank(request).rows.tolist() == make_strategy("random").rank(blind).rows.tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_factors_are_bounded_and_fall_with_the_probability(probabilities: list[float]) -> None:
    found = factor_of(np.sort(probabilities))
    assert ((found >= FLOOR) & (found <= 1)).all()
    assert (np.diff(found) <= 0).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1_000))
def test_demoting_moves_rows_and_loses_none(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order, factors = rng.permutation(n), rng.uniform(FLOOR, 1, n)
    found = demoted(order, factors)
    assert sorted(found.tolist()) == list(range(n))
    assert demoted(order, None).tolist() == demoted(order, np.full(n, 0.3)).tolist() == order.tolist()
    place = {row: rank for rank, row in enumerate(found.tolist(), 1)}
    for rank, row in enumerate(order.tolist(), 1):  # nobody falls further than the factor says
        assert place[row] <= rank / factors[row] + 1


def test_it_is_off_with_fewer_than_five_skips_and_says_so() -> None:
    features, _, outside = pool_of()
    few = np.concatenate((np.flatnonzero(~outside)[:60], np.flatnonzero(outside)[: MIN_SKIPS - 1]))
    found = skips_of(features, outside, few)
    assert not found.is_on
    assert found.reason == f"{MIN_SKIPS - 1} skipped items, {MIN_SKIPS} are needed"
    assert found.factors(features).tolist() == [1.0] * 300


def test_skips_that_have_nothing_in_common_teach_nothing() -> None:
    """People skip at random: in 100 projects the model is hardly ever on, and its interval holds zero."""
    n_on = 0
    for seed in range(100):
        features, _, _ = pool_of(120, seed)
        skipped = np.random.default_rng(1_000 + seed).random(120) < 0.2
        n_on += skips_of(features, skipped, np.arange(120)).is_on
    assert n_on <= 5


def test_rows_of_one_group_are_not_told_by_each_other() -> None:
    """Five copies of forty items that people skip for no reason: a copy in another fold would tell."""
    rng = np.random.default_rng(0)
    contents = rng.normal(size=(40, 3)).astype(np.float32).repeat(5, axis=0)
    groups = np.arange(40).repeat(5)
    skipped = (rng.random(40) < 0.4).repeat(5)
    alone = fit_skip_model(contents[~skipped], Skipped(contents[skipped]), np.random.default_rng(0))
    together = fit_skip_model(
        contents[~skipped], Skipped(contents[skipped], groups[skipped]), np.random.default_rng(0), groups[~skipped]
    )
    assert alone.is_on
    assert not together.is_on


def test_identical_rows_and_far_away_ones_have_finite_factors() -> None:
    same = np.zeros((30, 2), np.float32)
    found = fit_skip_model(same, Skipped(same[:10]), np.random.default_rng(0))
    assert not found.is_on
    features, _, outside = pool_of()
    model = skips_of(features, outside, np.arange(120))
    far = model.factors(np.full((2, 2), 1e6, np.float32))
    assert np.isfinite(far).all()
    assert (far >= FLOOR).all()


def test_factors_of_few_rows_are_those_of_the_whole_pool() -> None:
    request, _ = request_of("margin")
    whole = factors_of(request, np.arange(300))
    few = factors_of(request, np.array([7, 120, 3]))
    assert whole is not None
    assert few is not None
    assert few == pytest.approx(whole[[7, 120, 3]], rel=1e-4)


def test_a_cold_project_does_not_ask_again_about_what_is_like_a_skip() -> None:
    """The default strategy without a model counts a skip as a question put to its group."""
    features, _, outside = pool_of(400)
    asked = np.flatnonzero(outside)[:4]
    eligible = np.ones(400, dtype=bool)
    eligible[asked] = False
    nothing = Answers(np.zeros((0, 2), np.float32), np.zeros((0, 3)))
    skips = fit_skip_model(nothing.features, Skipped(features[asked]), np.random.default_rng(0))
    assert not skips.is_on
    settings_ = Settings("classification", 3, head=4, batch=4, temperature=0.01)
    shares = [
        outside[
            rank_pool(ArrayPool(features), eligible, nothing, None, settings_, np.random.default_rng(s), known).rows
        ]
        for known in (skips, None)
        for s in range(10)
    ]
    assert np.mean(shares[:10]) < np.mean(shares[10:])


def test_in_a_large_pool_what_stands_behind_the_ranks_that_are_looked_at_passes_what_falls_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Out of scope are the first ranks; only those are compared, and they end up behind rows nobody looked at."""
    request, outside = request_of("margin")
    rows = np.flatnonzero(request.eligible)
    order = np.argsort(~outside[rows], kind="stable")
    n_outside = int(outside[rows].sum())
    monkeypatch.setattr(base, "_LOOKED_AT", n_outside)
    looked_at: list[int] = []
    take = request.pool.take

    def counted(picked: np.ndarray) -> np.ndarray:
        looked_at.append(picked.size)
        return take(picked)

    monkeypatch.setattr(request.pool, "take", counted)
    found = base.demoted(request, rows, order)
    assert looked_at == [n_outside]
    assert sorted(found.tolist()) == list(range(rows.size))
    assert outside[rows[found[:20]]].mean() < 0.5
