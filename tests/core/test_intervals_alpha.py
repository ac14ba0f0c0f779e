"""Krippendorff's alpha: by a published number, by the sum that labeling does, and how often its interval holds it."""

import json

import numpy as np
import pytest

from labeling.consensus import agreement_of
from labeling.kinds import KINDS
from learning.core.evaluation.intervals_alpha import alpha, alpha_interval


def test_the_published_example_of_ordinal_and_nominal_data():
    """K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section C: .743 nominal, .815 ordinal."""
    answers = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
        [2, 2, 2, 2], [5, 5, 5], [1, 1],
    ]  # fmt: skip
    counts = np.array([[unit.count(step) for step in range(1, 6)] for unit in answers])
    assert alpha(counts) == pytest.approx(0.743, abs=5e-4)
    assert alpha(counts, ordinal=True) == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize("ordinal", [False, True])
def test_labeling_comes_to_the_same_number(ordinal):
    rng = np.random.default_rng(3)
    given = [rng.integers(1, 6, size=rng.integers(1, 5)).tolist() for _ in range(60)]
    counts = np.array([[unit.count(step) for step in range(1, 6)] for unit in given])
    texts = [[json.dumps({"rating": step}) for step in unit] for unit in given]
    labels = dict.fromkeys("12345").keys()
    distance = (lambda totals: KINDS["rating"].distance(totals, labels)) if ordinal else (lambda totals: None)
    assert alpha(counts, ordinal=ordinal) == pytest.approx(agreement_of(texts, distance).alpha)


@pytest.mark.parametrize("counts", [[[2, 0], [3, 0]], [[1, 0], [0, 1]], np.zeros((0, 2))])
def test_it_is_undefined_where_all_said_the_same_or_nothing_was_answered_twice(counts):
    assert alpha(np.array(counts)) is None
    assert alpha_interval(np.array(counts), np.random.default_rng(0)) is None


@pytest.mark.parametrize("counts", [[[2, 0], [0, 2]], [[1, 1], [1, 1]], [[2, 0]] * 30 + [[0, 2]]])
def test_no_interval_has_width_zero_or_leaves_its_value_out(counts):
    found = alpha_interval(np.array(counts), np.random.default_rng(0), draws=200)
    assert found.low < found.high
    assert found.low <= found.value <= found.high
    assert found.n == len(counts)


def test_the_same_answers_have_the_same_interval_in_whatever_order():
    rng = np.random.default_rng(1)
    counts = np.stack([np.bincount(rng.integers(0, 3, size=3), minlength=3) for _ in range(40)])
    again = rng.permutation(counts)
    assert alpha_interval(counts, np.random.default_rng(5)) == alpha_interval(again, np.random.default_rng(5))


def drawn(rng, n, people, shares, error, *, ordinal):
    """Answers of people who err at a rate: at random, or on a scale by a step."""
    truth, counts = rng.choice(len(shares), size=n, p=shares), np.zeros((n, len(shares)))
    for _ in range(people):
        wrong = rng.random(n) < error
        other = truth + rng.choice([-1, 1], size=n) if ordinal else rng.integers(0, len(shares), size=n)
        said = np.clip(np.where(wrong, other, truth), 0, len(shares) - 1)
        np.add.at(counts, (np.arange(n), said), 1)
    return counts


@pytest.mark.parametrize(
    ("shares", "people", "error", "ordinal"),
    [
        ((0.5, 0.5), 2, 0.2, False),
        ((0.9, 0.1), 2, 0.05, False),
        ((0.2,) * 5, 3, 0.3, False),
        ((0.1, 0.2, 0.4, 0.2, 0.1), 3, 0.2, True),
    ],
)
def test_nineteen_of_twenty_intervals_hold_the_truth(shares, people, error, ordinal):
    rng = np.random.default_rng(2)
    truth = alpha(drawn(rng, 100_000, people, shares, error, ordinal=ordinal), ordinal=ordinal)
    held = 0
    for _ in range(100):
        given = drawn(rng, 50, people, shares, error, ordinal=ordinal)
        found = alpha_interval(given, rng, ordinal=ordinal, draws=200)
        held += found is None or found.low <= truth <= found.high
    assert held >= 91
