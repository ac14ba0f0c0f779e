"""How often people err is measured, and a queue leans towards random by as much as was measured."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core import cycle
from learning.core.evaluation.answer_errors import AnswerErrors, errors_by_pairs, measure_errors
from learning.core.evaluation.objectives import OBJECTIVES, make_objective
from learning.core.learners import one_hot
from learning.core.simulated_people import Crowd, make_people
from learning.core.simulation import Bench, simulate

NOBODY = np.full(0, np.nan)


@pytest.mark.parametrize("n_labels", [2, 5, 77])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_the_rate_of_errors_is_the_one_at_which_two_people_agree_so_often(n_labels: int, rate: float) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(n_labels, size=200_000)
    people = make_people("uniform", Crowd(truth, np.full((truth.size, n_labels), 1.0 / n_labels), rate, 2), seed=0)
    rows = np.arange(truth.size)
    agreed = people.give(rows).labels == people.give(rows, turn=1).labels
    found = errors_by_pairs(agreed.astype(float), n_labels)
    assert found.value == pytest.approx(rate, abs=0.02)
    assert found.low < found.value < found.high


def test_people_who_agree_no_more_than_by_chance_err_as_whoever_clicks() -> None:
    assert errors_by_pairs(np.zeros(40), 2).value == pytest.approx(0.5)
    assert errors_by_pairs(np.array([1.0, 0.0, 0.0, 0.0]), 4).value == pytest.approx(0.75)


def test_of_several_answers_an_item_the_error_of_the_majority_counts() -> None:
    agreed = np.array([1.0] * 68 + [0.0] * 32)  # two answers of which one in five is wrong
    one, two, three = (errors_by_pairs(agreed, 2, overlap).value for overlap in (1, 2, 3))
    assert one == pytest.approx(0.2)
    assert two == pytest.approx(0.2)  # a tie is half an error
    assert three == pytest.approx(0.2**3 + 3 * 0.2**2 * 0.8)


def test_only_answers_the_model_is_surest_about_speak_of_people() -> None:
    """Of doubtful items nobody can say whether the model or the person is wrong: they do not count."""
    probabilities = np.float32([[0.99, 0.01]] * 20 + [[0.51, 0.49]] * 40)
    answers = one_hot(np.repeat([0, 1], [20, 40]), 2)
    decided = probabilities.argmax(axis=1)
    found = measure_errors(probabilities, answers, decided, NOBODY, 40)
    assert found.surest is not None
    assert (found.surest.value, found.surest.n, found.leaning) == (0.0, 20, 0.0)
    answers[:8] = [0.0, 1.0]
    found = measure_errors(probabilities, answers, decided, NOBODY, 40)
    assert found.surest is not None
    assert found.surest.value == pytest.approx(0.4)
    assert found.leaning > 0.4


def test_a_model_that_hardly_knows_the_labels_says_nothing_of_people() -> None:
    sure = np.tile(np.float32([0.9, 0.1]), (30, 1))
    wrong = one_hot(np.ones(30, int), 2)
    few, enough = (measure_errors(sure, wrong, np.zeros(30, int), NOBODY, n) for n in (39, 40))
    assert few.surest is None
    assert (few.leaning, enough.leaning) == (0.0, 1.0)


def test_nothing_measured_is_no_leaning_and_more_errors_are_more() -> None:
    assert AnswerErrors(None, None).leaning == 0.0
    leanings = [AnswerErrors(errors_by_pairs(np.repeat([1.0, 0.0], [40 - n, n]), 2), None).leaning for n in range(21)]
    assert leanings[0] == 0.0
    assert (np.diff(leanings) >= 0).all()
    assert leanings[12] > 0.25
    assert max(leanings) <= 1.0


def test_few_answers_make_a_queue_lean_less_than_many_that_say_the_same() -> None:
    few, many = (AnswerErrors(errors_by_pairs(np.repeat([1.0, 0.0], [2 * n, n]), 2), None) for n in (2, 40))
    assert 0 < few.leaning < many.leaning


def test_only_where_disagreement_is_error_a_queue_leans() -> None:
    assert {name for name in OBJECTIVES.names() if make_objective(name).disagreement_is_error} == {"classification"}


@pytest.mark.parametrize(("rate", "least", "most"), [(0.0, 0.0, 0.05), (0.3, 0.25, 1.0)])
def test_a_simulated_queue_leans_where_people_err(
    rate: float, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 3)).astype(np.float32)
    truth = (features[:, 0] > 0).astype(int)
    bench = Bench(features, one_hot(truth, 2), features, one_hot(truth, 2))
    people = make_people("uniform", Crowd(truth, np.full((600, 2), 0.5), rate, 5), seed=0)
    measured: list[float] = []
    leaning = AnswerErrors.leaning.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(
        AnswerErrors, "leaning", property(lambda errors: measured.append(leaning(errors)) or measured[-1])
    )
    settings = cycle.Settings("classification", 2, learner="logistic", batch=40)
    curve = simulate(bench, settings, seed=0, budget=200, people=people, eval_share=0.1)
    assert (len(measured), measured[0]) == (5, 0.0), "nothing is known before the first answer"
    assert least <= measured[-1] <= most
    assert len(set(curve.rows)) == 200
