"""Consensus and agreement by hand, by a slow loop and by published numbers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.core.aggregation import krippendorff_alpha, majority_vote

votes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=40)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@settings(max_examples=100, deadline=None)
@given(votes)
def test_majority_by_counting(pairs: list[tuple[int, int]]) -> None:
    items, labels = arrays(pairs)
    found = majority_vote(items, labels, 6, 4)
    for item in range(6):
        own = labels[items == item].tolist()
        assert found.votes[item] == len(own)
        if not own:
            assert found.label[item] == -1
            assert found.confidence[item] == found.agreement[item] == found.soft[item].sum() == 0
            continue
        most = max(own.count(label) for label in own)
        assert own.count(int(found.label[item])) == most
        assert found.confidence[item] == pytest.approx(most / len(own))
        assert found.soft[item].sum() == pytest.approx(1)
        assert found.tied[item] == (sum(own.count(label) == most for label in set(own)) > 1)
        agreeing = [one == two for one, two in permutations(own, 2)]
        assert found.agreement[item] == pytest.approx(np.mean(agreeing) if agreeing else 1.0)


def test_ties_go_to_the_more_frequent_label() -> None:
    found = majority_vote([0, 0, 1, 2], [0, 2, 2, 2], 3, 3)
    assert found.label.tolist() == [2, 2, 2]
    assert found.tied.tolist() == [True, False, False]


def test_bad_votes_are_refused() -> None:
    with pytest.raises(ValueError, match="label numbers"):
        majority_vote([0], [3], 1, 3)
    with pytest.raises(ValueError, match="item numbers"):
        majority_vote([-1], [0], 1, 3)
    with pytest.raises(ValueError, match="not votes"):
        majority_vote([0, 1], [0], 2, 3)


def test_alpha_of_the_published_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, nominal alpha .743."""
    missing = 0
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, missing, missing, missing],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, missing, 3],
        [missing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, missing],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, missing],
    ]
    pairs = [(unit, value - 1) for row in observers for unit, value in enumerate(row) if value]
    assert krippendorff_alpha(*arrays(pairs), 12, 5) == pytest.approx(0.743, abs=5e-4)


@settings(max_examples=60, deadline=None)
@given(votes)
def test_alpha_by_slow_loop(pairs: list[tuple[int, int]]) -> None:
    items, labels = arrays(pairs)
    groups = [labels[items == item].tolist() for item in range(6)]
    groups = [group for group in groups if len(group) > 1]
    pooled = [label for group in groups for label in group]
    found = krippendorff_alpha(items, labels, 6, 4)
    if len(set(pooled)) < 2:
        assert found is None
        return
    n = len(pooled)
    observed = sum(sum(a != b for a, b in permutations(group, 2)) / (len(group) - 1) for group in groups) / n
    expected = sum(a != b for a, b in permutations(pooled, 2)) / (n * (n - 1))
    assert found == pytest.approx(1 - observed / expected)


def test_alpha_of_coin_flips_is_about_zero() -> None:
    rng = np.random.default_rng(0)
    alpha = krippendorff_alpha(np.repeat(np.arange(3_000), 3), rng.integers(2, size=9_000), 3_000, 2)
    assert alpha == pytest.approx(0, abs=0.03)
