"""Bradley-Terry by hand, by another library, by properties and by simulation."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.linear_model import LogisticRegression

from learning.core.pairwise import (
    Judgments,
    Prior,
    answer_probabilities,
    bridges_wanted,
    components,
    fit_crowd,
    fit_strengths,
    gaussian_posterior,
    position_effect,
    standard_errors,
)


def judged(
    n: int, m: int, seed: int, *, spread: float = 1.0, position: float = 0.0, log_nu: float = -np.inf
) -> tuple[np.ndarray, Judgments]:
    """Drawn strengths of mean 0, and judgments by the model itself."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n) * spread
    scores -= scores.mean()
    left = rng.integers(0, n, m)
    right = (left + rng.integers(1, n, m)) % n
    p = answer_probabilities(scores[left] - scores[right] + position, log_nu).cumsum(axis=1)
    outcome = (rng.random(m)[:, None] > p[:, :2]).sum(axis=1)
    return scores, Judgments(left, right, outcome, n)


def test_agrees_with_logistic_regression_on_differences():
    _, judgments = judged(12, 600, seed=1)
    rows = np.zeros((len(judgments), 12))
    rows[np.arange(600), judgments.left] = 1
    rows[np.arange(600), judgments.right] = -1
    other = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=10_000)
    other.fit(rows, judgments.outcome == 0)
    expected = other.coef_[0] - other.coef_[0].mean()
    np.testing.assert_allclose(fit_strengths(judgments).scores, expected, atol=1e-6)


def test_agrees_with_choix():
    stored = json.loads((Path(__file__).parent / "pairwise_choix.json").read_text(encoding="utf-8"))
    judgments = Judgments(*(np.array(stored[name]) for name in ("left", "right", "outcome")), n_items=9)
    np.testing.assert_allclose(fit_strengths(judgments).scores, stored["scores"], atol=1e-6)


def test_position_and_ties_are_recovered():
    scores, judgments = judged(30, 60_000, seed=2, position=0.4, log_nu=-0.5)
    fitted = fit_strengths(judgments, position=True)
    assert fitted.position == pytest.approx(0.4, abs=0.05)
    assert fitted.log_nu == pytest.approx(-0.5, abs=0.05)
    np.testing.assert_allclose(fitted.scores, scores, atol=0.15)


def test_the_gradient_vanishes_and_nothing_nearby_is_more_likely():
    _, judgments = judged(6, 200, seed=3, log_nu=-1.0)
    prior = Prior(np.linspace(-1, 1, 6), 0.5)
    fitted = fit_strengths(judgments, prior=prior, position=True)

    def log_posterior(scores, position, log_nu):
        d = scores[judgments.left] - scores[judgments.right] + position
        p = answer_probabilities(d, log_nu)[np.arange(len(judgments)), judgments.outcome]
        return np.log(p).sum() - 0.25 * ((scores - prior.mean) ** 2).sum()

    best = log_posterior(fitted.scores, fitted.position, fitted.log_nu)
    rng = np.random.default_rng(0)
    for _ in range(50):
        nudge = rng.normal(size=8) * 0.01
        assert log_posterior(fitted.scores + nudge[:6], fitted.position + nudge[6], fitted.log_nu + nudge[7]) < best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_renaming_items_and_swapping_sides_changes_nothing(seed):
    _, judgments = judged(8, 120, seed=seed, log_nu=-1.0)
    prior = Prior(0.0, 0.2)
    straight = fit_strengths(judgments, prior=prior).scores
    name = np.random.default_rng(seed).permutation(8)
    swapped = np.array([1, 0, 2])[judgments.outcome]
    renamed = Judgments(name[judgments.right], name[judgments.left], swapped, 8)
    np.testing.assert_allclose(fit_strengths(renamed, prior=prior).scores[name], straight, atol=1e-6)


def test_weights_count_like_repetitions():
    _, judgments = judged(5, 80, seed=4)
    count = np.random.default_rng(0).integers(1, 4, 80)
    repeated = judgments.where(np.repeat(np.arange(80), count))
    prior = Prior(0.0, 0.3)
    weighted = fit_strengths(judgments, prior=prior, weights=count.astype(float))
    np.testing.assert_allclose(weighted.scores, fit_strengths(repeated, prior=prior).scores, atol=1e-7)


def test_without_a_prior_an_item_that_never_won_is_refused():
    with pytest.raises(ValueError, match="chain of wins"):
        fit_strengths(Judgments(np.array([0, 1, 0]), np.array([1, 0, 2]), np.array([0, 0, 0]), n_items=3))


