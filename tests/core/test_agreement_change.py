"""Whether the agreement of a person fell: honest people are flagged once in a thousand at most, counted exactly."""

import numpy as np
import pytest
from scipy.stats import binom

from learning.core.evaluation.intervals_difference import share_change
from learning.core.quality.agreement_change import FLAG_ERRORS, agreement_change

NOBODY = (0, 0)
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def chance_of_a_flag(n: int, share: float, before: float, errors: float) -> float:
    """Summed over all outcomes of the newest quarter and of what was before; the formula itself, for whole tables."""
    n_new, n_old = n // 4, n - n // 4
    more, less = np.arange(n_new + 1)[:, None], np.arange(n_old + 1)[None, :]
    first, second = (more + 1) / (n_new + 2), (less + 1) / (n_old + 2)
    half = errors * np.sqrt(first * (1 - first) / (n_new + 2) + second * (1 - second) / (n_old + 2))
    flagged = first - second + half < 0
    return float((binom.pmf(more, n_new, share) * binom.pmf(less, n_old, before) * flagged).sum())


@pytest.mark.parametrize("n", [100, 120, 200, 400, 1000])
def test_who_stays_as_he_was_is_flagged_once_in_a_thousand_at_most(n):
    assert max(chance_of_a_flag(n, share, share, FLAG_ERRORS) for share in SHARES) <= 0.001


def test_at_the_level_of_a_shown_interval_it_would_be_more_often():
    """The planted fault."""
    assert max(chance_of_a_flag(200, share, share, 1.96) for share in SHARES) > 0.02


def test_who_falls_from_nine_in_ten_to_six_is_found():
    assert chance_of_a_flag(400, 0.6, 0.9, FLAG_ERRORS) > 0.98


def test_the_table_and_the_function_are_one():
    found = share_change((60, 100), (270, 300), FLAG_ERRORS)
    first, second = 61 / 102, 271 / 302
    half = FLAG_ERRORS * (first * (1 - first) / 102 + second * (1 - second) / 302) ** 0.5
    assert (found.low, found.high) == pytest.approx((first - second - half, first - second + half))
    assert found.value == pytest.approx(-0.3)


@pytest.mark.parametrize(
    ("newest", "before", "others", "flagged"),
    [
        ((60, 100), (270, 300), (NOBODY, NOBODY), True),
        ((60, 100), (270, 300), ((900, 1000), (2700, 3000)), True),
        ((60, 100), (270, 300), ((600, 1000), (2700, 3000)), False),  # it became harder for all
        ((90, 100), (180, 300), (NOBODY, NOBODY), False),  # who becomes better is left in peace
        ((0, 0), (0, 0), (NOBODY, NOBODY), False),
    ],
)
def test_a_fall_is_flagged_that_is_the_persons_own(newest, before, others, flagged):
    change, is_flagged = agreement_change(newest, before, *others)
    assert is_flagged is flagged
    assert -1 <= change.low < change.high <= 1
