"""Active against random at equal label counts, and when to stop: by hand, as properties, by simulation."""

import numpy as np
import pytest

from learning.core.evaluation.arms import compare_arms, compare_measures
from learning.core.evaluation.intervals import Estimate
from learning.core.evaluation.objectives import OBJECTIVES, ArmModels, make_objective
from learning.core.evaluation.paired import paired_test
from learning.core.evaluation.pays import ArmPoint, does_it_pay, next_count
from learning.core.evaluation.stopping import advise, cohen_kappa


def refits(correct, flips, rng):
    """Five refits that differ from the model in ``flips`` items each."""
    without = np.tile(correct, (5, 1))
    for row in without:
        row[rng.choice(row.size, flips, replace=False)] ^= True
    return without


def test_without_variance_of_the_answers_it_is_the_paired_interval():
    rng = np.random.default_rng(0)
    active, random = rng.random(300) < 0.9, rng.random(300) < 0.85
    found = compare_arms(active, random, np.tile(active, (5, 1)), np.tile(random, (5, 1)))
    paired = paired_test(active, random)
    assert (found.value, found.low, found.high) == pytest.approx((paired.difference, paired.low, paired.high))
    assert found.active.value - found.random.value == pytest.approx(found.value)


def test_answers_that_matter_widen_the_interval():
    rng = np.random.default_rng(1)
    active, random = rng.random(300) < 0.9, rng.random(300) < 0.85
    calm = compare_arms(active, random, np.tile(active, (5, 1)), np.tile(random, (5, 1)))
    unsteady = active & (rng.random((5, 300)) < np.array([[0.7], [0.8], [0.9], [0.95], [1.0]]))
    found = compare_arms(active, random, unsteady, np.tile(random, (5, 1)))
    assert found.high - found.low > 2 * (calm.high - calm.low)
    assert found.value == calm.value


def test_the_interval_holds_the_truth_when_both_arms_are_the_same():
    """Ridge classifiers on few answers: what varies most is the answers, which the paired interval alone would miss."""
    rng = np.random.default_rng(2)
    truth, covered, paired_covered = rng.normal(size=(10,)), 0, 0
    held = rng.normal(size=(400, 10))
    held_truth = held @ truth > 0
    for _ in range(200):
        arms = []
        for _ in range(2):
            x = rng.normal(size=(40, 10))
            y = np.where(x @ truth + rng.normal(size=40) * 2 > 0, 1.0, -1.0)

            def right(rows, x=x, y=y):
                weights = np.linalg.solve(x[rows].T @ x[rows] + np.eye(10), x[rows].T @ y[rows])
                return (held @ weights > 0) == held_truth

            every = np.arange(40)
            arms.append((right(every), np.array([right(every[every % 5 != group]) for group in range(5)])))
        (active, active_without), (random, random_without) = arms
        found = compare_arms(active, random, active_without, random_without)
        covered += found.low <= 0 <= found.high
        paired = paired_test(active, random)
        paired_covered += paired.low <= 0 <= paired.high
    assert covered >= 180
    assert paired_covered < 160


def test_arms_that_did_not_answer_the_same_items_are_refused():
    with pytest.raises(ValueError, match="same held-out items"):
        compare_arms(np.ones(3, bool), np.ones(4, bool), np.ones((5, 3), bool), np.ones((5, 3), bool))


