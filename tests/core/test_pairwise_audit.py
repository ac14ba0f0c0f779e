"""SplitAssigner, repeats, agreement, cycles and suspects: what is planted is found, and nothing else."""

import itertools

import numpy as np
import pytest

from learning.core.pairwise import (
    TIE,
    Judgments,
    Prior,
    Strengths,
    agreement,
    circular_triads,
    copying,
    fast_answers,
    fit_crowd,
    flip_rate,
    left_rates,
    most_disputed,
    random_looking,
)  # fmt: skip
from learning.core.pairwise.audit import holm


def crowd(seed, people, each, n_items=60, position=0.0, spread=1.5):
    """Annotators in turns, each with a slight lean of their own, a tenth of ties."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n_items) * spread
    count = people * each
    who = np.tile(np.arange(people), each)
    left = rng.integers(0, n_items, count)
    right = (left + rng.integers(1, n_items, count)) % n_items
    lean = rng.normal(0.0, 0.2, people) + position
    outcome = (rng.random(count) > 1 / (1 + np.exp(scores[right] - scores[left] - lean[who]))).astype(int)
    outcome[rng.random(count) < 0.1] = TIE
    return scores, Judgments(left, right, outcome, n_items, who)


@pytest.mark.parametrize("position", [0.0, 0.4])
def test_a_left_only_annotator_is_flagged_within_60_judgments_and_nobody_else_ever(position):
    for seed in range(20):
        _, judgments = crowd(seed, 20, 60, position=position)
        outcome = np.where(judgments.annotator == 3, 0, judgments.outcome)
        found = None
        for each in range(4, 61, 4):  # looked at again and again, as a page does
            part = slice(0, each * 20)
            rates = left_rates(
                Judgments(judgments.left[part], judgments.right[part], outcome[part], 60, judgments.annotator[part])
            )
            flagged = set(np.flatnonzero(rates.flagged).tolist())
            assert flagged <= {3}
            found = found or (each if flagged else None)
        assert found is not None


def test_left_rates_by_hand():
    outcome = np.array([0, 0, 1, TIE, 1, 1])
    rates = left_rates(Judgments(np.zeros(6, int), np.ones(6, int), outcome, 2, np.array([0, 0, 0, 0, 1, 1])))
    assert [round(rate.value, 3) for rate in rates.annotators] == [0.667, 0.0]
    assert [rate.n for rate in rates.annotators] == [3, 2]
    assert rates.project.value == pytest.approx(0.4)
    assert not rates.flagged.any()
    assert not rates.project_flagged


def test_a_project_where_everybody_answers_left_is_flagged_as_a_whole():
    rates = left_rates(Judgments(np.zeros(90, int), np.ones(90, int), np.zeros(90, int), 2, np.arange(90) % 3))
    assert rates.project_flagged
    assert not rates.flagged.any()


def test_no_judgments_are_no_evidence():
    nothing = Judgments(*np.zeros((3, 0), dtype=int), n_items=2)
    rates = left_rates(nothing)
    assert (rates.project.n, rates.project_flagged, rates.annotators) == (0, False, [])
    assert flip_rate(nothing, nothing).n == 0
    assert agreement(nothing).between.n == 0
    assert circular_triads(nothing).total == 0
    assert most_disputed(nothing) == []
    assert copying(nothing, Strengths(np.zeros(2)), np.zeros(0)) == []


def test_holm_allows_one_false_rejection_in_a_hundred():
    rng = np.random.default_rng(0)
    assert np.mean([holm(rng.random(30), 0.01).any() for _ in range(2000)]) < 0.02


def test_flips_are_counted_by_item_not_by_side():
    first = Judgments(np.array([0, 0, 0, 0]), np.array([1, 1, 1, 1]), np.array([0, 0, 1, 0]), 2)
    again = Judgments(np.array([1, 1, 1, 0]), np.array([0, 0, 0, 1]), np.array([1, 0, TIE, 0]), 2)
    rate = flip_rate(first, again)
    assert (rate.n, rate.value) == (3, pytest.approx(1 / 3))
    with pytest.raises(ValueError, match="same pairs"):
        flip_rate(Judgments(np.array([0]), np.array([1]), np.array([0]), 3),
                  Judgments(np.array([0]), np.array([2]), np.array([0]), 3))  # fmt: skip


def test_agreement_by_hand():
    left, right = np.array([0, 1, 0, 0, 2, 2]), np.array([1, 0, 1, 1, 3, 3])
    outcome, who = np.array([0, 1, 0, 1, 0, TIE]), np.array([0, 1, 2, 3, 0, 1])
    agreed = agreement(Judgments(left, right, outcome, 4, who))
    assert agreed.between.n == 2
    assert agreed.between.value == pytest.approx((0.5 + 0.0) / 2)  # of 6 pairs of answers 3 are equal; of 1 none
    assert agreed.ceiling.n == 4  # everybody's answer to the first pair has a clear majority of others
    assert agreed.ceiling.value == pytest.approx(0.75)


def test_ten_planted_circles_are_found_and_nothing_else():
    rng = np.random.default_rng(0)
    order = rng.permutation(80)
    circles = [tuple(range(3 * k, 3 * k + 3)) for k in range(10)]
    planted = {frozenset(pair) for circle in circles for pair in itertools.combinations(circle, 2)}
    rows = [
        (a, b) if order[a] < order[b] else (b, a)
        for a, b in itertools.combinations(range(80), 2)
        if frozenset((a, b)) not in planted
        # An item between two of a circle would close further ones.
        and not (a < 30 and b < 30) and (a >= 30 or b >= 30) and (a >= 30)
    ]  # fmt: skip
    for a, b, c in circles:
        rows += [(a, b), (b, c), (c, a)] * (1 + a % 2)
    wins = np.array(rows)
    swap = rng.random(len(wins)) < 0.5
    judgments = Judgments(
        np.where(swap, wins[:, 1], wins[:, 0]), np.where(swap, wins[:, 0], wins[:, 1]), swap.astype(int), 80
    )
    found = circular_triads(judgments)
    assert {tuple(sorted(row)) for row in found.items.tolist()} == set(circles)
    assert found.total == 10
    assert found.margins.tolist() == [2.0] * 5 + [1.0] * 5  # the clearest contradictions first
    for a, b, c in found.items.tolist():
        assert {(a, b), (b, c), (c, a)} <= {tuple(row) for row in rows}


def test_cycles_equal_a_search_of_all_triples():
    rng = np.random.default_rng(1)
    left = rng.integers(0, 15, 200)
    right = (left + rng.integers(1, 15, 200)) % 15
    judgments = Judgments(left, right, rng.integers(0, 3, 200), 15)
    surplus = np.zeros((15, 15))
    for a, b, outcome in zip(left, right, judgments.outcome, strict=True):
        change = {0: 1, 1: -1, 2: 0}[int(outcome)]
        surplus[a, b] += change
        surplus[b, a] -= change
    circles = [
        (a, b, c)
        for a, b, c in itertools.permutations(range(15), 3)
        if a == min(a, b, c) and surplus[a, b] > 0 and surplus[b, c] > 0 and surplus[c, a] > 0
    ]
    found = circular_triads(judgments, limit=10_000)
    assert {tuple(row) for row in found.items.tolist()} == set(circles)
    assert found.total == len(circles)
    whole = [t for t in itertools.combinations(range(15), 3) if all(surplus[p] for p in itertools.combinations(t, 2))]
    assert found.triples == len(whole)
    assert len(circular_triads(judgments, limit=3).items) == 3


def test_the_most_disputed_pair_has_the_larger_minority():
    left, right = np.repeat([0, 2, 4], [6, 4, 9]), np.repeat([1, 3, 5], [6, 4, 9])
    outcome = np.array([0, 0, 0, 1, 1, 1, 0, 1, 0, 1, *[0] * 9])
    assert most_disputed(Judgments(left, right, outcome, 6)) == [(0, 1, (3, 3, 0)), (2, 3, (2, 2, 0))]


def test_random_looking_annotators_are_named_and_careful_ones_are_not():
    named = []
    for seed in range(10):
        _, judgments = crowd(seed, 12, 100)
        rng = np.random.default_rng(seed)
        toss = judgments.annotator < 2
        outcome = np.where(toss, rng.integers(0, 2, len(judgments)), judgments.outcome)
        judgments = Judgments(judgments.left, judgments.right, outcome, 60, judgments.annotator)
        fitted = fit_crowd(judgments, prior=Prior(0.0, 0.4)).strengths
        named.append({suspect.annotator for suspect in random_looking(judgments, fitted)})
    assert sum({0, 1} <= who for who in named) >= 8
    assert not any(who - {0, 1} for who in named)


def test_a_copier_is_named_with_whom_and_nobody_else():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        scores = rng.normal(size=40)
        pairs = np.array([rng.choice(40, 2, replace=False) for _ in range(80)])
        people = 8
        outcome = rng.random((people, 80)) > 1 / (1 + np.exp(scores[pairs[:, 1]] - scores[pairs[:, 0]]))
        outcome[5] = np.where(rng.random(80) < 0.95, outcome[2], outcome[5])
        swap = rng.random((people, 80)) < 0.5
        left, right = np.where(swap, pairs[:, 1], pairs[:, 0]), np.where(swap, pairs[:, 0], pairs[:, 1])
        judgments = Judgments(
            left.ravel(), right.ravel(), (outcome ^ swap).astype(int).ravel(), 40, np.repeat(np.arange(people), 80)
        )
        found = copying(judgments, Strengths(scores), np.arange(people * 80.0))
        assert [(suspect.annotator, suspect.other) for suspect in found] == [(5, 2)]


def test_fast_answers_are_flagged_by_the_clock_and_by_comparison():
    rng = np.random.default_rng(0)
    elapsed = np.exp(rng.normal(np.log(6000), 0.3, 300))
    elapsed[:5], elapsed[5], elapsed[6] = 900, np.nan, 250
    flags = fast_answers(elapsed, np.arange(300) % 6)
    assert flags[:5].all()
    assert flags[6]
    assert not flags[5]
    assert flags[7:].mean() < 0.02
