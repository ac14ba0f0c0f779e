"""Items nobody judged: scores by features, and how features and judgments are combined."""

import numpy as np
import pytest

from learning.core.pairwise import (
    Judgments,
    Prior,
    fit_ranker,
    fit_ranking,
    fit_strengths,
    learn_precision,
    with_context,
)
from learning.core.pairwise.surface import NAMES, surface_features


def judged(scores, count, seed, among=None, n_items=None):
    rng = np.random.default_rng(seed)
    among = np.arange(scores.size) if among is None else among
    left = rng.choice(among, count)
    right = rng.choice(among, count)
    left, right = left[left != right], right[left != right]
    won = rng.random(left.size) < 1 / (1 + np.exp(scores[right] - scores[left]))
    return Judgments(left, right, np.where(won, 0, 1), n_items or scores.size)


def accuracy(scores, truth):
    first, second = np.triu_indices(truth.size, 1)
    return np.mean((scores[first] > scores[second]) == (truth[first] > truth[second]))


def test_unseen_items_are_ordered_by_their_features():
    reached = []
    for seed in range(5):
        rng = np.random.default_rng([seed, 7])
        x = rng.normal(size=(600, 10)).astype(np.float32)
        truth = x @ rng.normal(size=10)
        ranking = fit_ranking(judged(truth, 300, seed, among=np.arange(400)), [x])
        reached.append(accuracy(ranking.strengths.scores[400:], truth[400:]))
    assert np.mean(reached) > 0.94


def test_swapping_sides_changes_nothing():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 4)).astype(np.float32)
    straight = judged(x @ np.array([1.0, -1.0, 0.5, 0.0]), 300, 0)
    swapped = Judgments(straight.right, straight.left, 1 - straight.outcome, 50)
    one, other = fit_ranker([x], straight), fit_ranker([x], swapped)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


def test_a_group_of_noise_is_turned_off():
    rng = np.random.default_rng(0)
    useful, noise = rng.normal(size=(300, 3)).astype(np.float32), rng.normal(size=(300, 40)).astype(np.float32)
    judgments = judged(useful @ np.array([1.5, -1.0, 1.0]), 800, 1)
    ranker = fit_ranker([useful, noise], judgments)
    assert ranker.penalties[1] > 20 * ranker.penalties[0]
    assert np.abs(ranker.weights[:3]).min() > 5 * np.abs(ranker.weights[3:]).max()


def test_many_columns_are_turned_to_their_main_directions():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(400, 5))
    x = (hidden @ rng.normal(size=(5, 300)) + 0.1 * rng.normal(size=(400, 300))).astype(np.float32)
    truth = hidden @ np.array([1.5, 1.0, 0.0, -1.0, 0.5])
    ranker = fit_ranker([x], judged(truth, 800, 2, among=np.arange(300)))
    assert ranker.weights.shape == (300,)
    assert accuracy(ranker.scores(x)[300:], truth[300:]) > 0.9


def test_what_the_context_wants_is_learned_through_the_product():
    """In half of the contexts more of a feature is better, in the others less."""
    rng = np.random.default_rng(0)
    context = np.repeat(np.arange(20), 20)
    wants = np.tile([1.0, -1.0], 10)
    x = rng.normal(size=(400, 2)).astype(np.float32)
    wishes = np.stack([wants, np.full(20, 0.2)], axis=1).astype(np.float32)
    truth = 2.0 * x[:, 0] * wants[context]
    left = rng.integers(0, 300, 1500)
    right = context[left] * 20 + (left % 20 + rng.integers(1, 20, 1500)) % 20
    won = rng.random(1500) < 1 / (1 + np.exp(truth[right] - truth[left]))
    judgments = Judgments(left, right, np.where(won, 0, 1), 400)
    groups = with_context(x, wishes, context)
    scores = fit_ranking(judgments, groups, context=context).strengths.scores
    unseen = [accuracy(scores[context == c], truth[context == c]) for c in range(15, 20)]
    assert np.mean(unseen) > 0.9
    plain = fit_ranking(judgments, [x], context=context).strengths.scores
    assert np.mean([accuracy(plain[context == c], truth[context == c]) for c in range(15, 20)]) < 0.7


