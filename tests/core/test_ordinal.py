"""Answers on a scale: proportional odds, the measures of its answers, and what the gate says of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.evaluation.baselines import LabeledRows
from learning.core.evaluation.gate import Contender, judge
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.ordinal import absolute_errors, medians, positions, quadratic_kappa
from learning.core.learners import make_learner, one_hot
from learning.core.learners.cumulative import (
    fit_cumulative,
    fit_cumulative_temperature,
    probabilities_of_gaps,
    ranked_probability_losses,
    step_probabilities,
)
from learning.core.learners.ordinal import OrdinalLearner
from learning.core.pools import ArrayPool
from learning.core.strategies import Request, make_strategy
from learning.core.strategies.expected_error import expected_error

SCALE = make_objective("ordinal")


def graded(n: int, steps: int, seed: int = 0, noise: float = 0.3) -> tuple[FloatMatrix, np.ndarray]:
    """Rows whose step follows one direction of their features."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 6)).astype(np.float32)
    score = features @ np.array([1.0, -0.5, 0.5, 0, 0, 0]) + noise * rng.logistic(size=n)
    return features, np.searchsorted(np.quantile(score, np.arange(1, steps) / steps), score, side="right")


def fit(features: FloatMatrix, targets: DoubleArray, name: str = "ordinal_logistic", **more):
    return make_learner(name).fit(features, targets, kind="classification", rng=np.random.default_rng(5), **more)


def test_with_two_steps_it_is_logistic_regression() -> None:
    features, steps = graded(200, 2)
    theirs = LogisticRegression(C=10.0, tol=1e-10).fit(features, steps)
    ours = fit_cumulative(features.astype(float), one_hot(steps, 2), np.ones(200), 10.0, tolerance=1e-14)
    assert ours.slopes == pytest.approx(theirs.coef_[0], abs=2e-3)
    assert -ours.thresholds[0] == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_the_solution_is_where_the_slope_of_the_objective_is_zero() -> None:
    features, steps = graded(120, 5, seed=1)
    rows, targets, weights = features.astype(float), one_hot(steps, 5), np.linspace(0.2, 2.0, 120)
    found = fit_cumulative(rows, targets, weights, 3.0, tolerance=1e-15)

    def objective(flat: DoubleArray) -> float:
        given = step_probabilities(rows @ flat[:6], flat[6:])
        penalty = flat[:6] @ flat[:6] / 6.0 + 0.0005 * (np.log(np.diff(flat[6:])) ** 2).sum()
        return float(penalty - (weights[:, None] * targets * np.log(given)).sum())

    at = np.concatenate((found.slopes, found.thresholds))
    assert np.abs(approx_fprime(at, objective, 1e-6)).max() < 0.02
    assert (np.diff(found.thresholds) > 0).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-30, 30), min_size=1, max_size=10), st.floats(-50, 50), st.floats(0.05, 20))
def test_steps_of_any_thresholds_are_probabilities(thresholds: list[float], score: float, temperature: float) -> None:
    given_ = step_probabilities(np.array([score]), np.sort(np.array(thresholds)), temperature)
    assert given_.min() >= 0
    assert given_.sum() == pytest.approx(1.0)


def test_the_further_up_the_score_the_further_up_the_answer() -> None:
    answers = medians(step_probabilities(np.linspace(-6, 6, 200), np.array([-2.0, 0.0, 1.5])))
    assert (np.diff(answers) >= 0).all()
    assert set(answers) == {0, 1, 2, 3}


def test_temperature_flattens_what_was_too_sure() -> None:
    features, steps = graded(800, 4, noise=1.0)
    apart = np.tile([[-1.0, 0.0, 1.0]], (800, 1)) * 6 - (
        6 * features[:, :1] - 3 * features[:, 1:2] + 3 * features[:, 2:3]
    )
    targets = one_hot(steps, 4)
    temperature = fit_cumulative_temperature(np.zeros(800), apart, targets, np.ones(800))
    assert temperature > 2

    def loss(by: float) -> float:
        return float(-(targets * np.log(np.maximum(probabilities_of_gaps(apart / by), 1e-12))).sum())

    assert loss(temperature) < loss(1.0)


def test_few_answers_on_a_scale_teach_it_more_than_a_learner_that_knows_no_order() -> None:
    """60 answers on seven steps, ten draws: the order is worth .04 of kappa and more."""
    gains = []
    for seed in range(10):
        features, steps = graded(1_060, 7, seed=seed)
        targets = one_hot(steps, 7)
        ours, theirs = (
            quadratic_kappa(SCALE.decide(fit(features[:60], targets[:60], name).predict(features[60:])), targets[60:])
            for name in ("ordinal_logistic", "logistic")
        )
        gains.append(ours - theirs)
    assert np.mean(gains) > 0.04
    assert min(gains) > -0.02


