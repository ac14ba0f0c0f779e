"""Ask again or ask new: whom it asks about, how often, with what chance."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.cycle import Settings
from learning.core.learners import one_hot
from learning.core.second_opinions import KnownItems, SecondOpinions, Shown, ask_again
from learning.core.second_opinions.doubt import doubt
from learning.core.simulated_answers import AskedSoFar
from learning.core.simulated_people import Crowd, SimulatedPeople, make_people
from learning.core.simulation import Bench, Curve, simulate


def test_doubt_is_bayes_by_hand() -> None:
    """.3 * .2 * .2 and .7 * .8 * .8 for two answers against a model of .3; three labels share what is wrong."""
    found = doubt(np.array([[2.0, 0.0]]), np.array([[0.3, 0.7]]), 0.2)
    assert found[0] == pytest.approx(0.7 * 0.04 / (0.3 * 0.64 + 0.7 * 0.04))
    three = doubt(np.array([[1.0, 0.0, 0.0]]), np.array([[0.2, 0.3, 0.5]]), 0.2)
    assert three[0] == pytest.approx(1 - 0.16 / (0.16 + 0.03 + 0.05))


def test_doubt_falls_with_every_answer_that_agrees_and_rises_with_one_that_does_not() -> None:
    beliefs = np.array([[0.6, 0.4]])
    one, two, torn = (doubt(np.array([votes]), beliefs, 0.2)[0] for votes in ([1.0, 0.0], [2.0, 0.0], [1.0, 1.0]))
    assert two < one < torn


@pytest.mark.parametrize("temperature", [0.25, 1.0])
def test_a_propensity_is_how_often_the_next_question_is_that_item(temperature: float) -> None:
    """Of 2,000 next questions, asking about a new item included."""
    known = KnownItems(one_hot([0, 0, 0, 1], 2), np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.3, 0.7]]), 0.1)
    counted, said = np.zeros(4), np.zeros(4)
    rng = np.random.default_rng(0)
    for _ in range(2_000):
        found = ask_again(SecondOpinions(0.6), known, Shown(), 1, rng, temperature)
        counted[found.numbers] += 1
        said[found.numbers] = found.propensities
    seen = said > 0
    assert np.abs(counted / 2_000 - said)[seen].max() < 0.035
    assert said[2] == said.max()
    assert said.sum() == pytest.approx(0.6, abs=0.02)


def test_an_item_gets_no_more_answers_than_it_may() -> None:
    votes = np.array([[3.0, 0.0], [2.0, 1.0], [1.0, 1.0]])
    known = KnownItems(votes, np.full((3, 2), 0.5), 0.1)
    asked = [ask_again(SecondOpinions(0.9), known, Shown(), 20, np.random.default_rng(seed)) for seed in range(20)]
    assert {number for each in asked for number in each.numbers.tolist()} == {2}


def test_nothing_is_asked_again_where_nothing_was_asked() -> None:
    found = ask_again(
        SecondOpinions(), KnownItems(np.zeros((0, 2)), np.zeros((0, 2)), 0.1), Shown(), 20, np.random.default_rng(0)
    )
    assert found.numbers.size == 0


def test_how_many_are_asked_again_follows_what_they_have_shown() -> None:
    settings = SecondOpinions(most_share=0.3, worth=0.2)
    agreeing = [Shown(given, 0).share(settings) for given in (0, 5, 20, 100)]
    assert agreeing == sorted(agreeing, reverse=True)
    assert agreeing[0] == 0.3
    assert agreeing[-1] < 0.005
    assert Shown(100, 30).share(settings) == 0.3


@pytest.mark.parametrize("wrong", [{"most_share": 1.0}, {"most_share": -0.1}, {"most_answers": 1}, {"worth": 0.0}])
def test_settings_that_ask_nothing_new_or_nothing_again_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a share lies in"):
        SecondOpinions(**wrong)  # type: ignore[arg-type]


N = 400


def made(rate: float) -> tuple[Bench, SimulatedPeople]:
    """Two clouds that hardly touch, and five people who err alike."""
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=2 * N)
    x = (rng.normal(size=(2 * N, 4)) + 2.0 * truth[:, None]).astype(np.float32)
    y = one_hot(truth, 2)
    people = make_people("uniform", Crowd(truth[:N], np.full((N, 2), 0.5), rate, 5), seed=0)
    return Bench(x[:N], y[:N], x[N:], y[N:]), people


def replayed(rate: float, second: SecondOpinions | None, budget: int = 160) -> Curve:
    bench, people = made(rate)
    return simulate(bench, Settings("classification", 2), seed=0, budget=budget, people=people, second=second)


def test_the_further_answers_of_an_item_come_from_others_and_count_as_votes() -> None:
    bench, people = made(0.4)
    asked = AskedSoFar(bench.features, bench.targets, people, 3)
    asked.ask_new(np.arange(N))
    asked.ask_again(np.arange(N))
    asked.ask_again(np.arange(0, N, 2))
    assert asked.n_answers == 2 * N + N // 2
    assert asked.counts.tolist() == [3, 2] * (N // 2)
    first, second = (people.give(np.arange(N), turn) for turn in (0, 1))
    assert (first.people != second.people).all()
    assert asked.shown == Shown(N, int((first.labels != second.labels).sum()))
    shares = asked.answers().targets
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert set(np.unique(shares[1::2])) == {0.0, 0.5, 1.0}


def test_where_people_err_part_of_the_answers_are_second_ones_and_fewer_labels_are_wrong() -> None:
    """Of as many answers. Nobody is asked a fourth time about an item, and the budget is kept."""
    single, second = replayed(0.3, None), replayed(0.3, SecondOpinions())
    assert single.labels == second.labels
    assert single.items == single.labels
    assert 0.6 * 160 < second.items[-1] < 0.85 * 160
    assert len(set(second.rows)) == second.items[-1]
    assert second.wrong[-1] / second.items[-1] < 0.85 * single.wrong[-1] / single.items[-1]


def test_where_nobody_errs_they_stop() -> None:
    """About a dozen are asked before that is known."""
    found = replayed(0.0, SecondOpinions(), 200)
    again = np.subtract(found.labels, found.items)
    assert again[-1] <= 16
    assert again[-1] - again[len(again) // 2] <= 5
    assert found.wrong[-1] == 0