def test_many_judgments_overrule_the_features():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1)).astype(np.float32)
    truth = x[:, 0].astype(float)
    truth[0] = 4.0 if x[0, 0] < 0 else -4.0  # an item its features are wrong about
    ranking = fit_ranking(judged(truth, 6000, 0), [x])
    assert ranking.ranker is not None
    assert np.sign(ranking.strengths.scores[0]) == np.sign(truth[0])
    assert np.sign(ranking.ranker.scores(x)[0]) == -np.sign(truth[0])


def test_precision_follows_what_features_leave_unsaid():
    rng = np.random.default_rng(0)
    mean = rng.normal(size=200)
    learned = []
    for unsaid in (0.3, 1.5):
        scores = mean + unsaid * rng.normal(size=200)
        learned.append(learn_precision(judged(scores, 6000, 0), Prior(mean, 1.0)).precision)
    assert learned[0] == pytest.approx(1 / 0.3**2, rel=0.6)
    assert learned[1] == pytest.approx(1 / 1.5**2, rel=0.4)


def test_few_judgments_do_not_collapse_the_prior():
    scores = np.random.default_rng(0).normal(size=100) * 1.5
    assert learn_precision(judged(scores, 40, 0), Prior(0.0, 1.0)).precision < 1.5


def test_nothing_judged_gives_the_prior_and_no_certainty():
    nothing = Judgments(*np.zeros((3, 0), dtype=int), n_items=5)
    x = np.arange(5, dtype=np.float32)[:, None]
    ranking = fit_ranking(nothing, [x], context=np.array([0, 0, 0, 1, 1]))
    assert ranking.strengths.scores.tolist() == [0.0] * 5
    assert ranking.posterior.standard_errors().min() > 0.5
    assert ranking.ranker is None


def test_coin_tossers_are_found_within_the_whole_fit():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60) * 1.5
    judgments = judged(truth, 3000, 0)
    annotator = rng.integers(0, 15, len(judgments))
    outcome = np.where(annotator < 3, rng.integers(0, 2, len(judgments)), judgments.outcome)
    ranking = fit_ranking(Judgments(judgments.left, judgments.right, outcome, 60, annotator))
    assert ranking.reliability[:3].max() < 0.6 < 0.75 < ranking.reliability[3:].min()
    assert ranking.weights[annotator < 3].mean() < ranking.weights[annotator >= 3].mean()


def test_ties_are_told_apart_from_no_opinion():
    """Ties pull two items together; leaving a pair out does not."""
    left, right = np.array([0, 0, 0, 1]), np.array([1, 1, 1, 2])
    prior = Prior(0.0, 0.2)
    apart = fit_strengths(Judgments(left, right, np.array([0, 0, 0, 0]), 3), prior=prior).scores
    tied = fit_strengths(
        Judgments(np.append(left, [0, 0]), np.append(right, [1, 1]), np.array([0, 0, 0, 0, 2, 2]), 3), prior=prior
    ).scores
    assert tied[0] - tied[1] < apart[0] - apart[1]


@pytest.mark.parametrize(
    ("groups", "said"),
    [([np.zeros((4, 0), np.float32)], "at least one feature"), ([np.zeros((3, 1), np.float32)], "one row for each")],
)
def test_features_that_do_not_fit_are_refused(groups, said):
    with pytest.raises(ValueError, match=said):
        fit_ranker(groups, Judgments(np.array([0]), np.array([1]), np.array([0]), 4))


def test_surface_of_odd_texts_is_finite():
    features = surface_features(["", " \n ", "?!", "ÄÖÜ " * 9000, "a\ud800b", "One. Two! three? four"])
    assert features.shape == (6, len(NAMES))
    assert np.isfinite(features).all()
    assert features[5, NAMES.index("small starts")] == pytest.approx(0.5)
    assert surface_features([]).shape == (0, len(NAMES))
