"""Average precision, and what a suggested threshold is worth on items that had no part in choosing it."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.intervals_precision import average_precision
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.report import evaluate
from learning.core.evaluation.thresholds import CURVE_POINTS, at_thresholds


@pytest.mark.parametrize("steps", [5, 10_000])
def test_average_precision_is_that_of_scikit_learn_also_with_equal_probabilities(steps):
    rng = np.random.default_rng(steps)
    has = rng.random(400) < 0.1
    likely = np.round(rng.random(400) * steps + 2 * has) / (steps + 2)
    found = average_precision(likely, has)
    assert found.value == pytest.approx(average_precision_score(has, likely))
    assert found.low < found.value < found.high
    assert found.n == has.sum()


def test_its_interval_holds_the_truth_of_rare_and_frequent_labels():
    rng = np.random.default_rng(0)
    for base, apart in ((0.02, 1.5), (0.1, 1.5), (0.3, 0.5), (0.3, 3.0)):
        has = rng.random(200_000) < base
        truth = average_precision(rng.normal(size=has.size) + apart * has, has).value
        held = []
        for _ in range(150):
            some = np.r_[np.ones(8, bool), np.zeros(round(8 / base), bool)]
            found = average_precision(rng.normal(size=some.size) + apart * some, some)
            held.append(found.low <= truth <= found.high)
        assert np.mean(held) >= 0.92, (base, apart)


def test_its_interval_holds_the_truth_of_a_label_that_luck_made_twice_as_frequent():
    """A label of 7 % is said anything of only where five or more of 50 items have it."""
    rng = np.random.default_rng(0)
    has = rng.random(200_000) < 0.07
    truth = average_precision(rng.normal(size=has.size) + 1.2 * has, has).value
    held = []
    while len(held) < 300:
        some = rng.random(50) < 0.07
        if 6 <= some.sum() <= 10:
            found = average_precision(rng.normal(size=50) + 1.2 * some, some)
            held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.92


def test_nothing_is_said_of_a_label_without_items_and_too_little_of_one_with_four():
    none = average_precision(np.array([0.2, 0.4]), np.zeros(2, bool))
    assert (none.low, none.high, none.n) == (0.0, 1.0, 0)
    four = average_precision(np.linspace(0, 1, 40), np.arange(40) >= 36)
    assert interval_words(four.low, four.high, four.n) == "too few to say"


def test_a_label_nobody_is_half_sure_of_has_no_f1_but_an_average_precision_and_one_from_its_threshold_on():
    rng = np.random.default_rng(3)
    has = np.arange(500) < 10
    likely = np.clip(0.05 + 0.3 * has + rng.normal(scale=0.03, size=500), 0.0, 0.45)
    given, truth = np.column_stack((1 - likely, likely)), np.eye(2)[has.astype(int)]
    scores = evaluate(given, truth, kind="classification", rng=rng).labels[1]
    assert scores.f1.value == 0.0
    assert scores.average_precision.value > 0.9
    assert scores.as_dict()["average_precision"]["n"] == 10
    (found,) = at_thresholds(given, truth, [None, 0.2])
    assert found.f1.value > 0.9
    assert (found.recall.n, found.support) == (10, 10)
    assert found.precision.low < found.precision.value <= 1.0


def test_the_curve_rises_in_recall_to_all_of_them_and_stays_small():
    rng = np.random.default_rng(4)
    truth = (rng.random((2_000, 1)) < 0.3).astype(float)
    (found,) = at_thresholds(rng.random((2_000, 1)) + 0.3 * truth, truth, [0.7])
    recalls = [recall for recall, _ in found.curve]
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1.0
    assert len(found.curve) == CURVE_POINTS
    (few,) = at_thresholds(rng.random((9, 1)), np.eye(9)[:, :1], [0.5])
    assert few.curve == ()


def test_a_threshold_is_suggested_where_a_label_is_a_yes_or_no():
    yes_or_no = {("classification", 2), ("multilabel", 1), ("multilabel", 5)}
    others = {("classification", 3), ("ordinal", 2), ("ordinal", 5)}
    assert {each for each in yes_or_no | others if make_objective(each[0]).suggests_thresholds(each[1])} == yes_or_no
