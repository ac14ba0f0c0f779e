"""The contract of every learner, then the numerics of the logistic one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import LinearSVC

from learning.core.arrays import FloatMatrix, softmax
from learning.core.artifacts import ArtifactError, sha256
from learning.core.learners import LEARNERS, Kind, linear, make_learner, one_hot, spreading
from learning.core.learners.base import FittedLearner
from learning.core.learners.distances import nearest_nodes, squared_distances
from learning.core.learners.folds import grouped_folds

contract = pytest.mark.parametrize("name", LEARNERS.names())


def blobs(n: int, n_labels: int, d: int = 6, seed: int = 0) -> tuple[FloatMatrix, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_labels, d)) * 3
    labels = rng.integers(n_labels, size=n)
    return (centres[labels] + rng.normal(size=(n, d))).astype(np.float32), labels


def fit(name: str, features: FloatMatrix, targets: np.ndarray, kind: Kind = "classification", **more) -> FittedLearner:
    return LEARNERS.make(name).fit(features, targets, kind=kind, rng=np.random.default_rng(5), **more)


def check_probabilities(model: FittedLearner, features: FloatMatrix) -> np.ndarray:
    probabilities = model.predict(features)
    assert probabilities.shape == (len(features), model.n_labels)
    assert probabilities.dtype == np.float32
    assert np.isfinite(probabilities).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1 + 1e-6
    if model.kind == "classification":
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    return probabilities


@contract
@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 10_000), st.sampled_from(["classification", "multilabel"]))
def test_any_answers_give_probabilities_of_all_labels(name: str, n: int, n_labels: int, seed: int, kind: Kind) -> None:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n, 4)) * 10.0 ** rng.integers(-4, 5)).astype(np.float32)
    features[:, 0] = 1.0
    if kind == "classification":
        targets = one_hot(rng.integers(n_labels, size=n), n_labels)
    else:
        targets = (rng.random((n, n_labels)) < rng.random()).astype(float)
    model = fit(name, features, targets, kind)
    check_probabilities(model, features)
    check_probabilities(model, np.zeros((3, 4), np.float32))
    assert model.predict(features[:0]).shape == (0, n_labels)


@contract
@pytest.mark.parametrize("labels", [[3], [3, 3, 3], [0, 1], [0] * 30 + [1], [4, 2] * 15])
def test_few_labels_of_ten(name: str, labels: list[int]) -> None:
    features, _ = blobs(len(labels), 2)
    probabilities = check_probabilities(fit(name, features, one_hot(labels, 10)), features)
    unseen = sorted(set(range(10)) - set(labels))
    assert (probabilities[:, unseen] > 0).all()
    assert probabilities[:, unseen].sum(axis=1).max() < 0.06


@pytest.mark.parametrize("name", [name for name in LEARNERS.names() if name != "ordinal_logistic"])
def test_learns_and_is_calibrated(name: str) -> None:
    """Labels without an order, which is what the ordinal one goes by: ``test_ordinal.py`` has others."""
    features, labels = blobs(2_400, 4, seed=3)
    noisy = np.where(np.random.default_rng(0).random(2_400) < 0.2, (labels + 1) % 4, labels)
    model = fit(name, features[:400], one_hot(noisy[:400], 4))
    probabilities = check_probabilities(model, features[400:])
    accuracy = (probabilities.argmax(axis=1) == noisy[400:]).mean()
    assert accuracy > 0.72
    assert abs(probabilities.max(axis=1).mean() - accuracy) < 0.06


@contract
@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_same_seed_same_bytes_and_nothing_lost_by_dump(name: str, kind: Kind) -> None:
    features, labels = blobs(210, 3)
    targets = one_hot(labels, 4)
    one, two = fit(name, features, targets, kind), fit(name, features, targets, kind)
    assert one.dump() == two.dump()
    loaded = LEARNERS.make(name).load(one.dump())
    assert (loaded.predict(features) == one.predict(features)).all()
    assert sha256(loaded.dump()) == sha256(one.dump())
    assert loaded.facts == one.facts
    assert loaded.facts["reason"]
    assert (loaded.name, loaded.kind, loaded.n_labels, loaded.dimension) == (name, kind, 4, 6)


@contract
def test_damaged_bytes_are_refused(name: str) -> None:
    features, labels = blobs(30, 2)
    data = fit(name, features, one_hot(labels, 2)).dump()
    for damaged in (data[:-40], b"", b"\x80\x04N.", data[:200] + b"x" + data[201:]):
        with pytest.raises(ArtifactError):
            LEARNERS.make(name).load(damaged)


@contract
def test_weights_of_zero_leave_rows_out(name: str) -> None:
    features, labels = blobs(40, 2)
    wrong = np.concatenate((labels, 1 - labels))
    twice = np.concatenate((features, features))
    weights = np.concatenate((np.ones(40), np.zeros(40)))
    model = fit(name, twice, one_hot(wrong, 2), weights=weights)
    assert (model.predict(features).argmax(axis=1) == labels).mean() > 0.9


@contract
def test_soft_targets_are_met(name: str) -> None:
    features = np.repeat(np.array([[0.0], [1.0]], np.float32), 40, axis=0)
    targets = np.repeat(np.array([[0.7, 0.3], [0.2, 0.8]]), 40, axis=0)
    probabilities = fit(name, features, targets).predict(np.array([[0.0], [1.0]], np.float32))
    assert np.allclose(probabilities, [[0.7, 0.3], [0.2, 0.8]], atol=0.08)


@contract
def test_bad_input_is_refused(name: str) -> None:
    good = np.zeros((2, 3), np.float32)
    targets = one_hot([0, 1], 2)
    with pytest.raises(ValueError, match="nothing to learn"):
        fit(name, good[:0], targets[:0])
    with pytest.raises(ValueError, match="NaN"):
        fit(name, np.full((2, 3), np.nan, np.float32), targets)
    with pytest.raises(ValueError, match="do not fit"):
        fit(name, good, targets[:1])
    with pytest.raises(ValueError, match="sum to 1"):
        fit(name, good, targets * 0.5)
    with pytest.raises(ValueError, match="weights"):
        fit(name, good, targets, weights=np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="do not fit a model"):
        fit(name, good, targets).predict(np.zeros((1, 4), np.float32))


@contract
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 30), st.integers(0, 1_000), st.sampled_from(["classification", "multilabel"]))
def test_unlabeled_rows_break_nothing(name: str, n: int, n_unlabeled: int, seed: int, kind: Kind) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n + n_unlabeled, 3)).astype(np.float32)
    features[::3] = features[0]
    targets = one_hot(rng.integers(3, size=n), 4) if kind == "classification" else rng.integers(2, size=(n, 4)) * 1.0
    model = fit(name, features[:n], targets, kind, unlabeled=features[n:])
    probabilities = check_probabilities(model, features)
    loaded = LEARNERS.make(model.name).load(model.dump())
    assert (loaded.predict(features) == probabilities).all()


def test_spreading_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    nodes = np.concatenate((rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + 3)).astype(np.float32)
    answered = np.array([0, 5, 41, 50])
    labels = np.full(80, -1)
    labels[answered] = [0, 0, 1, 1]
    squares = ((nodes[:, None].astype(float) - nodes[None]) ** 2).sum(axis=2)
    near = np.argsort(squares + np.eye(80) * 1e9, axis=1)[:, :10]
    scale = float(np.median(np.take_along_axis(squares, near, axis=1)))
    weights = np.zeros((80, 80))
    for row in range(80):
        weights[row, near[row]] = np.exp(-squares[row, near[row]] / scale)
    weights = np.maximum(weights, weights.T)
    with pytest.warns(ConvergenceWarning):
        theirs = LabelSpreading(kernel=lambda rows, _: weights, alpha=0.9, max_iter=40, tol=0).fit(nodes, labels)
    ties, our_scale = spreading.neighbour_graph(nodes)
    seeds = np.zeros((80, 2))
    seeds[answered, labels[answered]] = 1.0
    ours = spreading.spread(ties, seeds)
    assert our_scale == pytest.approx(scale, rel=1e-4)
    assert np.allclose(ours / ours.sum(axis=1, keepdims=True), theirs.label_distributions_, atol=1e-4)


def test_spreading_takes_part_where_it_helps_only() -> None:
    digits = load_digits()
    features = (digits.data / 16.0).astype(np.float32)
    given_rows, free, rest = slice(0, 60), slice(60, 900), slice(900, None)
    targets = one_hot(digits.target, 10)
    models = {
        name: fit(name, features[given_rows], targets[given_rows], unlabeled=features[free])
        for name in ("logistic", "logistic_spreading")
    }
    scores = {
        name: (model.predict(features[rest]).argmax(axis=1) == digits.target[rest]).mean()
        for name, model in models.items()
    }
    assert scores["logistic_spreading"] > scores["logistic"] + 0.05
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(500, 30)).astype(np.float32)
    direction = one_hot((noise[:, 0] + noise[:, 1] > 0).astype(int), 2)
    alone = fit("logistic_spreading", noise[:200], direction[:200], unlabeled=noise[200:])
    assert alone.facts["spreading_share"] == 0
    assert "spreading" in alone.facts["spreading_reason"]


def test_unknown_learner() -> None:
    with pytest.raises(ValueError, match="unknown learner 'oracle'"):
        make_learner("oracle")
    with pytest.raises(ValueError, match="labels must be between"):
        one_hot([2], 2)


def test_softmax_agrees_with_scikit_learn() -> None:
    digits = load_digits()
    features = (digits.data[:300] / 16.0).astype(np.float64)
    labels = digits.target[:300]
    for inverse_penalty in (0.1, 10.0):
        theirs = LogisticRegression(C=inverse_penalty, tol=1e-8, max_iter=5_000).fit(features, labels)
        solution = linear.fit_linear(features, one_hot(labels, 10), np.ones(300), inverse_penalty, "softmax")
        ours = softmax(digits.data[300:] / 16.0 @ solution[:-1] + solution[-1])
        assert np.abs(ours - theirs.predict_proba(digits.data[300:] / 16.0)).max() < 1e-3


def test_sigmoid_agrees_with_one_vs_rest() -> None:
    features, labels = blobs(200, 3)
    targets = np.column_stack([labels == 0, (labels == 1) | (labels == 2), features[:, 0] > 0]).astype(float)
    theirs = OneVsRestClassifier(LogisticRegression(C=1.0, tol=1e-8, max_iter=5_000)).fit(features, targets)
    solution = linear.fit_linear(features.astype(float), targets, np.ones(200), 1.0, "sigmoid")
    ours = linear.probabilities(features @ solution[:-1] + solution[-1], "sigmoid")
    assert np.abs(ours - theirs.predict_proba(features)).max() < 2e-3


def test_hinge_agrees_with_scikit_learn() -> None:
    features, labels = blobs(200, 3)
    # LinearSVC penalises its intercept, ours is all but free: a constant column of 1,000 makes theirs so too.
    theirs = LinearSVC(C=1.0, tol=1e-9, max_iter=500_000, intercept_scaling=1_000, dual=False).fit(features, labels)
    solution = linear.fit_linear(features.astype(float), one_hot(labels, 3), np.ones(200), 1.0, "hinge")
    ours = features @ solution[:-1] + solution[-1]
    assert np.abs(ours - theirs.decision_function(features)).max() < 5e-3


def test_float32_arrives_where_float64_does() -> None:
    rng = np.random.default_rng(3)
    features, targets, weights = rng.normal(size=(60, 7)), one_hot(np.arange(60) % 3, 3), rng.random(60) + 0.5
    for loss in ("softmax", "sigmoid", "hinge"):
        exact = linear.fit_linear(features, targets, weights, 10.0, loss)
        narrow = linear.fit_linear(features.astype(np.float32), targets, weights, 10.0, loss, tolerance=1e-7)
        assert np.abs(narrow - exact).max() < 2e-3 * np.abs(exact).max()


def test_nearest_nodes_are_those_of_argpartition_among_copies_too() -> None:
    rng = np.random.default_rng(0)
    for n_nodes, n_different in ((300, 300), (300, 40), (17, 5), (12, 12), (3, 3)):
        nodes = rng.normal(size=(n_different, 4)).astype(np.float32)[rng.integers(n_different, size=n_nodes)]
        distances = squared_distances(np.concatenate((nodes[:20], rng.normal(size=(200, 4)).astype(np.float32))), nodes)
        k = min(10, n_nodes)
        expected = np.argpartition(distances, k - 1, axis=1)[:, :k]
        assert (np.sort(nearest_nodes(distances, k), axis=1) == np.sort(expected, axis=1)).all()


def test_gradient_by_finite_differences() -> None:
    rng = np.random.default_rng(1)
    features, targets = rng.normal(size=(7, 3)), rng.dirichlet(np.ones(4), size=7)
    losses: tuple[linear.Loss, ...] = ("softmax", "sigmoid", "hinge")
    for kind in losses:
        solution = linear.fit_linear(features, targets, np.ones(7), 1.0, kind)

        def value(at: np.ndarray, kind: linear.Loss = kind) -> float:
            loss = linear.losses_and_slopes(features @ at[:-1] + at[-1], targets, kind)[0].sum()
            return float(loss + 0.5 * (at[:-1] ** 2).sum() + 0.5e-5 * (at[-1] ** 2).sum())

        for _ in range(20):
            step = rng.normal(size=solution.shape) * 1e-2
            assert value(solution + step) >= value(solution) - 1e-9


def test_rotation_changes_nothing() -> None:
    features, labels = blobs(12, 3, d=40)
    centred = features.astype(float) - features.mean(axis=0)
    rotated, basis = linear.rotate(centred)
    assert np.allclose(rotated @ basis.T, centred, atol=1e-6)
    targets = one_hot(labels, 3)
    direct = linear.fit_linear(centred, targets, np.ones(12), 1.0, "softmax")
    turned = linear.fit_linear(rotated, targets, np.ones(12), 1.0, "softmax")
    assert np.allclose(basis @ turned[:-1], direct[:-1], atol=1e-3)


def test_temperature_by_grid() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(500, 3)) * 4
    truth = np.array([rng.choice(3, p=row) for row in softmax(logits / 2.5)])
    found = linear.fit_temperature(logits, one_hot(truth, 3), np.ones(500), "softmax")
    grid = np.exp(np.linspace(np.log(0.5), np.log(10), 400))
    losses = [linear.losses(logits / t, one_hot(truth, 3), "softmax").sum() + np.log(t) ** 2 for t in grid]
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.02)
    assert 1.8 < found < 3.4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=1, max_size=60), st.integers(2, 5))
def test_folds_keep_groups_whole(rows: list[tuple[int, int]], n_folds: int) -> None:
    strata, groups = (np.array(column) for column in zip(*rows, strict=True))
    folds = grouped_folds(strata, groups, n_folds, np.random.default_rng(0))
    assert set(folds.tolist()) <= set(range(n_folds))
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1


def test_folds_spread_labels() -> None:
    strata = np.repeat([0, 1, 2], [50, 10, 5])
    folds = grouped_folds(strata, np.arange(65), 5, np.random.default_rng(0))
    for label, each in ((0, 10), (1, 2), (2, 1)):
        assert np.bincount(folds[strata == label], minlength=5).tolist() == [each] * 5


def test_a_label_seen_once_does_not_spoil_the_calibration() -> None:
    """Its fold cannot know it, so its loss there says nothing about the others."""
    features, labels = blobs(80, 2, seed=4)
    alone = np.full((1, 6), 40.0, np.float32)
    rare = fit("logistic", np.concatenate((features, alone)), one_hot([*labels, 2], 3))
    plain = fit("logistic", features, one_hot(labels, 3))
    assert rare.facts["temperature"] < 2 * plain.facts["temperature"]
    assert dict(map(tuple, rare.facts["loss_by_penalty"]))[rare.facts["inverse_penalty"]] < 0.1


def test_groups_never_help_to_choose() -> None:
    """Copies of a row in other folds would make the weakest penalty look best."""
    features, labels = blobs(30, 2, seed=8)
    noise = np.random.default_rng(0).integers(2, size=30)
    copies = [np.repeat(values, 6, axis=0) for values in (features, one_hot(noise, 2))]
    leaky = fit("logistic", copies[0], copies[1])
    honest = fit("logistic", copies[0], copies[1], groups=np.repeat(np.arange(30), 6))
    assert honest.facts["inverse_penalty"] <= leaky.facts["inverse_penalty"]
    assert honest.facts["temperature"] > leaky.facts["temperature"]
    assert labels.size == 30