def test_step_probabilities_are_calibrated() -> None:
    """Of all cumulative probabilities between .2 and .4 about 30 % hold, and so on."""
    features, steps = graded(4_400, 5, seed=3, noise=0.6)
    model = fit(features[:400], one_hot(steps[:400], 5))
    at_most = np.cumsum(model.predict(features[400:]), axis=1)[:, :-1]
    holds = steps[400:, None] <= np.arange(4)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (at_most >= low) & (at_most < low + 0.2)
        assert abs(holds[inside].mean() - at_most[inside].mean()) < 0.06


def test_auto_takes_another_learner_where_a_feature_works_otherwise_along_the_scale() -> None:
    rng = np.random.default_rng(0)
    features = rng.uniform(-1, 1, size=(600, 2)).astype(np.float32)
    steps = np.searchsorted([0.15, 0.4, 0.7], np.abs(features[:, 0]))
    model = fit(features, one_hot(steps, 4), "ordinal_auto", unlabeled=features[:50])
    assert model.name != "ordinal_logistic"
    assert set(model.facts["loss_by_learner"]) >= {"ordinal_logistic", "logistic_spreading"}
    plain, steps = graded(400, 5)
    assert fit(plain, one_hot(steps, 5), "ordinal_auto").name == "ordinal_logistic"


def test_a_step_nobody_gave_keeps_a_small_chance_and_soft_answers_are_learned() -> None:
    features, steps = graded(60, 3)
    soft = np.zeros((60, 5))
    soft[np.arange(60), np.array([0, 2, 4])[steps]] = 0.75
    soft[:, 2] += 0.25
    given_ = fit(features, soft).predict(features)
    assert (given_[:, [1, 3]] > 0).all()
    assert given_[:, [1, 3]].sum(axis=1).max() < 0.06
    assert given_.sum(axis=1) == pytest.approx(np.ones(60), abs=1e-5)


def test_the_learner_gives_its_model_back_bit_by_bit() -> None:
    features, steps = graded(80, 4)
    model = fit(features, one_hot(steps, 4))
    again = OrdinalLearner().load(model.dump())
    assert (again.predict(features) == model.predict(features)).all()
    assert again.dump() == model.dump()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 11), st.integers(2, 40), st.integers(0, 10_000))
def test_kappa_and_error_agree_with_scikit_learn(steps: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answers = rng.integers(steps, size=n), rng.integers(steps, size=n)
    targets = one_hot(truth, steps)
    assert absolute_errors(answers, targets).mean() == pytest.approx(mean_absolute_error(truth, answers))
    if len(set(truth)) > 1 or len(set(answers)) > 1:
        theirs = cohen_kappa_score(truth, answers, weights="quadratic", labels=list(range(steps)))
        assert quadratic_kappa(answers, targets) == pytest.approx(theirs)


def test_a_constant_has_kappa_zero_and_the_truth_itself_one() -> None:
    targets = one_hot([0, 1, 2], 3)
    assert quadratic_kappa(np.array([1, 1, 1]), targets) == pytest.approx(0.0)
    assert quadratic_kappa(np.array([0, 1, 2]), targets) == 1.0
    assert quadratic_kappa(np.array([1, 1]), one_hot([1, 1], 3)) == 1.0
    assert quadratic_kappa(np.array([0, 0]), one_hot([1, 1], 3)) == pytest.approx(0.0)


def test_a_truth_between_two_steps_is_half_a_step_from_either() -> None:
    between = np.array([[0.0, 0.5, 0.5, 0.0]])
    assert positions(between).tolist() == [1.5]
    assert [absolute_errors(np.array([step]), between)[0] for step in range(4)] == [1.5, 0.5, 0.5, 1.5]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 11), st.integers(0, 10_000))
def test_no_step_has_a_smaller_expected_error_than_the_median(steps: int, seed: int) -> None:
    given_ = np.random.default_rng(seed).dirichlet(np.full(steps, 0.3), size=20)
    costs = np.abs(np.arange(steps)[:, None] - np.arange(steps))
    expected = given_ @ costs.T
    chosen = expected[np.arange(20), medians(given_)]
    assert chosen == pytest.approx(expected.min(axis=1), abs=1e-5)
    utilities = expected_error(given_.astype(np.float32), "classification", SCALE.costs(steps))
    assert utilities == pytest.approx(chosen / (steps - 1), abs=1e-5)


def test_ranked_probability_loss_is_smallest_for_the_truth_and_grows_with_the_distance() -> None:
    truth = np.array([[0.2, 0.5, 0.3]])
    own = (truth * [ranked_probability_losses(truth, one_hot([step], 3))[0] for step in range(3)]).sum()
    for other in ([[0.3, 0.4, 0.3]], [[0.2, 0.4, 0.4]], [[0.0, 1.0, 0.0]]):
        loss = [ranked_probability_losses(np.array(other), one_hot([step], 3))[0] for step in range(3)]
        assert (truth * loss).sum() > own
    sure = one_hot([0, 0, 0], 3)
    assert ranked_probability_losses(sure, one_hot([0, 1, 2], 3)).tolist() == [0.0, 1.0, 2.0]


