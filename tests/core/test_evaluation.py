"""Metrics by hand, by scikit-learn, and by what intervals and tests promise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as sk

from learning.core.evaluation.baselines import LabeledRows, majority_multilabel, most_frequent, nearest_centroid
from learning.core.evaluation.curves import curve_point
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.paired import paired_test
from learning.core.evaluation.report import evaluate
from learning.core.learners import one_hot


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def case(n: int = 300, k: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = seeded(seed)
    probabilities = rng.dirichlet(np.full(k, 0.5), size=n)
    truth = np.array([rng.choice(k - 1, p=row[:-1] / row[:-1].sum()) for row in probabilities + 1e-9])
    return probabilities, truth


def test_classification_agrees_with_scikit_learn() -> None:
    probabilities, truth = case()
    answer = probabilities.argmax(axis=1)
    found = evaluate(probabilities, one_hot(truth, 5), kind="classification", rng=seeded())
    values = {name: estimate.value for name, estimate in found.metrics.items()}
    assert values["accuracy"] == pytest.approx(sk.accuracy_score(truth, answer))
    occurring = sorted(set(truth.tolist()))
    assert values["macro_f1"] == pytest.approx(sk.f1_score(truth, answer, labels=occurring, average="macro"))
    clipped = np.clip(probabilities, 1e-7, 1)
    assert values["log_loss"] == pytest.approx(-np.log(clipped[np.arange(300), truth]).mean())
    assert values["brier_loss"] == pytest.approx(((probabilities - np.eye(5)[truth]) ** 2).sum(axis=1).mean())
    precision, recall, f1, support = sk.precision_recall_fscore_support(truth, answer, labels=range(5), zero_division=0)
    for label, scores in enumerate(found.labels):
        assert scores.precision.value == pytest.approx(precision[label])
        assert scores.recall.value == pytest.approx(recall[label])
        assert scores.f1.value == pytest.approx(f1[label])
        assert scores.support == support[label]
    assert found.confusion is not None
    assert (found.confusion == sk.confusion_matrix(truth, answer, labels=range(5))).all()


def test_multilabel_agrees_with_scikit_learn() -> None:
    rng = seeded(1)
    probabilities = rng.random((200, 4))
    truth = (rng.random((200, 4)) < probabilities**2).astype(float)
    predicted = probabilities >= 0.5
    found = evaluate(probabilities, truth, kind="multilabel", rng=seeded())
    values = {name: estimate.value for name, estimate in found.metrics.items()}
    assert values["exact_match"] == pytest.approx(sk.accuracy_score(truth, predicted))
    assert values["hamming_loss"] == pytest.approx(sk.hamming_loss(truth, predicted))
    for average in ("micro", "macro"):
        assert values[f"{average}_f1"] == pytest.approx(sk.f1_score(truth, predicted, average=average))
    assert values["log_loss"] == pytest.approx(sk.log_loss(truth.ravel(), probabilities.ravel()))
    assert values["brier_loss"] == pytest.approx(sk.brier_score_loss(truth.ravel(), probabilities.ravel()))


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    truth = one_hot([0, 0, 0, 1, 0, 1], 2)
    found = evaluate(probabilities, truth, kind="classification", rng=seeded())
    plain = 4 / 6 * abs(0.75 - 0.9) + 2 / 6 * abs(0.5 - 0.6)
    often = evaluate(probabilities.repeat(2_000, 0), truth.repeat(2_000, 0), kind="classification", rng=seeded())
    assert often.metrics["calibration_error"].value == pytest.approx(plain, abs=0.002)
    assert found.metrics["calibration_error"].value == 0.0  # six answers of an honest model are as far off
    assert [(round(a, 3), round(b, 3), n) for a, b, n in found.reliability] == [(0.6, 0.5, 2), (0.9, 0.75, 4)]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 1_000), st.sampled_from(["classification", "multilabel"]))
def test_intervals_hold_their_value_and_it_all_becomes_json(n: int, k: int, seed: int, kind: str) -> None:
    rng = seeded(seed)
    probabilities = rng.dirichlet(np.ones(k), size=n)
    truth = one_hot(rng.integers(k, size=n), k)
    found = evaluate(probabilities, truth, kind=kind, rng=rng)  # type: ignore[arg-type]
    for estimate in found.metrics.values():
        assert estimate.low <= estimate.high
        assert np.isfinite([estimate.value, estimate.low, estimate.high]).all()
    share = next(iter(found.metrics.values()))
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert "NaN" not in json.dumps(found.as_dict())


def test_same_seed_same_intervals() -> None:
    probabilities, truth = case()
    one, two = (evaluate(probabilities, one_hot(truth, 5), kind="classification", rng=seeded(4)) for _ in range(2))
    assert one.as_dict() == two.as_dict()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        evaluate(np.zeros((2, 2)), np.zeros((3, 2)), kind="classification", rng=seeded())
    with pytest.raises(ValueError, match="cannot be compared"):
        evaluate(np.zeros((0, 2)), np.zeros((0, 2)), kind="classification", rng=seeded())
    with pytest.raises(ValueError, match="NaN"):
        evaluate(np.full((1, 2), np.nan), np.eye(2)[:1], kind="classification", rng=seeded())


def test_baselines_by_hand() -> None:
    labeled = np.array([[0.0], [1.0], [10.0]], np.float32)
    targets = one_hot([1, 1, 2], 4)
    features = np.array([[0.5], [9.0], [20.0], [11.0]], np.float32)
    truth = one_hot([1, 2, 2, 0], 4)
    found = make_objective("classification").evaluate_baselines(
        LabeledRows(labeled, targets), features, truth, seeded()
    )
    assert {name: baseline.metrics["accuracy"].value for name, baseline in found.items() if name != "stratified"} == {
        "majority": 0.25,
        "nearest_centroid": 0.75,
    }
    assert nearest_centroid(labeled, targets, features)[:, [0, 3]].sum() == 0
    several = make_objective("multilabel").evaluate_baselines(LabeledRows(labeled, targets), features, truth, seeded())
    assert set(several) == {"majority", "stratified"}


def test_the_most_frequent_answer_is_right_where_shares_say_no_label() -> None:
    targets = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]], dtype=float)
    shares = majority_multilabel(targets, 5) >= 0.5
    assert not (shares == targets).all(axis=1).any()
    assert (most_frequent(targets, 5) == targets).all(axis=1).sum() == 2


def test_paired_test_agrees_with_scipy() -> None:
    rng = seeded(3)
    for _ in range(20):
        n = int(rng.integers(1, 200))
        champion, candidate = rng.random(n) < 0.7, rng.random(n) < 0.75
        found = paired_test(candidate, champion)
        gained, lost = int((candidate & ~champion).sum()), int((champion & ~candidate).sum())
        if gained + lost:
            assert found.p_better == pytest.approx(binomtest(gained, gained + lost, alternative="greater").pvalue)
            assert found.p_differs == pytest.approx(binomtest(gained, gained + lost).pvalue)
        assert found.low <= found.difference <= found.high or abs(found.difference) == 1
    assert paired_test([True], [True]).p_better == 1.0
    with pytest.raises(ValueError, match="not pairs"):
        paired_test([True], [True, False])


def test_paired_interval_covers() -> None:
    rng = seeded(0)
    covered = 0
    for _ in range(400):
        luck = rng.random(150)
        candidate, champion = luck < 0.85, (luck < 0.7) | (luck > 0.93)
        found = paired_test(candidate, champion)
        covered += found.low <= 0.85 - 0.77 <= found.high
    assert covered / 400 > 0.92


def test_curve_point() -> None:
    probabilities, truth = case()
    found = evaluate(probabilities, one_hot(truth, 5), kind="classification", rng=seeded())
    assert curve_point(found, 40, "random").as_dict()["value"] == found.metrics["accuracy"].value
    assert curve_point(found, 40, "random", "macro_f1").metric == "macro_f1"
    with pytest.raises(KeyError):
        curve_point(found, 40, "random", "beauty")
