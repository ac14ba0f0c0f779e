"""Second opinions in the benchmark: what they cost and what they mend."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.second_opinions import with_second_opinions
from learning.core.simulated_people import Crowd, make_people

N = 2_000


def made(rate: float = 0.3):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=N)
    people = make_people("uniform", Crowd(truth, np.full((N, 2), 0.5), rate, 5), seed=0)
    beliefs = np.full((N, 2), 0.2)
    beliefs[np.arange(N), truth] = 0.8
    return truth, people, beliefs


def test_they_are_spent_where_the_model_contradicts_and_mend_what_was_wrong() -> None:
    truth, people, beliefs = made()
    rows = np.arange(N)
    first = people.give(rows).labels
    labels, spent = with_second_opinions(rows, beliefs, people, 800)
    assert spent == 800
    changed = labels != first
    assert (first[changed] != truth[changed]).all()
    assert (labels != truth).mean() < 0.8 * (first != truth).mean()


@pytest.mark.parametrize("answers", [0, 1, 7])
def test_no_more_is_spent_than_there_is(answers: int) -> None:
    _, people, beliefs = made()
    labels, spent = with_second_opinions(np.arange(N), beliefs, people, answers)
    assert spent == answers
    assert (labels != people.give(np.arange(N)).labels).sum() <= answers


def test_people_who_never_err_are_not_overruled() -> None:
    truth, people, _ = made(0.0)
    against = np.full((N, 2), 0.9)
    against[np.arange(N), truth] = 0.1
    labels, spent = with_second_opinions(np.arange(N), against, people, N)
    assert (labels == truth).all()
    assert spent == N
