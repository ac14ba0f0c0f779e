"""Which pairs are asked next: gaps first, open questions, known probabilities, bounded work."""

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.pairwise_selection import run
from learning.core.pairwise import (
    Judgments,
    Prior,
    choose_pairs,
    components,
    fit_strengths,
    gaussian_posterior,
    standard_errors,
)  # fmt: skip
from learning.core.pairwise import posterior as posterior_module
from learning.core.pairwise.bradley_terry import Strengths, answer_probabilities
from learning.core.pairwise.expected_posterior import (
    DenseExpectation,
    DiagonalExpectation,
    expected_information,
    order_weights,
)

NOTHING = np.zeros((3, 0), dtype=int)


def ring(n, seed=0, extra=0):
    rng = np.random.default_rng(seed)
    left = np.concatenate([np.arange(n), rng.integers(0, n, extra)])
    right = np.concatenate([(np.arange(n) + 1) % n, np.zeros(extra, dtype=int)])
    right[n:] = (left[n:] + rng.integers(1, n, extra)) % n
    return Judgments(left, right, rng.integers(0, 2, n + extra), n)


def posterior_of(judgments, prior=None, context=None):
    prior = prior or Prior(0.0, 0.5)
    return gaussian_posterior(judgments, fit_strengths(judgments, prior=prior), prior=prior, context=context)


def test_without_any_judgment_the_graph_is_joined_as_fast_as_it_can_be():
    nothing = Judgments(*NOTHING, n_items=20)
    draws = choose_pairs(posterior_of(nothing), nothing, 25, np.random.default_rng(0))
    assert draws.reason[:19] == ["bridge"] * 19
    assert draws.reason[19:] == ["gain"] * 6
    joined = Judgments(draws.first[:19], draws.second[:19], np.zeros(19, dtype=int), 20)
    assert set(components(joined).tolist()) == {0}


def test_a_gap_is_closed_even_where_the_outcome_is_all_but_known():
    near = ring(10)
    judgments = Judgments(np.append(near.left, 10), np.append(near.right, 11), np.append(near.outcome, 0), 12)
    scores = np.concatenate([np.zeros(10), [9.0, 9.0]])
    posterior = gaussian_posterior(judgments, Strengths(scores), prior=Prior(0.0, 0.5))
    for seed in range(5):
        draws = choose_pairs(posterior, judgments, 2, np.random.default_rng(seed))
        assert draws.first[0] < 10 <= draws.second[0]
        assert draws.reason == ["bridge", "gain"]


def test_pairs_being_asked_count_as_joined():
    two = Judgments(np.array([0, 2]), np.array([1, 3]), np.array([0, 0]), n_items=4)
    rng = np.random.default_rng(0)
    assert choose_pairs(posterior_of(two), two, 1, rng).reason == ["bridge"]
    asked = np.array([3]), np.array([0])
    draws = choose_pairs(posterior_of(two), two, 10, rng, pending=asked)
    assert set(draws.reason) == {"gain"}
    assert (0, 3) not in set(zip(draws.first.tolist(), draws.second.tolist(), strict=True))


def test_only_what_may_be_asked_is_drawn():
    judgments = ring(12)
    allowed = np.arange(12) < 8
    closed = np.array([1, 5, 2]), np.array([0, 6, 3])
    draws = choose_pairs(
        posterior_of(judgments), judgments, 100, np.random.default_rng(0), allowed=allowed, excluded=closed
    )
    drawn = set(zip(draws.first.tolist(), draws.second.tolist(), strict=True))
    assert len(drawn) == len(draws) == 8 * 7 // 2 - 3
    assert not drawn & {(0, 1), (5, 6), (2, 3)}
    assert draws.second.max() < 8
    assert np.all(draws.first < draws.second)


def test_given_pairs_only_and_never_across_contexts():
    judgments, context = Judgments(*NOTHING, n_items=6), np.array([0, 1, 0, 1, 0, 1])
    posterior = posterior_of(judgments, context=context)
    draws = choose_pairs(posterior, judgments, 100, np.random.default_rng(0))
    assert len(draws) == 6
    assert np.all(context[draws.first] == context[draws.second])
    given = np.array([4, 1]), np.array([0, 3])
    draws = choose_pairs(posterior, judgments, 100, np.random.default_rng(0), given=given)
    assert set(zip(draws.first.tolist(), draws.second.tolist(), strict=True)) == {(0, 4), (1, 3)}
    with pytest.raises(ValueError, match="two contexts"):
        choose_pairs(posterior, judgments, 1, np.random.default_rng(0), given=(np.array([0]), np.array([1])))


