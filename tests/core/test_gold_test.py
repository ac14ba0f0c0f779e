"""Who answers gold at random is proposed soon, who is honest hardly ever, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from learning.core.quality.gold_test import BLOCK, HONEST, SOON, found_within, judge_gold, most_wrong

CHANCES = [1 / n_labels for n_labels in (2, 3, 4, 5, 6, 10, 77)]


@pytest.mark.parametrize("chance", CHANCES)
def test_of_two_hundred_people_who_guess_half_are_proposed_within_fourteen_questions(chance: float) -> None:
    rng = np.random.default_rng(3)
    found = [judge_gold(rng.random(BLOCK) < chance, chance).proposed_after for _ in range(200)]
    assert np.median([questions or BLOCK for questions in found]) <= SOON


@pytest.mark.parametrize("chance", CHANCES)
def test_honest_people_are_proposed_once_in_a_thousand(chance: float) -> None:
    alarms = found_within(most_wrong(chance), np.linspace(*HONEST, 101))[:, -1]
    assert alarms.mean() <= 0.001
    assert (np.diff(alarms) <= 0).all(), "the better a person, the seldomer"
    if chance < 0.5:
        assert alarms.max() <= 0.001, "nobody within the band, where guesses are seldom right"


def test_no_test_of_fourteen_questions_could_spare_everybody_with_two_labels() -> None:
    wrong = np.arange(SOON + 1)
    honest, guessing = binom.pmf(wrong, SOON, 1 - HONEST[0]), binom.pmf(wrong, SOON, 0.5)
    accused, left = 0.0, 0.001
    for most in wrong[::-1]:  # by Neyman and Pearson the best: the most wrong answers first
        share = min(1.0, left / honest[most])
        accused, left = accused + share * guessing[most], left - share * honest[most]
    assert accused < 0.5


def test_probabilities_are_those_of_trying() -> None:
    allowed = most_wrong(0.5)
    right = np.random.default_rng(0).random((20_000, 40)) < 0.7
    crossed = (~right).cumsum(axis=1) > allowed[:40]
    tried = crossed.cumsum(axis=1).astype(bool).mean(axis=0)
    assert np.abs(tried - found_within(allowed, 0.7)[:40]).max() < 0.012


def test_who_began_well_and_now_guesses_is_proposed_in_the_next_block() -> None:
    rng = np.random.default_rng(1)
    verdict = judge_gold([*[True] * BLOCK, *(rng.random(60) < 0.25).tolist()], chance=0.25)
    assert verdict.proposed_after is not None
    assert BLOCK < verdict.proposed_after <= BLOCK + 30
    assert verdict.wrong > verdict.wrong_allowed


def test_a_verdict_stands_whatever_is_answered_later() -> None:
    guessed = [False] * 6
    assert judge_gold(guessed, 0.25) == judge_gold([*guessed, *[True] * 500], 0.25)


@pytest.mark.parametrize(
    ("right", "questions", "wrong"), [([], 0, 0), ([True], 1, 0), ([False], 1, 1), ([False] * 2, 2, 2)]
)
def test_so_few_questions_propose_nobody(right: list[bool], questions: int, wrong: int) -> None:
    verdict = judge_gold(right, 1 / 77)
    assert (verdict.questions, verdict.wrong, verdict.is_proposed) == (questions, wrong, False)


def test_a_guess_that_is_mostly_right_proposes_nobody() -> None:
    assert not judge_gold([False] * BLOCK, 0.8).is_proposed


@pytest.mark.parametrize("chance", [0.0, 1.0, -0.5, float("nan")])
def test_a_chance_that_is_none_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="inside"):
        judge_gold([True], chance)
