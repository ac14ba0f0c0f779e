"""Answers of people who err far more than the others weigh less; where all are alike nothing changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.core import cycle
from learning.core.learners import one_hot
from learning.core.person_weights import LEAST_ANSWERS, NOBODY, Contradictions, person_weights
from learning.core.simulated_people import Crowd, make_people

Answered = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def answered(noise: str, rate: float, n: int = 300, seed: int = 0) -> Answered:
    """Features that tell the label, what was said of it, by whom, and the truth."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 4)).astype(np.float32)
    truth = (features[:, 0] + 0.1 * rng.normal(size=n) > 0).astype(int)
    people = make_people(noise, Crowd(truth, np.full((n, 2), 0.5), rate, 5), seed)
    given = people.give(np.arange(n))
    return features, one_hot(given.labels, 2), given.people, truth


def weights_of(found: Answered, people: np.ndarray | None = None) -> np.ndarray | None:
    features, targets, given, _ = found
    return person_weights(features, targets, given if people is None else people, None, np.random.default_rng(0))


def test_who_clicks_at_random_weighs_little_and_nobody_else_less_than_one() -> None:
    found = answered("one_bad", 0.15)
    weights = weights_of(found)
    assert weights is not None
    assert weights[found[2] == 0].max() < 0.3
    assert (weights[found[2] != 0] == 1.0).all()


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_where_all_are_alike_nobody_is_weighed(rate: float) -> None:
    alarms = [weights_of(answered("uniform", rate, seed=seed)) is not None for seed in range(30)]
    assert sum(alarms) <= 4  # 3 in 100 are allowed


def test_a_weighed_model_comes_nearer_to_the_truth_and_says_so() -> None:
    settings = cycle.Settings("classification", 2, learner="logistic")
    gains = []
    for seed in range(12):
        features, targets, people, truth = answered("one_bad", 0.2, n=800, seed=seed)
        answers = cycle.Answers(features[:240], targets[:240])
        plain = cycle.fit_model(answers, settings, np.random.default_rng(0))
        weighed = cycle.fit_model(replace(answers, people=people[:240]), settings, np.random.default_rng(0))
        assert plain is not None
        assert weighed is not None
        assert "weigh less" not in plain.facts["reason"]
        if "weigh less" in weighed.facts["reason"]:
            rest = np.arange(560)
            told = [model.predict(features[240:])[rest, truth[240:]].mean() for model in (plain, weighed)]
            gains.append(told[1] - told[0])
    assert len(gains) > 6
    assert np.mean(gains) > 0.02


@pytest.mark.parametrize("kind", ["classification", "multilabel", "ordinal"])
def test_where_nobody_is_worse_the_model_is_the_same_bytes(kind: str) -> None:
    features, targets, people, _ = answered("uniform", 0.0, n=200)
    settings = cycle.Settings(kind, 2)
    answers = cycle.Answers(features, targets)
    models = [
        cycle.fit_model(each, settings, np.random.default_rng(0), features)
        for each in (answers, replace(answers, people=people))
    ]
    assert models[0].dump() == models[1].dump()  # type: ignore[union-attr]


def test_weights_that_are_given_are_times_those_of_people() -> None:
    features, targets, people, _ = answered("one_bad", 0.2)
    settings = cycle.Settings("classification", 2, learner="logistic")
    answers = cycle.Answers(features, targets, people=people)
    ones = np.ones(len(features))
    alone, beside, halved = (
        cycle.fit_model(each, settings, np.random.default_rng(0))
        for each in (answers, replace(answers, weights=ones), replace(answers, weights=np.where(people, 0.5, ones)))
    )
    assert alone.dump() == beside.dump() != halved.dump()  # type: ignore[union-attr]


def test_what_several_people_came_to_keeps_its_weight() -> None:
    found = answered("one_bad", 0.15)
    people = found[2].copy()
    people[::2] = NOBODY
    weights = weights_of(found, people)
    assert weights is None or (weights[::2] == 1.0).all()
    assert weights_of(found, np.full(300, NOBODY)) is None
    assert weights_of(found, np.zeros(300, int)) is None


def test_few_answers_speak_against_nobody() -> None:
    few = Contradictions(LEAST_ANSWERS - 1, LEAST_ANSWERS - 1, 0, 200)
    assert not few.is_worse(5)
    assert Contradictions(LEAST_ANSWERS, LEAST_ANSWERS, 0, 200).is_worse(5)
    assert not Contradictions(6, 40, 30, 200).is_worse(5)
    assert not Contradictions(40, 40, 0, 0).is_worse(1)


def test_among_many_people_it_takes_more_to_be_called_worse() -> None:
    shown = Contradictions(16, 40, 40, 200)
    assert shown.is_worse(2)
    assert not shown.is_worse(50)