def test_an_open_question_is_preferred_to_a_settled_one():
    judgments = ring(30, extra=300)
    scores = np.linspace(-4, 4, 30)
    posterior = gaussian_posterior(judgments, Strengths(scores), prior=Prior(0.0, 0.2))
    draws = choose_pairs(posterior, judgments, 15, np.random.default_rng(1))
    assert np.abs(scores[draws.first] - scores[draws.second]).mean() < 1.0


def test_a_batch_does_not_ask_about_the_same_item_only():
    judgments = ring(40, extra=400)
    new = Judgments(judgments.left, judgments.right, judgments.outcome, 41)  # item 40 is new
    joined = new.where(np.arange(len(new)))
    joined = Judgments(np.append(joined.left, 40), np.append(joined.right, 3), np.append(joined.outcome, 0), 41)
    draws = choose_pairs(posterior_of(joined), joined, 12, np.random.default_rng(0))
    about_new = (draws.second == 40).sum()
    assert draws.second[0] == 40
    assert 1 <= about_new < 12


def test_propensities_are_the_frequencies_of_the_draw():
    judgments, rng = ring(4, extra=3), np.random.default_rng(0)
    posterior = posterior_of(judgments)
    seen, said = {}, {}
    for _ in range(1500):
        draws = choose_pairs(posterior, judgments, 1, rng, random_share=0.3, temperature=0.7)
        pair = int(draws.first[0]), int(draws.second[0])
        seen[pair] = seen.get(pair, 0) + 1
        said[pair] = float(draws.propensities[0])
    assert len(seen) == 6
    for pair, count in seen.items():
        assert count / 1500 == pytest.approx(said[pair], abs=0.05)
    assert sum(said.values()) == pytest.approx(1.0, abs=1e-6)


def test_the_same_seed_draws_the_same_pairs():
    judgments = ring(30, extra=50)
    one, other = (choose_pairs(posterior_of(judgments), judgments, 9, np.random.default_rng(5)) for _ in range(2))
    assert one.first.tolist() == other.first.tolist()
    assert one.propensities.tolist() == other.propensities.tolist()


def test_a_large_context_is_looked_at_in_part_and_gaps_are_found_all_the_same():
    n = 4000
    judgments = ring(n - 5)
    judgments = Judgments(judgments.left, judgments.right, judgments.outcome, n)  # five items nobody compared
    posterior = posterior_of(judgments)
    assert not posterior.covariances
    draws = choose_pairs(posterior, judgments, 40, np.random.default_rng(0), max_candidates=3000)
    assert draws.pool_size < 10_000
    assert draws.reason[:5] == ["bridge"] * 5
    assert draws.reason[5] == "gain"
    joined = Judgments(np.append(judgments.left, draws.first), np.append(judgments.right, draws.second),
                       np.append(judgments.outcome, np.zeros(40, dtype=int)), n)  # fmt: skip
    assert components(joined).max() == 0


def test_many_small_contexts_in_one_call():
    context = np.repeat(np.arange(300), 3)
    nothing = Judgments(*NOTHING, n_items=900)
    draws = choose_pairs(posterior_of(nothing, context=context), nothing, 50, np.random.default_rng(0))
    assert len(draws) == 50
    assert np.all(context[draws.first] == context[draws.second])


def test_the_expectation_after_an_answer_is_the_posterior_of_one_more_judgment():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    covariance, mean = root @ root.T / 6 + 0.1 * np.eye(6), rng.normal(size=6)
    outlook = DenseExpectation(mean, covariance)
    outlook.weigh()
    along = outlook.along(1, 4)
    u = along * np.sqrt(0.2 / (1 + 0.2 * (along[1] - along[4])))
    moved, weighed = outlook.tell(u)
    e = np.eye(6)[1] - np.eye(6)[4]
    after = np.linalg.inv(np.linalg.inv(covariance) + 0.2 * np.outer(e, e))
    first, second = np.triu_indices(6, 1)
    expected = after[first, first] + after[second, second] - 2 * after[first, second]
    np.testing.assert_allclose(outlook.variances(first, second), expected, atol=1e-9)
    # The gain is the sum over all pairs of how far the answer moves them, weighed.
    g = order_weights(
        mean[first] - mean[second],
        covariance[first, first] + covariance[second, second] - 2 * covariance[first, second],
    )
    assert weighed == pytest.approx(float(g @ (u[first] - u[second]) ** 2))
    assert moved.shape == (6,)


