"""Ask again or ask new: whom it asks about, how often, with what chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.core.aggregation import votes_of
from learning.core.cycle import Answers, Settings, fit_model
from learning.core.learners import one_hot
from learning.core.second_opinions import RULES, KnownItems, SecondOpinions, Shown, ask_again
from learning.core.second_opinions.doubt import doubt
from learning.core.second_opinions.rules import LikelyWrong
from learning.core.second_opinions.wrong import WAYS, explain, wrong_label
from learning.core.simulated_answers import AskedSoFar
from learning.core.simulated_asking import believed
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
        found = ask_again(SecondOpinions(0.6, rule="doubt"), known, 1, rng, temperature)
        counted[found.numbers] += 1
        said[found.numbers] = found.propensities
    seen = said > 0
    assert np.abs(counted / 2_000 - said)[seen].max() < 0.035
    assert said[2] == said.max()
    assert said.sum() == pytest.approx(0.6, abs=0.02)


def test_the_share_is_the_chance_of_every_question_until_as_many_are_asked_as_are_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of twenty items are likely wrong, so each of the next questions is one of them with a chance of .1.

    What is recorded holds given the questions before it, though all in all fewer than two of twenty are asked again.
    """
    beliefs = np.repeat([[0.9, 0.1], [0.05, 0.95]], [18, 2], axis=0)
    known = KnownItems(np.repeat([[1.0, 0.0]], 20, axis=0), beliefs, 0.1, Shown(40, 0))
    weighed = LikelyWrong().weigh(known, 20, 0.5)
    monkeypatch.setattr(LikelyWrong, "weigh", lambda *_: weighed)
    rng, coins = np.random.default_rng(0), np.random.default_rng(1)
    asked = [ask_again(SecondOpinions(0.5), known, 20, rng) for _ in range(400)]
    tossed = np.minimum((coins.random((20_000, 20)) < 0.1).sum(axis=1), 2)
    counts = np.bincount([found.numbers.size for found in asked], minlength=3)
    assert counts / 400 == pytest.approx(np.bincount(tossed) / 20_000, abs=0.08)
    assert counts.size == 3
    # the first of them has its rank's chance among all, times that of the coin: 1, 1/16, 1/81 ... of their sum
    ranks = np.arange(1, 21) ** -4.0
    said = {round(float(found.propensities[0]), 6) for found in asked if found.numbers.size}
    assert said <= {round(0.1 * float(each / ranks.sum()), 6) for each in ranks}


def test_an_item_gets_no_more_answers_than_it_may() -> None:
    votes = np.array([[3.0, 0.0], [2.0, 1.0], [1.0, 1.0], *[[3.0, 0.0]] * 7])
    known = KnownItems(votes, np.full((10, 2), 0.5), 0.1)
    asked = [ask_again(SecondOpinions(0.9), known, 20, np.random.default_rng(seed)) for seed in range(20)]
    assert {number for each in asked for number in each.numbers.tolist()} == {2}


@pytest.mark.parametrize(
    ("n_labels", "several", "n", "asks"),
    [(2, False, 9, False), (2, False, 10, True), (20, False, 99, False), (20, False, 100, True),
     (20, True, 9, False), (20, True, 10, True)],
)  # fmt: skip
def test_only_new_items_are_asked_about_until_labels_have_five_each(
    n_labels: int, several: bool, n: int, asks: bool
) -> None:
    """Of the labels somebody gave; where each label is a question of its own there are two answers to it."""
    votes = one_hot(np.arange(n) % n_labels, n_labels + 1)
    known = KnownItems(votes, np.full(votes.shape, 0.5 if several else 1.0 / (n_labels + 1)), 0.1)
    known = replace(known, answers=np.ones(n)) if several else known
    for rule in ("likely_wrong", "chance"):
        share, at_most = RULES.make(rule).weigh(known, 20, 0.5).among(np.arange(n), 20)
        assert (share > 0) is asks, rule
        assert at_most > 0
        found = ask_again(SecondOpinions(0.5, rule=rule), known, 200, np.random.default_rng(0))
        assert (found.numbers.size > 0) is asks, rule


def test_nothing_is_asked_again_where_nothing_was_asked() -> None:
    found = ask_again(
        SecondOpinions(), KnownItems(np.zeros((0, 2)), np.zeros((0, 2)), 0.1), 20, np.random.default_rng(0)
    )
    assert found.numbers.size == 0


def test_how_many_are_asked_again_follows_what_they_have_shown() -> None:
    rule, votes = RULES.make("doubt"), one_hot([0, 1], 2)

    def share(*shown: int) -> float:
        return rule.weigh(KnownItems(votes, votes, 0.1, Shown(*shown)), 20, 0.3).share

    agreeing = [share(given, 0) for given in (0, 5, 20, 100)]
    assert agreeing == sorted(agreeing, reverse=True)
    assert agreeing[0] == 0.3
    assert agreeing[-1] < 0.005
    assert share(100, 30) == 0.3


