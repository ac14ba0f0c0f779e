"""What every registered outlier detector promises, and the numerics of those that are not a library's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.ensemble import IsolationForest

from learning.core.arrays import FloatMatrix
from learning.core.artifacts import ArtifactError
from learning.core.learners import make_learner, one_hot
from learning.core.outliers import DETECTORS, OutlierDetector, fit_outlier_detector, load_detector
from learning.core.outliers.base import KnownRows
from learning.core.outliers.choice import area
from learning.core.outliers.isolation import IsolationForest as OurForest
from learning.core.outliers.mahalanobis import SHRINKAGE, RelativeMahalanobis
from learning.core.outliers.model_file import ModelFile, parts_of
from learning.core.outliers.subspace import fit_subspace
from learning.core.outliers.threshold import conformal_threshold

CASES = ("one label", "several or none", "more columns than rows", "a column without variance")
contract = pytest.mark.parametrize("name", DETECTORS.names())


def blobs(n: int, n_labels: int, d: int = 8, seed: int = 0) -> tuple[FloatMatrix, np.ndarray]:
    """Rows around a centre a label; further labels of the same seed are those of before and more."""
    centres = np.random.default_rng(seed).normal(size=(20, d)) * 4
    labels = np.random.default_rng([seed, n]).integers(n_labels, size=n)
    rows = centres[labels] + np.random.default_rng([seed, n, 1]).normal(size=(n, d))
    return rows.astype(np.float32), labels


def fitted(features: FloatMatrix, members: np.ndarray, name: str = "auto", **more: object) -> OutlierDetector:
    found = fit_outlier_detector(features, members, np.random.default_rng(3), name=name, **more)
    assert found.detector is not None, found.facts
    return found.detector


@contract
def test_the_same_seed_gives_the_same_bytes_and_these_the_same_scores(name: str) -> None:
    features, labels = blobs(120, 3)
    members = one_hot(labels, 5) > 0  # two labels that nobody used
    detector = fitted(features, members, name)
    assert fitted(features, members, name).dump() == detector.dump()
    again = load_detector(detector.dump())
    asked = np.vstack((blobs(30, 4)[0], np.full((1, 8), np.nan, np.float32), np.full((1, 8), np.inf, np.float32)))
    assert np.array_equal(again.score(asked), detector.score(asked))
    assert (again.name, again.threshold) == (name, detector.threshold)
    assert np.isfinite(detector.score(asked[:-2])).all()
    assert np.isposinf(detector.score(asked[-2:])).all(), "what is no number is like nothing"
    assert detector.score(asked[:0]).shape == (0,)
    with pytest.raises(ValueError, match="do not fit a detector of 8"):
        detector.score(asked[:, :7])


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in DETECTORS.names() for case in CASES])
def test_whatever_the_labels_and_columns_far_away_is_unlike_and_five_in_a_hundred_known_are(
    name: str, case: str
) -> None:
    features, labels = blobs(400, 3, d=150 if case == "more columns than rows" else 8)
    members = one_hot(labels, 3) > 0
    if case == "one label":
        members = np.ones((400, 1), bool)
    elif case == "several or none":
        members = np.random.default_rng(1).random((400, 4)) < 0.3
    elif case == "a column without variance":
        features[:, 2] = 7.0
    learned, held = (slice(100), slice(100, 400)) if case == "more columns than rows" else (slice(150), slice(150, 400))
    detector = fitted(features[learned], members[learned], name)
    flagged = (detector.score(features[held]) > detector.threshold).mean()
    assert flagged <= 0.12, "of 100 to 150 rows the threshold is uncertain by about 4 points"
    far = features[held] * np.float32(40)
    assert (detector.score(far) > detector.threshold).mean() > 0.95


def test_too_little_to_say_is_said() -> None:
    features, labels = blobs(60, 3)
    members = one_hot(labels, 3) > 0
    rng = np.random.default_rng(0)
    few = fit_outlier_detector(features[:39], members[:39], rng)
    assert few.detector is None
    assert few.facts["reason"] == "too few to say: 39 labeled items, of at least 40"
    same = fit_outlier_detector(np.full((60, 8), 0.1, np.float32), members, rng)
    assert (same.detector, same.facts["reason"]) == (None, "the features of all labeled items are the same")
    one_group = fit_outlier_detector(features, members, rng, np.zeros(60, int))
    assert one_group.detector is None
    strict = fit_outlier_detector(features, members, rng, false_share=0.001, name="nearest_neighbours")
    assert strict.detector is None, "of 60 held-out rows nobody can say what one in a thousand is"
    assert "too few to say" in strict.facts["reason"]
    with pytest.raises(ValueError, match="NaN"):
        fit_outlier_detector(np.full((60, 8), np.nan, np.float32), members, rng)
    with pytest.raises(ValueError, match="unknown outlier detector"):
        fit_outlier_detector(features, members, rng, name="oracle")
    with pytest.raises(ArtifactError):
        load_detector(b"nonsense")


def test_rows_that_hardly_differ_and_labels_that_nearly_all_have_end_no_fit() -> None:
    members = np.eye(3, dtype=bool)[np.arange(120) % 3]
    one_differs = np.ones((120, 4), np.float32)
    one_differs[0, 0] = 2.0
    hardly = fit_outlier_detector(one_differs, members, np.random.default_rng(0))
    assert (hardly.detector, hardly.facts["reason"]) == (
        None, "the features of nearly all labeled items are the same",
    )  # fmt: skip
    nearly_all = np.ones((120, 3), bool)
    nearly_all[range(3), range(3)] = False
    without = fit_outlier_detector(blobs(120, 3)[0], nearly_all, np.random.default_rng(0))
    assert (without.facts["detector"], without.facts["areas"]) == ("relative_mahalanobis", {})
    assert "here are 0" in without.facts["reason"]
    a_row_each = np.eye(3, 5, dtype=np.float32)[np.arange(120) % 3]  # one column of categories tells the label
    detector = fitted(a_row_each, members, "relative_mahalanobis")
    other = np.eye(5, dtype=np.float32)[3:]
    assert (detector.score(a_row_each) <= detector.threshold).all()
    assert (detector.score(other) > detector.threshold).all()


def test_labels_are_left_out_in_turn_and_another_detector_is_taken_only_where_it_is_clearly_better() -> None:
    features, labels = blobs(300, 6)
    facts = fit_outlier_detector(features, one_hot(labels, 6) > 0, np.random.default_rng(0)).facts
    areas = {name: each["mean"] for name, each in facts["areas"].items()}
    assert set(areas) == set(DETECTORS.names())
    best = max(areas.values())
    assert areas[facts["detector"]] >= best - 0.02 or areas["relative_mahalanobis"] >= best - 0.02
    assert sorted(row["label"] for row in facts["labels"]) == list(range(6))
    assert 0.5 < facts["found"]["value"] <= 1.0
    assert facts["found"]["n"] == 6
    two = fit_outlier_detector(features, one_hot(labels % 2, 2) > 0, np.random.default_rng(0)).facts
    assert (two["detector"], two["areas"]) == ("relative_mahalanobis", {})
    assert "needs 3 labels" in two["reason"]
    assert "found" not in two


def test_five_in_a_hundred_are_flagged_on_average_over_draws() -> None:
    """The conformal promise itself, with the scores known: 40 held-out rows, 2,000 draws."""
    rng = np.random.default_rng(0)
    draws = rng.random((2_000, 40))
    found = [conformal_threshold(row, 0.05) for row in draws]
    shares = np.array([1.0 - each.value for each in found if each])  # of uniform scores
    expected = found[0].false_flags
    assert shares.mean() == pytest.approx(expected.value, abs=0.003)
    assert expected.value <= 0.05
    assert np.quantile(shares, [0.025, 0.975]) == pytest.approx([expected.low, expected.high], abs=0.01)


def test_relative_mahalanobis_is_the_textbook_formula() -> None:
    features, labels = blobs(80, 3, d=4)
    known = KnownRows(features.astype(float), np.zeros(80), one_hot(labels, 3) > 0)
    asked = blobs(10, 5, d=4, seed=2)[0].astype(float)
    ours = RelativeMahalanobis().fit(known, np.random.default_rng(0)).score(asked, np.zeros(10))

    def precision(rows: np.ndarray) -> np.ndarray:
        covariance = rows.T @ rows / len(rows)
        shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.trace(covariance) / 4 * np.eye(4)
        return np.linalg.inv(shrunk)

    centres = np.array([features[labels == label].mean(axis=0) for label in range(3)])
    within, overall = precision(features - centres[labels]), precision(features)
    slow = [min((row - c) @ within @ (row - c) for c in centres) - row @ overall @ row for row in asked]
    assert ours == pytest.approx(slow, rel=1e-4, abs=1e-3)


def test_an_isolation_forest_orders_rows_as_scikit_learn_does() -> None:
    features, labels = blobs(100, 2)
    known = KnownRows(features.astype(float), np.zeros(100), one_hot(labels, 2) > 0)
    asked = (features * np.linspace(0.2, 4, 100)[:, None]).astype(np.float32)
    ours = np.mean(
        [OurForest().fit(known, np.random.default_rng(seed)).score(asked, np.zeros(100)) for seed in range(4)], axis=0
    )
    theirs = -IsolationForest(n_estimators=120, random_state=0).fit(features).score_samples(asked)
    assert spearmanr(ours, theirs).statistic > 0.97
    forest = OurForest().fit(
        KnownRows(np.arange(8.0)[:, None], np.zeros(8), np.ones((8, 1), bool)), np.random.default_rng()
    )
    assert len(forest.trees.roots) == 30
    # 8 rows in a full tree of three cuts: whatever the cuts, leaves are at most three deep
    assert forest.trees.depth[0] <= 3


def test_rows_lie_in_their_subspace_or_outside_it() -> None:
    features, _ = blobs(50, 2, d=6)
    space = fit_subspace(features, np.random.default_rng(0), at_most=2)
    coordinates, outside = space.place(features)
    centred = features - features.mean(axis=0)
    singular = np.linalg.svd(centred, compute_uv=False)
    assert np.square(coordinates).sum() * space.scale**2 == pytest.approx((singular[:2] ** 2).sum(), rel=1e-4)
    assert outside.sum() * space.scale**2 == pytest.approx((singular[2:] ** 2).sum(), rel=1e-4)
    assert area(np.array([1.0, 2.0]), np.array([0.0, 3.0])) == 0.5


def test_a_model_and_its_detector_are_one_file_and_files_of_before_still_load() -> None:
    features, labels = blobs(60, 2)
    learner = make_learner("logistic")
    model = learner.fit(features, one_hot(labels, 2), kind="classification", rng=np.random.default_rng(0))
    plain = model.dump()
    assert ModelFile(model).dump() == plain, "without a detector the file is what it always was"
    assert parts_of(plain) == (plain, None)
    model.outlier_detector = fitted(features, one_hot(labels, 2) > 0)
    both = ModelFile(model).dump()
    of_learner, detector = parts_of(both)
    assert of_learner == plain
    assert detector is not None
    assert np.array_equal(detector.score(features), model.outlier_detector.score(features))
    assert parts_of(both[:-9]) == (both[:-9], None), "whoever reads the learner says that it is damaged"
    with pytest.raises(ArtifactError):
        learner.load(both)