def test_two_numbers_of_different_items_are_not_compared():
    with pytest.raises(ValueError, match="same held-out items"):
        compare_measures(Estimate(0, 0, 0, 3), Estimate(0, 0, 0, 4), 0.0, np.zeros(5), np.zeros(5))


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_every_objective_compares_arms_by_the_measure_it_shows_first(name):
    objective, rng = make_objective(name), np.random.default_rng(5)
    targets = np.eye(4)[rng.integers(4, size=400)]

    def arm(noise):
        said = [rng.dirichlet(np.ones(4), size=400) * noise + targets * (1 - noise) for _ in range(6)]
        return ArmModels(said[0].astype(np.float32), [each.astype(np.float32) for each in said[1:]])

    active, random = arm(0.6), arm(0.9)
    found = objective.compare_arms(active, random, targets, np.random.default_rng(6))
    measured = [
        objective.evaluate(each.whole, targets, rng).metrics[objective.headline].value for each in (active, random)
    ]
    assert (found.active.value, found.random.value) == pytest.approx(measured)
    assert found.value == pytest.approx(measured[0] - measured[1])
    assert 0 < found.low < found.value < found.high
    same = objective.compare_arms(active, active, targets, np.random.default_rng(6))
    assert same.value == 0
    assert same.low <= 0 <= same.high


def test_the_interval_of_kappa_holds_the_truth_when_both_arms_are_the_same():
    """Least squares on few rated items: both arms learn from as many random answers, so the difference is 0."""
    rng, scale = np.random.default_rng(7), make_objective("ordinal")
    slopes, held = rng.normal(size=8), rng.normal(size=(400, 8))

    def steps(x, noise):
        return np.digitize(x @ slopes + noise * rng.normal(size=len(x)), [-3, -1, 1, 3])

    truth = np.eye(5)[steps(held, 1.0)]
    covered = 0
    for _ in range(150):
        arms = []
        for _ in range(2):
            x = rng.normal(size=(40, 8))
            y = steps(x, 1.0)

            def said(rows, x=x, y=y):
                found = np.linalg.solve(x[rows].T @ x[rows] + np.eye(8), x[rows].T @ (y[rows] - 2.0))
                return np.eye(5, dtype=np.float32)[np.clip(np.rint(held @ found + 2.0), 0, 4).astype(int)]

            every = np.arange(40)
            arms.append(ArmModels(said(every), [said(every[every % 5 != group]) for group in range(5)]))
        found = scale.compare_arms(*arms, truth, rng)
        covered += found.low <= 0 <= found.high
    assert covered >= 135


def test_comparisons_are_few():
    last, made = 0, []
    for n_random in range(1_001):
        if (due := next_count(n_random, last)) is not None:
            made.append(due)
            last = due
    assert made[0] == 20
    assert len(made) < 16


@pytest.mark.parametrize(
    ("points", "pays"),
    [
        ([], "unclear"),
        ([(50, 0.05, 0.01, 0.09)], "yes"),
        ([(50, 0.05, -0.01, 0.09)], "unclear"),
        ([(50, -0.05, -0.09, -0.01)], "no"),
        ([(50, -0.05, -0.09, -0.01), (80, 0.03, 0.01, 0.05)], "yes"),
        ([(60, 0.0, -0.02, 0.02), (80, 0.0, -0.02, 0.02), (107, 0.0, -0.02, 0.02)], "no"),
        ([(40, 0.0, -0.02, 0.02), (60, 0.0, -0.02, 0.02), (80, 0.0, -0.02, 0.02)], "unclear"),
        ([(60, 0.0, -0.02, 0.02), (80, 0.02, -0.02, 0.05), (107, 0.01, -0.02, 0.04)], "unclear"),
    ],
)
def test_whether_it_pays(points, pays):
    assert does_it_pay([ArmPoint(*point) for point in points]) == pays


def test_kappa_agrees_with_scikit_learn_and_knows_the_constant_case():
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(4)
    first = rng.integers(5, size=500)
    second = np.where(rng.random(500) < 0.8, first, rng.integers(5, size=500))
    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))
    assert cohen_kappa([2, 2], [2, 2]) == 1.0
    with pytest.raises(ValueError, match="cannot be compared"):
        cohen_kappa([1], [1, 2])


def test_advice_needs_both_signs():
    assert advise([0.991, 0.992, 0.993], 0.009, 0.01).stop
    assert not advise([0.991, 0.989, 0.993], 0.009, 0.01).stop
    assert not advise([0.991, 0.992, 0.993], 0.01, 0.01).stop
    assert not advise([0.991, 0.992, 0.993], None, 0.01).stop
