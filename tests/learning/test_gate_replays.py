"""The application's gate on real models, 200 eval sets each: the small sibling of ``benchmarks/gate_replays.py``."""

import numpy as np
import pytest

from benchmarks import gate_replays as bench

REPLAYS = 200


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(bench.SIZES, "digits", (40, 60, 80, 120))
        return list(bench.trained("digits", 2, seed=0))


def test_no_better_is_promoted_in_one_of_twenty_at_most(found):
    counted = bench.tally(bench.pairs(found, "swapped"), "swapped", REPLAYS, np.random.default_rng(0))
    assert counted.gate <= 0.05 * REPLAYS
    assert counted.higher > 0.4 * REPLAYS, "the higher number would have"


def test_another_seed_that_is_a_little_worse_is_hardly_ever_promoted(found):
    counted = bench.tally(bench.pairs(found, "another seed"), "another seed", 60, np.random.default_rng(0))
    assert counted.gate <= 1


def test_four_points_better_is_promoted_in_nine_of_ten(found):
    counted = bench.tally(bench.pairs(found, bench.BETTER), bench.BETTER, REPLAYS, np.random.default_rng(0))
    assert counted.gate >= 0.9 * REPLAYS
