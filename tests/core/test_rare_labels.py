"""A label that few rows have: it is looked for until it is found, and then the rows like it are asked about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.core import cycle
from learning.core.evaluation.intervals_f1 import f1_of_label
from learning.core.evaluation.thresholds import suggested_threshold
from learning.core.forms import Kind
from learning.core.learners import make_learner, one_hot
from learning.core.pools import ArrayPool
from learning.core.strategies import Request, make_strategy
from learning.core.strategies.coreset import SAMPLE_ROWS
from learning.core.strategies.mixture import Part, alike, best_of, by_rank, mixed_draws
from learning.core.strategies.rare import near_and_novel, rare_labels


def clump(n: int = 600, n_rare: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of noise with a small clump apart from them that has label 1."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(n, dtype=int)
    labels[:n_rare] = 1
    features = rng.normal(size=(n, 8))
    features[:n_rare] = features[:n_rare] * 0.3 + 3.0
    order = rng.permutation(n)
    return features[order].astype(np.float32), labels[order]


def request_for(
    features: np.ndarray, labels: np.ndarray, asked: np.ndarray, *, seed: int = 0, batch: int = 20
) -> Request:
    targets = one_hot(labels, 2)
    model = make_learner("auto").fit(
        features[asked], targets[asked], kind="classification", rng=np.random.default_rng(seed)
    )
    eligible = np.ones(len(features), bool)
    eligible[asked] = False
    return Request(
        ArrayPool(features), eligible, model, features[asked], targets[asked], "classification", batch, batch,
        np.random.default_rng(seed + 1),
    )  # fmt: skip


@pytest.mark.parametrize("n_alike", [20, 41, 300])
def test_a_project_whose_answers_are_all_alike_looks_for_others_however_many_there_are(n_alike: int) -> None:
    features, labels = clump()
    draws = make_strategy("auto").rank(request_for(features, labels, np.flatnonzero(labels == 0)[:n_alike]))
    assert draws.strategy == "explore"
    assert f"all {n_alike} answers are alike" in draws.reason


def test_what_lies_apart_is_found_sooner_than_by_chance() -> None:
    """Twelve rows of 600: random order needs 46 questions on average."""
    firsts = []
    for seed in range(12):
        features, labels = clump(seed=seed)
        asked = np.flatnonzero(labels == 0)[:20]
        request = replace(request_for(features, labels, asked, seed=seed), head=580)
        found = labels[make_strategy("explore").rank(request).rows]
        firsts.append(1 + int(np.flatnonzero(found)[0]))
    assert np.mean(firsts) < 0.5 * 601 / 13


def test_a_rare_label_is_asked_about_by_what_is_like_it() -> None:
    features, labels = clump()
    asked = np.concatenate((np.flatnonzero(labels == 1)[:2], np.flatnonzero(labels == 0)[:40]))
    draws = make_strategy("auto").rank(request_for(features, labels, asked))
    assert draws.strategy == "more_like_it"
    assert labels[draws.rows].sum() >= 6  # of the ten that are left; chance finds a third of one


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_of_several_labels_the_rare_one_is_looked_for_and_the_others_are_not(kind: Kind) -> None:
    features, has = clump()
    targets = one_hot(np.where(has == 1, 2, np.arange(600) % 2), 3)
    asked = np.concatenate((np.flatnonzero(has == 1)[:2], np.flatnonzero(has == 0)[:60]))
    assert rare_labels(targets[asked]).tolist() == [2]
    eligible = np.ones(600, bool)
    eligible[asked] = False
    model = make_learner("auto").fit(features[asked], targets[asked], kind=kind, rng=np.random.default_rng(0))
    request = Request(
        ArrayPool(features), eligible, model, features[asked], targets[asked], kind, 20, 20, np.random.default_rng(1)
    )
    draws = make_strategy("auto").rank(request)
    assert draws.strategy == "more_like_it"
    assert has[draws.rows].sum() >= 5


def test_answers_of_a_scale_keep_their_own_strategy() -> None:
    features, labels = clump()
    asked = np.concatenate((np.flatnonzero(labels == 1)[:2], np.flatnonzero(labels == 0)[:40]))
    costs = np.abs(np.arange(2)[:, None] - np.arange(2)).astype(float)
    assert make_strategy("auto").rank(replace(request_for(features, labels, asked), costs=costs)).strategy in (
        "diverse_error", "typical",
    )  # fmt: skip


def test_a_large_pool_is_looked_through_in_a_sample_and_no_row_is_out_of_reach() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(9_000, 3)).astype(np.float32)
    labels = np.zeros(9_000, dtype=int)
    labels[:2] = 1
    request = request_for(features, labels, np.arange(42))
    rows = np.flatnonzero(request.eligible)
    order, _ = near_and_novel(request, rows, np.array([1]))
    assert sorted(order.tolist()) == list(range(rows.size))
    assert rows.size > SAMPLE_ROWS


def test_a_rare_label_that_lies_elsewhere_too_is_not_locked_out() -> None:
    """A row far from every positive that the model is sure about keeps its chance at every pick."""
    features, labels = clump()
    asked = np.concatenate((np.flatnonzero(labels == 1)[:2], np.flatnonzero(labels == 0)[:40]))
    request = request_for(features, labels, asked)
    draws = make_strategy("more_like_it").rank(replace(request, head=int(request.eligible.sum())))
    least_even = 0.1 / (draws.pool_size - np.arange(draws.rows.size))
    assert (draws.propensities >= least_even - 1e-12).all()


def test_labels_that_are_all_as_frequent_as_they_can_be_are_not_rare() -> None:
    even = one_hot(np.arange(770) % 77, 77)
    assert rare_labels(even).size == 0
    uneven = one_hot(np.arange(500) % 76, 77)
    uneven[0] = one_hot([76], 77)
    assert rare_labels(uneven).size == 0  # one answer of 500 where seven were expected: luck
    assert rare_labels(np.tile(uneven, (2, 1))[:999]).tolist() == [76]
    assert rare_labels(one_hot([0] * 87 + [1] * 13, 2)).size == 0
    assert rare_labels(one_hot([0] * 97 + [1] * 3, 2)).tolist() == [1]
    assert rare_labels(one_hot([0] * 50, 2)).size == 0  # nobody has it: there is nothing to be like


def test_a_model_that_is_no_better_than_a_constant_does_not_choose() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 5)).astype(np.float32)
    labels = rng.integers(2, size=200)
    request = request_for(features, labels, np.arange(60))
    assert request.model is not None
    told = request.model.facts
    told["loss_out_of_fold"], told["loss_of_constant"] = 0.70, 0.69
    assert "no better than a constant" in make_strategy("auto").rank(request).reason
    told["loss_out_of_fold"] = 0.60
    assert make_strategy("auto").rank(request).strategy == "diverse_margin"


def test_what_the_model_knows_of_itself_is_measured_out_of_fold() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 5)).astype(np.float32)
    noise = make_learner("auto").fit(
        features, one_hot(rng.integers(2, size=300), 2), kind="classification", rng=np.random.default_rng(0)
    )
    clear = make_learner("auto").fit(
        features, one_hot((features[:, 0] > 0).astype(int), 2), kind="classification", rng=np.random.default_rng(0)
    )
    assert noise.facts["loss_out_of_fold"] > 0.97 * noise.facts["loss_of_constant"]
    assert clear.facts["loss_out_of_fold"] < 0.5 * clear.facts["loss_of_constant"]


@pytest.mark.parametrize("learner", ["auto", "logistic", "random_forest", "gradient_boosting", "linear_svm"])
def test_every_learner_suggests_a_threshold_and_keeps_it(learner: str) -> None:
    features, labels = clump(400, 40)
    settings = cycle.Settings("classification", 3, learner=learner)
    made = cycle.fit_model(cycle.Answers(features, one_hot(labels, 3)), settings, np.random.default_rng(0))
    assert made is not None
    first, second, unseen = made.facts["thresholds"]
    assert 0 < second <= 0.5
    assert 0 < first <= 0.5
    assert unseen is None
    again = make_learner(made.name).load(made.dump())
    assert again.facts["thresholds"] == made.facts["thresholds"]


def test_the_suggested_threshold_is_half_of_the_best_f1_that_can_be_counted_on() -> None:
    likely, truth = np.array([0.3, 0.2, 0.2, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    best = f1_of_label(2, 0, 1)  # from .2 on: three given, two of them right
    assert suggested_threshold(likely, truth, np.ones(4)) == pytest.approx(best.low / 2)
    assert suggested_threshold(likely, truth, np.array([1.0, 0.0, 1.0, 1.0])) is None  # one positive is too few


def test_one_positive_that_happens_to_be_on_top_does_not_raise_the_threshold_above_all_other_rows() -> None:
    likely = np.r_[0.4, np.linspace(0.1, 0.01, 199)]
    truth = np.zeros(200)
    truth[[0, 20, 60, 100, 150]] = 1.0
    found = suggested_threshold(likely, truth, np.ones(200))
    assert found is not None
    assert (likely >= found).sum() >= 40  # the best F1 there is, .33, would give the label from .17 on: to one row


def test_what_is_given_from_the_threshold_on_holds_a_positive_where_the_model_knows_little() -> None:
    """True probabilities of a label of 3 %, few of them high; a threshold from 300 answers, used on 1,500 more."""
    rng = np.random.default_rng(0)
    lost = []
    while len(lost) < 200:
        likely = rng.beta(0.6, 18.0, size=1_800)
        has = rng.random(1_800) < likely
        threshold = suggested_threshold(likely[:300], has[:300].astype(float), np.ones(300))
        if threshold is not None:
            lost.append(not has[300:][likely[300:] >= threshold].any())
    assert np.mean(lost) <= 0.01


def test_a_mixture_draws_as_often_as_it_says() -> None:
    n, runs = 6, 4_000
    parts = [
        Part(0.5, np.arange(n), by_rank(n, 1.0)),
        Part(0.3, np.arange(n)[::-1], best_of(n, 3)),
        Part(0.2, np.arange(n), alike(n)),
    ]
    second = np.zeros((n, n))
    claimed = np.full((n, n), np.nan)
    for seed in range(runs):
        (one, two), (_, chance) = mixed_draws(parts, 2, np.random.default_rng(seed))
        second[one, two] += 1
        claimed[one, two] = chance
    often = second / second.sum(axis=1, keepdims=True)
    seen = ~np.isnan(claimed)
    assert np.abs(often - claimed)[seen].max() < 0.08
    assert np.nansum(claimed, axis=1) == pytest.approx(1.0)


def test_imported_positives_are_seeds_from_the_first_ranking_on() -> None:
    """Answers are answers wherever they come from: forty imported rows with two positives and nobody asked yet."""
    features, labels = clump()
    known = np.concatenate((np.flatnonzero(labels == 1)[:2], np.flatnonzero(labels == 0)[:40]))
    settings = cycle.Settings("classification", 2, head=20, batch=20)
    eligible = np.ones(len(features), bool)
    eligible[known] = False
    answers = cycle.Answers(features[known], one_hot(labels[known], 2))
    turn = cycle.run(ArrayPool(features), eligible, answers, cycle.Answers(features[:0], np.zeros((0, 2))), settings, 3)
    assert turn.ranking.strategy == "more_like_it"
    assert labels[turn.ranking.rows].sum() >= 5
