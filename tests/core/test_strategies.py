"""The contract of every query strategy, then what each of them is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core.forms import Kind
from learning.core.forms.exclusive import top_two
from learning.core.learners import make_learner, one_hot
from learning.core.learners.spreading_mean import FittedLogisticSpreading
from learning.core.pools import ArrayPool, ShardPool
from learning.core.strategies import STRATEGIES, Draws, Request, make_strategy
from learning.core.strategies.badge import Gradients, errors_of
from learning.core.strategies.committee import disagreement
from learning.core.strategies.density import density
from learning.core.strategies.representatives import Representatives
from learning.core.strategies.typical import typicality
from learning.core.strategies.uncertainty import entropy, least_confidence, margin, pool_utilities

contract = pytest.mark.parametrize("name", STRATEGIES.names())
RUNS = {"committee": 50, "typical": 120, "auto": 60}
"""Simulated draws, where one costs more than the others."""
kinds = pytest.mark.parametrize("kind", ["classification", "multilabel"])


def request_of(
    n: int = 120, n_labeled: int = 30, kind: Kind = "classification", seed: int = 0, head: int = 40, batch: int = 10
) -> Request:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, 5)) * 3
    labels = rng.integers(3, size=n)
    features = (centres[labels] + rng.normal(size=(n, 5))).astype(np.float32)
    targets = one_hot(labels, 4)
    if kind == "multilabel":
        targets[:, 3] = features[:, 0] > 0
    eligible = np.ones(n, dtype=bool)
    eligible[:n_labeled] = False
    model = None
    if n_labeled:
        model = make_learner("auto").fit(features[:n_labeled], targets[:n_labeled], kind=kind, rng=rng)
    return Request(
        ArrayPool(features), eligible, model, features[:n_labeled], targets[:n_labeled], kind, head, batch,
        np.random.default_rng(seed + 1),
    )  # fmt: skip


def check(draws: Draws, request: Request) -> None:
    n_eligible = int(request.eligible.sum())
    n_expected = min(request.head, n_eligible)
    assert draws.rows.shape == draws.utilities.shape == draws.propensities.shape == (n_expected,)
    assert len(set(draws.rows.tolist())) == n_expected
    assert request.eligible[draws.rows].all()
    assert np.isfinite(draws.utilities).all()
    assert draws.utilities.dtype == np.float32
    assert (draws.propensities > 0).all()
    assert (draws.propensities <= 1).all()
    assert draws.pool_size == n_eligible
    assert draws.reason
    assert draws.strategy in STRATEGIES
    if n_expected == n_eligible and n_expected:
        assert draws.propensities[-1] == pytest.approx(1.0)


def test_a_model_with_a_sketch_is_asked_about_what_the_sketch_doubts_and_about_some_others() -> None:
    request = request_of(n=5_000)
    nodes = request.pool.take(np.arange(30))
    sketch = make_learner("logistic").fit(nodes, request.targets, kind="classification", rng=np.random.default_rng(0))
    values = np.full((30, 4), 0.25, np.float32)
    model = FittedLogisticSpreading(sketch, nodes, values, np.zeros(5, np.float32), 1.0, 0.5, {})
    by_sketch, by_model = (margin(each.predict(request.pool.take(np.arange(5_000))), "classification")
                           for each in (sketch, model))  # fmt: skip
    found = pool_utilities(replace(request, model=model), "margin", margin)
    asked = np.abs(found - by_model) < 1e-5
    assert asked.sum() == 2_000
    assert not asked[~request.eligible].any()
    assert asked[np.argsort(-np.where(request.eligible, by_sketch, -1.0))[:1_000]].all()
    assert np.allclose(found[~asked], by_sketch[~asked], atol=1e-5)
    alone = pool_utilities(
        replace(request, model=FittedLogisticSpreading(sketch, nodes[:0], values[:0], model.centre, 1.0, 0.0, {})),
        "margin",
        margin,
    )
    assert np.allclose(alone, by_sketch, atol=1e-5)


@contract
@kinds
def test_draws_keep_the_contract(name: str, kind: Kind) -> None:
    request = request_of(kind=kind)
    check(make_strategy(name).rank(request), request)


@contract
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 80), st.integers(1, 30), st.integers(0, 1_000))
def test_any_pool_down_to_one_row(name: str, n_free: int, head: int, batch: int, seed: int) -> None:
    request = request_of(n=12 + n_free, n_labeled=12, seed=seed, head=head, batch=batch)
    check(make_strategy(name).rank(request), request)


@contract
def test_nothing_left_to_ask(name: str) -> None:
    request = request_of()
    request.eligible[:] = False
    draws = make_strategy(name).rank(request)
    assert draws.rows.size == draws.propensities.size == draws.utilities.size == draws.pool_size == 0


@contract
def test_identical_rows_and_a_model_of_one_label(name: str) -> None:
    features = np.ones((50, 3), np.float32)
    targets = one_hot([1] * 45, 2)
    model = make_learner("auto").fit(features[:45], targets, kind="classification", rng=np.random.default_rng(0))
    request = Request(
        ArrayPool(features), np.ones(50, bool), model, features[:45], targets, "classification", 50, 5,
        np.random.default_rng(0),
    )  # fmt: skip
    check(make_strategy(name).rank(request), request)


@contract
def test_same_seed_same_draw_and_another_seed_another(name: str) -> None:
    one, two = (make_strategy(name).rank(request_of()) for _ in range(2))
    for field in ("rows", "utilities", "propensities"):
        assert (getattr(one, field) == getattr(two, field)).all()
    request = request_of()
    other = make_strategy(name).rank(replace(request, rng=np.random.default_rng(99)))
    assert (one.rows != other.rows).any()


@contract
def test_shards_give_the_same_draw_as_one_array(name: str) -> None:
    request = request_of()
    assert isinstance(request.pool, ArrayPool)
    features = request.pool.features
    sharded = ShardPool(120, 5, lambda shard: features[shard * 50 : shard * 50 + 50], rows_per_shard=50)
    whole = make_strategy(name).rank(request_of())
    parts = make_strategy(name).rank(replace(request_of(), pool=sharded))
    assert whole.rows.tolist() == parts.rows.tolist()


@contract
def test_no_eligible_row_is_out_of_reach(name: str) -> None:
    """LURE needs full support: with soft draws every row is picked first now and then."""
    first: set[int] = set()
    base = replace(request_of(n=18, n_labeled=14, head=1, batch=3), temperature=4.0)
    for seed in range(RUNS.get(name, 250)):
        request = replace(base, rng=np.random.default_rng(seed))
        first.add(int(make_strategy(name).rank(request).rows[0]))
    assert first == set(range(14, 18))


@contract
def test_propensities_are_the_frequencies(name: str) -> None:
    """At every step of a draw the inverse propensity has the number of remaining rows as its mean."""
    claimed = []
    n_runs = RUNS.get(name, 250)
    base = replace(request_of(n=24, n_labeled=14, head=10, batch=3), temperature=1.0)
    for seed in range(n_runs):
        draws = make_strategy(name).rank(replace(base, rng=np.random.default_rng(seed)))
        claimed.append(1.0 / draws.propensities[:3])
    remaining = np.array([10, 9, 8])
    means = np.mean(claimed, axis=0)
    errors = np.std(claimed, axis=0) / np.sqrt(n_runs)
    assert (np.abs(means - remaining) < 4 * errors + 1e-9).all()


@contract
def test_needs_model_is_true_to_its_word(name: str) -> None:
    strategy = make_strategy(name)
    request = replace(request_of(n_labeled=0), model=None)
    if strategy.needs_model:
        with pytest.raises(ValueError, match="needs a model"):
            strategy.rank(request)
    else:
        check(strategy.rank(request), request)


@contract
def test_a_mask_of_another_size_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="bool mask"):
        make_strategy(name).rank(replace(request_of(), eligible=np.ones(3, bool)))


def test_utilities_by_hand() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]], np.float32)
    assert least_confidence(probabilities, "classification") == pytest.approx([0.3, 0.6], abs=1e-6)
    assert margin(probabilities, "classification") == pytest.approx([0.5, 0.95], abs=1e-6)
    expected = -(probabilities * np.log(probabilities)).sum(axis=1) / np.log(3)
    assert entropy(probabilities, "classification") == pytest.approx(expected, abs=1e-6)
    cells = np.array([[0.5, 1.0], [0.9, 0.1]], np.float32)
    assert least_confidence(cells, "multilabel") == pytest.approx([0.25, 0.1], abs=1e-6)
    assert margin(cells, "multilabel") == pytest.approx([0.5, 0.2], abs=1e-6)
    assert entropy(cells, "multilabel") == pytest.approx([0.5, 0.468996], abs=1e-5)


def test_top_two_agrees_with_sorting() -> None:
    values = np.random.default_rng(0).random((200, 7)).astype(np.float32)
    first, second = top_two(values)
    ordered = np.sort(values, axis=1)
    assert (first == ordered[:, -1]).all()
    assert (second == ordered[:, -2]).all()
    assert top_two(values[:, :1])[1].tolist() == [0.0] * 200


@pytest.mark.parametrize(
    ("name", "method"), [("least_confidence", "least_confident"), ("margin", "margin_sampling"), ("entropy", "entropy")]
)
def test_order_agrees_with_scikit_activeml(name: str, method: str) -> None:
    uncertainty = pytest.importorskip("skactiveml.pool").uncertainty_scores
    probabilities = np.random.default_rng(0).dirichlet(np.ones(6), size=500)
    ours = {"least_confidence": least_confidence, "margin": margin, "entropy": entropy}[name]
    scores = ours(probabilities.astype(np.float32), "classification")
    theirs = uncertainty(probabilities, method=method)
    assert np.corrcoef(scores, theirs)[0, 1] > 0.999999
    assert np.argsort(-scores)[:50].tolist() == np.argsort(-theirs)[:50].tolist()


def test_typicality_by_slow_loop() -> None:
    features = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    for row in range(60):
        distances = np.sort(np.linalg.norm(features - features[row], axis=1))[1:21]
        assert typicality(features)[row] == pytest.approx(1 / (1 + distances.mean()), rel=1e-4)


def test_typical_starts_with_every_cluster() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(8, 10)) * 10
    labels = rng.integers(8, size=400)
    features = (centres[labels] + rng.normal(size=(400, 10))).astype(np.float32)
    request = Request(
        ArrayPool(features), np.ones(400, bool), None, features[:0], np.zeros((0, 8)), "classification", 8, 8, rng,
        temperature=0.05,
    )  # fmt: skip
    picked = make_strategy("typical").rank(request).rows
    assert sorted(labels[picked].tolist()) == list(range(8))


def test_rows_outside_the_sample_keep_an_honest_propensity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.core.strategies.typical.SAMPLE_ROWS", 4)
    base = replace(request_of(n=24, n_labeled=14, head=10, batch=3), temperature=2.0)
    claimed = []
    for seed in range(300):
        draws = make_strategy("typical").rank(replace(base, rng=np.random.default_rng(seed)))
        check(draws, base)
        claimed.append(1.0 / draws.propensities[:3])
    means, errors = np.mean(claimed, axis=0), np.std(claimed, axis=0) / np.sqrt(300)
    assert (np.abs(means - [10, 9, 8]) < 4 * errors).all()


def test_every_group_of_doubtful_rows_is_represented_by_its_middle() -> None:
    rng = np.random.default_rng(3)
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
    features = np.concatenate([centre + rng.normal(size=(25, 2)) for centre in centres]).astype(np.float32)
    standing = Representatives(features, np.full(100, 0.5, np.float32), 4, rng)
    picks = []
    for _ in range(4):
        picks.append(int(standing.scores().argmax()))
        standing.pick(picks[-1])
    assert sorted(pick // 25 for pick in picks) == [0, 1, 2, 3]
    for pick in picks:
        group = features[pick // 25 * 25 : pick // 25 * 25 + 25]
        away = np.linalg.norm(group - group.mean(axis=0), axis=1)
        assert away[pick % 25] == away.min()
    assert standing.scores().max() == 0.5


def test_copies_are_not_in_one_batch() -> None:
    request = request_of(n=80, n_labeled=50)
    assert isinstance(request.pool, ArrayPool)
    unsure = int(make_strategy("margin").rank(replace(request, temperature=0.01)).rows[0])
    features = np.concatenate((request.pool.features, np.repeat(request.pool.features[[unsure]], 5, axis=0)))
    copies = {unsure, *range(80, 85)}
    request = replace(
        request, pool=ArrayPool(features), eligible=np.concatenate((request.eligible, np.ones(5, bool))),
        temperature=0.05, head=10, batch=10,
    )  # fmt: skip
    assert len(copies & set(make_strategy("margin").rank(request).rows.tolist())) == 6
    spread = make_strategy("diverse_margin").rank(replace(request, rng=np.random.default_rng(0)))
    assert len(copies & set(spread.rows.tolist())) == 1


def test_k_center_by_slow_loop() -> None:
    request = replace(request_of(n=60, n_labeled=8, head=12, batch=12), temperature=0.001)
    assert isinstance(request.pool, ArrayPool)
    features = request.pool.features.astype(float)
    covered = list(range(8))
    expected = []
    for _ in range(12):
        distances = [min(np.linalg.norm(features[row] - features[other]) for other in covered) for row in range(60)]
        expected.append(int(np.argmax(distances)))
        covered.append(expected[-1])
    assert make_strategy("core_set").rank(request).rows.tolist() == expected


def test_gradient_distances_agree_with_the_gradients() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), size=20).astype(np.float32)
    features = rng.normal(size=(20, 3)).astype(np.float32)
    errors = errors_of(probabilities, "classification")
    assert errors.sum(axis=1) == pytest.approx(np.zeros(20), abs=1e-6)
    gradients = Gradients(errors, features)
    formed = np.einsum("nk,nd->nkd", errors, features).reshape(20, -1)
    assert gradients.squares == pytest.approx((formed**2).sum(axis=1), rel=1e-5)
    for row in (3, 11):
        gradients.pick(row)
    expected = np.min([((formed - formed[row]) ** 2).sum(axis=1) for row in (3, 11)], axis=0)
    assert gradients.squares == pytest.approx(expected, abs=1e-5)


def test_a_committee_disagrees_by_hand() -> None:
    members = np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.1, 0.9], [0.5, 0.5]]])
    inner = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert disagreement(members, "classification") == pytest.approx([(np.log(2) - inner) / np.log(2), 0.0], abs=1e-6)
    assert disagreement(members, "multilabel") == pytest.approx([(np.log(2) - inner) / np.log(2), 0.0], abs=1e-6)


def test_density_by_slow_loop() -> None:
    rng = np.random.default_rng(0)
    features, references = rng.normal(size=(9, 3)).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    expected = [np.mean([np.exp(-((row - other) ** 2).sum() / 2.0) for other in references]) for row in features]
    assert density(features, references, 2.0) == pytest.approx(expected, rel=1e-4)


def test_auto_changes_over() -> None:
    few = make_strategy("auto").rank(request_of(n_labeled=15))
    assert (few.strategy, "15 of 20 answers" in few.reason) == ("typical", True)
    unseen = make_strategy("auto").rank(request_of(n_labeled=50))
    assert unseen.strategy == "diverse_margin"
    many = request_of(n_labeled=50)
    wide = replace(many, targets=np.concatenate((many.targets, np.zeros((50, 30))), axis=1))
    assert "labels seen" in make_strategy("auto").rank(wide).reason
    assert make_strategy("auto").rank(request_of(n_labeled=0)).strategy == "typical"
