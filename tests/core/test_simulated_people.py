"""Simulated people: the errors they make are those that were ordered."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core import cycle
from learning.core.learners import one_hot
from learning.core.simulated_people import NOISE, Crowd, make_people, out_of_fold
from learning.core.simulation import Bench, simulate

N, K = 20_000, 4


def crowd(rate: float = 0.2, n_people: int = 5, seed: int = 0) -> Crowd:
    """Four labels, of which 0 and 1 are taken for each other; how sure a model is differs by item."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(K, size=N)
    sure = rng.random(N)
    beliefs = np.full((N, K), 0.01)
    beliefs[np.arange(N), np.where(truth < 2, 1 - truth, 5 - truth)] = 1.0 - sure
    beliefs[np.arange(N), truth] = sure
    return Crowd(truth, beliefs / beliefs.sum(axis=1, keepdims=True), rate, n_people)


@pytest.mark.parametrize("noise", list(NOISE))
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.2, 0.3])
def test_the_rate_is_that_of_all_answers(noise: str, rate: float) -> None:
    people = make_people(noise, crowd(rate), seed=1)
    assert people.error_rates.mean() == pytest.approx(rate, abs=0.01)
    first = people.give(np.arange(N))
    assert (first.labels != people.truth).mean() == pytest.approx(rate, abs=0.015)


@pytest.mark.parametrize("noise", list(NOISE))
def test_the_same_seed_gives_the_same_people_and_another_one_others(noise: str) -> None:
    rows = np.arange(500)
    one, same, other = (make_people(noise, crowd(), seed).give(rows) for seed in (3, 3, 4))
    assert (one.labels == same.labels).all()
    assert (one.people == same.people).all()
    assert (one.labels != other.labels).any()
    assert (one.people != other.people).any()


def test_an_answer_does_not_depend_on_what_else_is_asked() -> None:
    people = make_people("uniform", crowd(), seed=0)
    assert people.give(np.array([7])).labels == people.give(np.array([3, 7])).labels[1]


def test_everybody_gets_as_many_items_and_the_second_opinion_is_another_person_s() -> None:
    people = make_people("uniform", crowd(), seed=0)
    rows = np.arange(N)
    first, second = people.give(rows), people.give(rows, turn=1)
    assert (first.people != second.people).all()
    assert np.bincount(first.people).min() > N / 5 * 0.95
    wrong = [given.labels != people.truth for given in (first, second)]
    assert (wrong[0] & wrong[1]).mean() == pytest.approx(0.2**2, abs=0.01)
    with pytest.raises(ValueError, match="5 people give no answer number 6"):
        people.give(rows, turn=5)


def test_uniform_errors_are_any_label_and_confusable_ones_the_neighbour() -> None:
    of = {}
    for noise in ("uniform", "confusable"):
        people = make_people(noise, crowd(), seed=0)
        said = people.give(np.arange(N)).labels
        wrong = said != people.truth
        neighbour = np.where(people.truth < 2, 1 - people.truth, 5 - people.truth)
        of[noise] = (said[wrong] == neighbour[wrong]).mean()
    assert of["uniform"] == pytest.approx(1 / 3, abs=0.02)
    assert of["confusable"] > 0.9


def test_hard_errors_lie_on_the_hardest_items_where_a_coin_is_tossed() -> None:
    made = crowd()
    people = make_people("hard", made, seed=0)
    sureness = made.beliefs[np.arange(N), made.truth]
    wrong = (people.answers != people.truth).mean(axis=0)
    hardest, easiest = np.argsort(sureness)[: N // 20], np.argsort(-sureness)[: N // 20]
    assert wrong[hardest].mean() == pytest.approx(0.5, abs=0.03)
    assert wrong[easiest].mean() < 0.03


def test_one_bad_person_clicks_and_the_rest_err_little() -> None:
    rates = make_people("one_bad", crowd(), seed=0).error_rates
    assert rates[0] == pytest.approx(0.75, abs=0.02)
    assert rates[1:].max() < 0.08
    with pytest.raises(ValueError, match="too few for one_bad"):
        make_people("one_bad", crowd(n_people=1), seed=0)


def test_who_is_quick_errs_where_haste_is_the_cause_and_only_there() -> None:
    hasty, uniform = (make_people(noise, crowd(), seed=0) for noise in ("hasty", "uniform"))
    assert (np.diff(hasty.seconds) > 0).all()
    assert (np.diff(hasty.error_rates) < 0).all()
    assert np.ptp(uniform.error_rates) < 0.02
    assert (hasty.seconds == uniform.seconds).all()
    given = hasty.give(np.arange(50))
    assert (given.seconds == hasty.seconds[given.people]).all()


def test_a_rate_at_which_answers_say_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 0.5\)"):
        make_people("uniform", crowd(0.5), seed=0)


def test_beliefs_are_those_of_a_model_that_did_not_see_the_row() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 40)).astype(np.float32)
    truth = rng.integers(2, size=300)  # nothing tells it: whoever has seen it is right far more often than by chance
    told = out_of_fold(features, truth, 2, rng)
    assert told.shape == (300, 2)
    assert np.allclose(told.sum(axis=1), 1.0, atol=1e-5)
    assert abs((told.argmax(axis=1) == truth).mean() - 0.5) < 0.12


def test_a_simulation_learns_from_what_people_said_and_is_measured_by_the_truth() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 2)).astype(np.float32)
    truth = (features[:, 0] > 0).astype(int)
    bench = Bench(features, one_hot(truth, 2), features, one_hot(truth, 2))
    settings = cycle.Settings("classification", 2, strategy="random", learner="logistic", batch=50)
    people = make_people("uniform", Crowd(truth, np.full((400, 2), 0.5), 0.4, 3), seed=0)
    clean, erring = (simulate(bench, settings, seed=0, budget=100, people=each) for each in (None, people))
    assert clean.wrong == (0, 0)
    assert clean.seconds == 0
    assert clean.rows == erring.rows
    given = people.give(np.array(erring.rows))
    assert erring.wrong[-1] == (given.labels != truth[list(erring.rows)]).sum() > 25
    assert erring.seconds == pytest.approx(given.seconds.sum())
    assert erring.scores[-1] < clean.scores[-1]