@pytest.mark.parametrize(("errors", "way"), [("uniform", 0), ("hard", 2)])
def test_second_answers_tell_in_which_way_people_err_and_the_chances_of_wrong_labels_follow(
    errors: str, way: int
) -> None:
    """Of 400 items with two answers the way is found, and which labels are wrong."""
    rng = np.random.default_rng(0)
    beliefs = rng.dirichlet(np.full(5, 0.3), 400)
    truth = np.array([rng.choice(5, p=each) for each in beliefs])
    people = make_people(errors, Crowd(truth, beliefs, 0.2, 5), seed=1)
    first, second = (one_hot(people.give(np.arange(400), turn).labels, 5) for turn in (0, 1))
    said = 0.8 * beliefs + 0.2 / 5
    explained = [explain(first + second, said, each).told for each in WAYS]
    assert int(np.argmax(explained)) == way
    wrong = wrong_label(first, said)
    is_wrong = first.argmax(axis=1) != truth
    likeliest = np.argsort(-wrong)[:80]
    assert is_wrong[likeliest].mean() > 1.5 * is_wrong.mean()


def test_a_label_that_nothing_else_has_is_no_suspicion() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0, 1] * 15 + [2])
    answers = Answers(rng.normal(4.0 * one_hot(labels, 3), 1.0).astype(np.float32), one_hot(labels, 3))
    model = fit_model(answers, Settings("classification", 3), rng)
    assert model is not None
    found = believed(model, len(labels), 3)
    assert found[-1].tolist() == [1 / 3] * 3, "no model that did not learn it has met the label"
    assert found[:-1].max(axis=1).min() > 0.5


@pytest.mark.parametrize("wrong", [{"most_share": 1.0}, {"most_share": -0.1}, {"most_answers": 1}])
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


def replayed(rate: float, second: SecondOpinions | None, budget: int = 160, overlap: int = 1) -> Curve:
    bench, people = made(rate)
    settings = Settings("classification", 2)
    return simulate(bench, settings, seed=0, budget=budget, people=people, second=second, overlap=overlap)


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


def test_what_they_are_held_against_asks_everybody_about_all_or_about_known_items_alike() -> None:
    three = replayed(0.3, None, 60, overlap=3)
    assert three.items == (7, 14, 20)
    assert three.labels == (21, 42, 60)
    assert len(set(three.rows)) == 20
    beliefs = np.repeat([[0.9, 0.1], [0.05, 0.95]], [18, 2], axis=0)
    known = KnownItems(one_hot([0] * 20, 2), beliefs, 0.1, Shown(40, 0))
    alike, chosen = (RULES.make(rule).weigh(known, 20, 0.3) for rule in ("chance", "likely_wrong"))
    assert alike.among(np.arange(20), 20) == chosen.among(np.arange(20), 20) == (0.1, 2)
    assert not alike.worth.any()
    assert set(np.argsort(chosen.worth)[-2:]) == {18, 19}


def test_where_nobody_errs_they_stop() -> None:
    """About a dozen are asked before that is known."""
    found = replayed(0.0, SecondOpinions(), 200)
    again = np.subtract(found.labels, found.items)
    assert again[-1] <= 16
    assert again[-1] - again[len(again) // 2] <= 5
    assert found.wrong[-1] == 0


def test_active_lab_asks_again_while_a_known_item_scores_lower_than_what_is_new() -> None:
    """Three known items, one of them contradicted by the model; of the two next questions it is one."""
    known = KnownItems(
        one_hot([0, 0, 1], 2),
        np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8]]),
        0.1,
        by_person=votes_of([0, 1, 2], [0, 0, 0], [0, 0, 1], n_items=3, n_people=1, n_labels=2),
        new_beliefs=np.array([[0.7, 0.3], [0.6, 0.4]]),
    )
    found = RULES.make("active_lab").weigh(known, 2, 0.9)
    assert found.worth.argmax() == 1
    assert found.share == 0.5
    assert RULES.make("active_lab").weigh(known, 2, 0.3).share == 0.3
    with pytest.raises(ValueError, match="who gave which answer"):
        RULES.make("active_lab").weigh(replace(known, by_person=None), 2, 0.3)


def test_a_project_may_ask_again_by_active_lab() -> None:
    found = replayed(0.3, SecondOpinions(rule="active_lab"), 100)
    assert 70 <= found.items[-1] <= 100
    assert found.labels[-1] == 100


def test_who_answered_is_known_of_every_vote() -> None:
    bench, people = made(0.4)
    asked = AskedSoFar(bench.features, bench.targets, people, 3)
    asked.ask_new(np.arange(10, 30))
    asked.ask_again(np.array([3, 5]))
    asked.ask_new(np.arange(2))
    asked.ask_again(np.array([3, 21]))
    votes = asked.by_person()
    assert len(votes) == asked.n_answers == 26
    assert votes.people_per_item.tolist() == asked.counts.tolist()
    assert votes.summed(np.ones(len(votes))).tolist() == asked.votes.tolist()
