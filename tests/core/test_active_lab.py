"""ActiveLab's scores: those of cleanlab 2.9, and what they are for."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.aggregation import votes_of
from learning.core.second_opinions.active_lab import active_lab, best_temperature
from tests.core.active_lab_cases import CASES, GOLDEN, new_beliefs
from tests.core.aggregation.crowds import beliefs, votes_in


@pytest.mark.parametrize("name", CASES)
def test_the_scores_are_those_of_cleanlab_at_the_temperature_it_came_to(name: str) -> None:
    golden, said = np.load(GOLDEN), CASES[name]
    assert str(golden["cleanlab"]) == "2.9.0"
    found = active_lab(votes_in(said), beliefs(said), new_beliefs(said), float(golden[f"{name} as it is temperature"]))
    np.testing.assert_allclose(found.known, golden[f"{name} as it is known"], atol=1e-9)
    np.testing.assert_allclose(found.new, golden[f"{name} as it is new"], atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_the_temperature_is_that_of_cleanlab_once_it_counts_labels_where_they_are(name: str) -> None:
    golden, said = np.load(GOLDEN), CASES[name]
    found = active_lab(votes_in(said), beliefs(said), new_beliefs(said))
    np.testing.assert_allclose(found.known, golden[f"{name} counted known"], atol=1e-9)
    np.testing.assert_allclose(found.new, golden[f"{name} counted new"], atol=1e-9)


def test_a_model_that_says_what_people_say_is_taken_as_it_is_and_one_that_boasts_is_flattened() -> None:
    rng = np.random.default_rng(0)
    chances = rng.uniform(0.1, 0.9, 3_000)
    votes = votes_of(
        np.arange(3_000), np.zeros(3_000), rng.random(3_000) < chances, n_items=3_000, n_people=1, n_labels=2
    )
    honest = np.stack((1 - chances, chances), axis=1)
    assert best_temperature(votes, honest) == pytest.approx(1.0, abs=0.1)
    boasting = honest**3 / (honest**3).sum(axis=1, keepdims=True)
    assert best_temperature(votes, boasting) == pytest.approx(3.0, abs=0.6)


def test_of_two_items_as_sure_the_one_with_fewer_answers_is_worth_more() -> None:
    said = np.array([[0, 0, -1], [1, 1, 1], [0, 1, -1], [1, 1, 0], [0, 0, 0], [1, -1, -1]])
    items, people = np.nonzero(said >= 0)
    votes = votes_of(items, people, said[items, people], n_items=6, n_people=3, n_labels=2)
    model = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.1, 0.9]])
    found = active_lab(votes, model, np.array([[0.5, 0.5]]), 1.0).known
    assert found[0] < found[4]
    assert found[5] < found[1]
    assert found[2] == found.min()


def test_an_item_nobody_answered_is_no_known_one() -> None:
    votes = votes_of([0], [0], [0], n_items=2, n_people=1, n_labels=2)
    with pytest.raises(ValueError, match="a known item has an answer"):
        active_lab(votes, np.full((2, 2), 0.5), np.full((1, 2), 0.5))