def test_the_gain_is_what_an_answer_takes_off_the_entropy_of_an_order():
    """Second route: the preposterior expectation by simulation, for a small move."""
    rng = np.random.default_rng(0)
    mean, variance, move = 0.8, 1.5, 0.02

    def entropy(p):
        return -p * np.log(p) - (1 - p) * np.log(1 - p)

    after = rng.normal(mean, np.sqrt(move), 2_000_000)
    fallen = entropy(norm.cdf(mean / np.sqrt(variance))) - entropy(norm.cdf(after / np.sqrt(variance - move))).mean()
    assert float(order_weights(np.array([mean]), np.array([variance]))[0]) * move / 2 == pytest.approx(fallen, rel=0.1)


def test_expected_information_is_the_average_over_the_gaussian():
    rng = np.random.default_rng(0)
    d = rng.normal(0.9, 1.3, 400_000)
    p = answer_probabilities(d, -0.4)
    exact = ((1 - p[:, 2]) / 4 - ((p[:, 0] - p[:, 1]) / 2) ** 2).mean()
    got = expected_information(-0.4)(np.array([-0.9]), np.array([1.3**2]))[0]
    assert got == pytest.approx(exact, abs=2e-3)


def test_the_diagonal_expectation_weighs_as_the_dense_one():
    rng = np.random.default_rng(0)
    mean, variance = rng.normal(size=60), rng.uniform(0.2, 1.0, 60)
    dense, diagonal = DenseExpectation(mean, np.diag(variance)), DiagonalExpectation(mean, variance, rng)
    dense.weigh()
    diagonal.weigh()
    first, second = np.triu_indices(60, 1)
    one, other = dense.spreads(first, second), diagonal.spreads(first, second)
    assert np.corrcoef(one, other)[0, 1] > 0.99


def test_posterior_errors_are_those_of_the_full_inverse(monkeypatch):
    judgments, prior = ring(200, extra=8000), Prior(0.0, 0.4)
    fitted = fit_strengths(judgments, prior=prior)
    exact = standard_errors(judgments, fitted, prior=prior)
    np.testing.assert_allclose(gaussian_posterior(judgments, fitted, prior=prior).standard_errors(), exact, rtol=1e-9)
    monkeypatch.setattr(posterior_module, "DENSE_ITEMS", 5)
    near = gaussian_posterior(judgments, fitted, prior=prior).standard_errors()
    np.testing.assert_allclose(near, exact, rtol=0.03)


def test_contexts_do_not_touch_each_other():
    one = ring(8, extra=40)
    both = Judgments(
        np.concatenate([2 * one.left, 2 * one.left + 1]), np.concatenate([2 * one.right, 2 * one.right + 1]),
        np.concatenate([one.outcome, one.outcome]), 16,
    )  # fmt: skip
    alone = posterior_of(one).standard_errors()
    together = posterior_of(both, context=np.arange(16) % 2).standard_errors()
    np.testing.assert_allclose(together[0::2], alone, rtol=1e-6)
    np.testing.assert_allclose(together[1::2], alone, rtol=1e-6)
    with pytest.raises(ValueError, match="two contexts"):
        posterior_of(one, context=np.arange(8) % 2)


def test_covariances_of_many_contexts_stay_within_memory(monkeypatch):
    monkeypatch.setattr(posterior_module, "DENSE_CELLS", 120)
    context = np.repeat([0, 1, 2], [10, 4, 10])
    nothing = Judgments(*NOTHING, n_items=24)
    posterior = posterior_of(nothing, context=context)
    assert sorted(posterior.covariances) == [0, 1]
    draws = choose_pairs(posterior, nothing, 30, np.random.default_rng(0))
    assert set(context[draws.first].tolist()) == {0, 1, 2}


def test_a_posterior_without_a_prior_is_refused():
    judgments = ring(4)
    with pytest.raises(ValueError, match="prior"):
        gaussian_posterior(judgments, Strengths(np.zeros(4)), prior=Prior())


def test_chosen_pairs_need_fewer_judgments_than_random_ones():
    """A small part of benchmarks/pairwise_selection.py."""
    gaps = [run(seed, 0.0, 600)[-5:].mean() - run(seed, None, 600)[-5:].mean() for seed in range(3)]
    assert np.mean(gaps) > 0.005