def test_standard_errors_cover_the_truth():
    inside = []
    for seed in range(60):
        scores, judgments = judged(20, 800, seed=seed, position=0.4, log_nu=-0.5)
        fitted = fit_strengths(judgments, position=True)
        error = standard_errors(judgments, fitted, position=True)
        inside.append(np.abs(fitted.scores - scores) < 1.96 * error)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_the_expansion_for_many_items_is_close_to_the_inverse(monkeypatch):
    _, judgments = judged(200, 8000, seed=5)
    prior = Prior(0.0, 0.1)
    fitted = fit_strengths(judgments, prior=prior)
    exact = standard_errors(judgments, fitted, prior=prior)
    monkeypatch.setattr("learning.core.pairwise.precision.DENSE_ITEMS", 10)
    np.testing.assert_allclose(standard_errors(judgments, fitted, prior=prior), exact, rtol=0.02)


def test_a_fifth_of_coin_tossers_costs_less_when_reliability_is_fitted():
    better = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        scores, honest = judged(150, 4000, seed=seed, spread=1.5, position=0.4)
        annotator = rng.integers(0, 20, 4000)
        tosses = annotator < 4
        outcome = np.where(tosses, rng.integers(0, 2, 4000), honest.outcome)
        judgments = Judgments(honest.left, honest.right, outcome, 150, annotator)
        prior = Prior(0.0, 0.2)
        crowd = fit_crowd(judgments, prior=prior)
        assert crowd.reliability[:4].max() < 0.6 < 0.8 < crowd.reliability[4:].min()
        assert crowd.strengths.position == pytest.approx(0.4, abs=0.2)
        plain = kendalltau(fit_strengths(judgments, prior=prior).scores, scores)[0]
        better += kendalltau(crowd.strengths.scores, scores)[0] > plain
    assert better == 5


def test_what_standing_left_is_worth_is_not_pulled_to_zero_by_unsure_strengths():
    prior, plain, freed = Prior(0.0, 1 / 2.25), [], []
    for seed in range(10):
        _, judgments = judged(1000, 1000, seed=seed, spread=1.5, position=0.4)
        fitted = fit_strengths(judgments, prior=prior, position=True)
        plain.append(fitted.position)
        freed.append(position_effect(judgments, gaussian_posterior(judgments, fitted, prior=prior)).value)
    assert np.mean(plain) < 0.36
    assert np.mean(freed) == pytest.approx(0.4, abs=0.06)


def test_a_warm_start_takes_no_more_steps_and_ends_at_the_same_place():
    _, judgments = judged(60, 4000, seed=6, log_nu=-1.0)
    cold = fit_strengths(judgments, position=True)
    warm = fit_strengths(judgments, position=True, start=cold)
    assert warm.iterations <= 1 < cold.iterations
    np.testing.assert_allclose(warm.scores, cold.scores, atol=1e-7)
    prior = Prior(0.0, 0.3)
    more = Judgments(judgments.left, judgments.right, judgments.outcome, 62)  # two new items
    from_old = fit_strengths(more, prior=prior, start=cold)
    np.testing.assert_allclose(from_old.scores, fit_strengths(more, prior=prior).scores, atol=1e-6)
    assert from_old.scores[60:].tolist() == [0.0, 0.0]


def test_crowd_goes_on_from_an_earlier_fit():
    _, judgments = judged(40, 1500, seed=7, spread=1.5)
    judgments = Judgments(judgments.left, judgments.right, judgments.outcome, 40, np.arange(1500) % 10)
    prior = Prior(0.0, 0.3)
    whole = fit_crowd(judgments, prior=prior)
    parts = fit_crowd(judgments, prior=prior, rounds=5)
    for _ in range(6):
        parts = fit_crowd(judgments, prior=prior, rounds=5, start=parts)
    np.testing.assert_allclose(parts.reliability, whole.reliability, atol=0.02)


def test_a_gap_is_named_and_closed():
    judgments = Judgments(np.array([0, 3]), np.array([1, 2]), np.array([0, 1]), n_items=4)
    assert components(judgments).tolist() == [0, 0, 1, 1]
    ((a, b),) = bridges_wanted(judgments, np.zeros(4))
    closed = Judgments(np.array([0, 3, a]), np.array([1, 2, b]), np.array([0, 1, 2]), n_items=4)
    assert set(components(closed).tolist()) == {0}
    assert bridges_wanted(closed, np.zeros(4)) == []


@pytest.mark.parametrize(
    ("left", "right", "outcome", "said"),
    [
        ([0], [0], [0], "itself"),
        ([0], [3], [0], "between 0 and 2"),
        ([-1], [1], [0], "between 0 and 2"),
        ([0], [1], [3], "outcome"),
        ([0, 1], [1], [0], "one length"),
    ],
)
def test_judgments_that_compare_nothing_are_refused(left, right, outcome, said):
    with pytest.raises(ValueError, match=said):
        Judgments(np.array(left), np.array(right), np.array(outcome), n_items=3)
