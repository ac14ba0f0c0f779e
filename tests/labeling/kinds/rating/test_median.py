"""What several ratings come to, and how far people agree."""

import json
import random
from itertools import zip_longest

import pytest

from labeling.consensus import agreement_of
from labeling.kinds import KINDS
from labeling.kinds.rating.median import median_of

RATING = KINDS["rating"]
SCALE = {str(step): None for step in range(1, 6)}.keys()
#: K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011: four observers, twelve units, some missing
PUBLISHED = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1),
)


def come_to(*steps, labels=SCALE):
    return RATING.aggregate([{"rating": step} for step in steps], labels)


@pytest.mark.parametrize(
    ("given", "label", "labels"),
    [
        ((4,), 4, ("4",)),
        ((5, 1, 2), 2, ("2",)),
        ((3, 4), 3.5, ("3", "4")),
        ((1, 5), 3, ("1", "5")),
        ((1, 4, 4, 5), 4, ("4",)),
    ],
)
def test_the_median_counts_and_may_lie_between_two_steps(given, label, labels):
    found = come_to(*given)
    assert (found.label, found.labels, found.tied) == (label, labels, False)


@pytest.mark.parametrize(
    ("n", "place", "coverage"), [(1, 1, 0), (2, 1, 0.5), (5, 1, 0.9375), (6, 1, 0.96875), (10, 2, 0.978515625)]
)
def test_the_interval_is_that_of_the_sign_test(n, place, coverage):
    """Places and coverages as in tables of the sign test (David and Nagaraja)."""
    found = median_of(list(range(n)))
    assert (found.low, found.high, found.coverage) == (place - 1, n - place, coverage)


def test_the_interval_holds_the_median_as_often_as_it_says():
    rng, held = random.Random(0), 0
    for _ in range(2_000):
        found = median_of([rng.randrange(1_001) for _ in range(9)])
        held += found.low <= 500 <= found.high
        assert found.coverage >= 0.95
    assert held / 2_000 >= 0.95


def test_the_columns_of_an_item_say_how_far_the_median_may_be_off():
    assert come_to(2, 3, 5).columns == {"label_low": 2, "label_high": 5, "label_coverage": 0.75}


def test_named_steps_count_by_their_place():
    named = dict.fromkeys(("poor", "fair", "good")).keys()
    found = come_to("good", "poor", "fair", labels=named)
    assert (found.label, found.labels) == (2, ("fair",))
    assert come_to("poor", "fair", labels=named).label == 1.5


def test_ten_is_above_nine():
    scale = dict.fromkeys(map(str, range(11))).keys()
    assert come_to(10, 9, 10, labels=scale).label == 10
    assert come_to(10, 2, 3).label == 3, "also where the label set is not known"


def alpha_of(rows, labels=SCALE):
    units = [[json.dumps({"rating": value}) for value in unit if value is not None] for unit in zip_longest(*rows)]
    return agreement_of(units, lambda totals: RATING.distance(totals, labels)).alpha


def test_alpha_is_the_published_one_for_ordinal_data():
    assert alpha_of(PUBLISHED) == pytest.approx(0.815, abs=5e-4)


def test_alpha_is_that_of_the_definition_whatever_is_given():
    """The sums over pairs of values within units and over all, written out."""
    rng = random.Random(1)
    rows = [[rng.randrange(1, 6) for _ in range(30)] for _ in range(3)]
    times = {step: sum(row.count(step) for row in rows) for step in range(1, 6)}

    def apart(one, other):
        low, high = sorted((one, other))
        return (sum(times[step] for step in range(low, high + 1)) - (times[low] + times[high]) / 2) ** 2

    every = [value for row in rows for value in row]
    observed = sum(apart(a, b) for unit in zip(*rows, strict=True) for a in unit for b in unit) / (2 * len(every))
    expected = sum(apart(a, b) for a in every for b in every) / (len(every) * (len(every) - 1))
    assert alpha_of(rows) == pytest.approx(1 - observed / expected)


def test_a_step_off_costs_less_agreement_than_four():
    near = alpha_of(((1, 2, 3, 4, 5), (2, 3, 4, 5, 4)))
    far = alpha_of(((1, 2, 3, 4, 5), (5, 5, 1, 1, 1)))
    assert far < 0 < near
    assert alpha_of(((1, 2, 3), (1, 2, 3))) == 1