def test_the_queue_asks_where_far_steps_compete_before_where_near_ones_do() -> None:
    class Told:
        name, kind, n_labels, dimension, facts = "told", "classification", 5, 5, {}
        sketch = None

        def predict(self, features: FloatMatrix) -> FloatMatrix:
            return features

        def dump(self) -> bytes:
            return b""

    near, far, sure = [0, 0.5, 0.5, 0, 0], [0.5, 0, 0, 0, 0.5], [0, 0, 1, 0, 0]
    pool = ArrayPool(np.array([near, sure, far], np.float32))
    request = Request(
        pool, np.ones(3, bool), Told(), np.zeros((0, 5), np.float32), np.zeros((0, 5)), "classification", 3, 1,
        np.random.default_rng(0), temperature=0.01, costs=SCALE.costs(5),
    )  # fmt: skip
    for name in ("expected_error", "diverse_error"):
        draws = make_strategy(name).rank(request)
        assert draws.rows.tolist() == [2, 0, 1]
        assert draws.utilities[0] == pytest.approx(0.5)
    assert make_strategy("margin").rank(request).utilities[:2].tolist() == [1.0, 1.0]


def test_the_default_asks_by_expected_error_once_it_is_warm() -> None:
    features, steps = graded(200, 4)
    targets = one_hot(steps, 4)
    model = fit(features[:40], targets[:40])
    eligible = np.arange(200) >= 40
    rng = np.random.default_rng(0)
    request = Request(
        ArrayPool(features), eligible, model, features[:40], targets[:40], "classification", 5, 5, rng,
        costs=SCALE.costs(4),
    )  # fmt: skip
    assert make_strategy("auto").rank(request).strategy == "diverse_error"


def contender(given_: FloatMatrix, targets: DoubleArray) -> Contender:
    return Contender(given_, SCALE.evaluate(given_, targets, np.random.default_rng(0)))


def judged(ours: FloatMatrix, theirs: FloatMatrix | None, targets: DoubleArray):
    champion = None if theirs is None else contender(theirs, targets)
    constant = SCALE.constants(targets)[SCALE.best_constant].astype(np.float32)
    return judge(contender(ours, targets), champion, targets, constant, rng=np.random.default_rng(0), objective=SCALE)


def off_by(truth: np.ndarray, off: np.ndarray, sure: float = 0.8) -> FloatMatrix:
    answers = np.where(truth + off < 5, truth + off, truth - off)
    return (one_hot(answers, 5) * sure + (1 - sure) / 5).astype(np.float32)


def test_the_gate_sees_that_a_mistake_of_one_step_is_better_than_one_of_two() -> None:
    truth = np.tile(np.arange(5), 60)
    targets = one_hot(truth, 5)
    wrong = np.arange(300) % 2
    near, far = off_by(truth, wrong), off_by(truth, 2 * wrong)
    found = judged(near, far, targets)
    assert found.promote
    names = {check.name for check in found.checks}
    assert {"error_not_above_champion", "kappa_not_below_champion", "error_not_above_baseline"} <= names
    worse = judged(far, near, targets)
    assert not worse.promote
    assert not worse.may_rank
    assert {check.name for check in worse.checks if not check.passed} >= {
        "beats_champion", "error_not_above_champion", "kappa_not_below_champion",
    }  # fmt: skip
    # to one who only counts what is right the two are alike
    assert make_objective("classification").errors(near, targets).sum() == pytest.approx(
        make_objective("classification").errors(far, targets).sum()
    )


def test_a_constant_passes_no_gate() -> None:
    truth = np.tile(np.arange(5), 60)
    targets = one_hot(truth, 5)
    constant = np.tile(np.array([[0.1, 0.2, 0.4, 0.2, 0.1]], np.float32), (300, 1))
    assert not judged(constant, None, targets).promote


def test_the_report_says_kappa_first_and_holds_its_baselines() -> None:
    features, steps = graded(500, 5)
    targets = one_hot(steps, 5)
    model = fit(features[:200], targets[:200])
    found = SCALE.evaluate(model.predict(features[200:]), targets[200:], np.random.default_rng(0))
    assert next(iter(found.metrics)) == SCALE.headline
    assert {"quadratic_kappa", "mean_absolute_error", "accuracy", "within_one", "ranked_probability_loss"} < set(
        found.metrics
    )
    for estimate in found.metrics.values():
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.low < estimate.high
    assert np.trace(found.confusion) == round(found.metrics["accuracy"].value * 300)
    baselines = SCALE.evaluate_baselines(
        LabeledRows(features[:200], targets[:200]), features[200:], targets[200:], np.random.default_rng(0)
    )
    assert set(baselines) == {"median", "majority", "stratified", "nearest_centroid"}
    assert baselines["median"].metrics["quadratic_kappa"].value == pytest.approx(0.0)
    best = min(baseline.metrics["mean_absolute_error"].value for baseline in baselines.values())
    assert found.metrics["mean_absolute_error"].value < best


def test_steps_are_ordered_by_their_value() -> None:
    assert SCALE.order(["10", "9", "-1"]) == ["-1", "9", "10"]
    with pytest.raises(ValueError, match="numbers"):
        SCALE.order(["good", "bad"])
