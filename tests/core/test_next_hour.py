"""Where would the next hour pay? Relabels where answers are wrong, new answers where none is."""

import numpy as np
import pytest

from benchmarks.next_hour import came_to, expected, project_of
from learning.core.evaluation.answer_errors import AnswerErrors
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import weighted_sum
from learning.core.quality.next_hour import LabeledSoFar, NextHour, least_sure, next_hour
from learning.core.quality.suspected_errors import wrong_answers


def beliefs_of(own) -> dict[str, np.ndarray]:
    """Ten labels are given in turns; where that is not believed another one is, the others no more than the given."""
    rows = np.arange(len(own))
    given = rows % 10
    beliefs = np.tile(np.minimum(own, (1.0 - own) / 9)[:, None], 10)
    beliefs[rows, (given + 1 + rows // 10 % 9) % 10] += np.maximum(1.0 - 10 * own, 0.0)
    beliefs[rows, given] = own
    return {"beliefs": beliefs, "given_labels": given}


def project(rate: float = 0.1, **other) -> LabeledSoFar:
    own = np.concatenate((np.linspace(0.0, 0.05, 100), np.linspace(0.4, 1.0, 900)))
    given = {
        "errors": AnswerErrors(share(rate * 400, 400), None), "gain": Estimate(0.03, 0.01, 0.05, 200),
        "unsure": share(26, 40), "asked": np.arange(0, 400, 4), **beliefs_of(own), **other,
    }  # fmt: skip
    return LabeledSoFar(n_known=1000, n_new=800, n_labels=10, **given)


@pytest.mark.parametrize(("rate", "first"), [(0.0, "more"), (0.1, "relabels")])
def test_it_ranks_first_what_a_hundred_answers_made_most_right(rate, first):
    simulated = project_of("digits", None, rate, answers=500, held=250, new=400, seed=7)
    found, doubted, following = expected(simulated, 7)
    more, relabels = came_to(simulated, doubted, following)
    assert found.ranked()[0] == first == ("relabels" if relabels > more else "more")
    assert found.more.low <= more <= found.more.high + 10
    assert found.relabels.low - 10 <= relabels <= found.relabels.high + 10


def test_before_anything_is_measured_nothing_is_said():
    assert next_hour(project(errors=AnswerErrors(None, None))) == NextHour(None, None, None)
    found = next_hour(project(gain=None))
    assert (found.more, found.relabels is None, found.second_opinions is None) == (None, False, False)


def test_what_was_seen_counts_for_more_than_what_is_believed():
    believed = next_hour(project()).relabels
    assert next_hour(project(doubts_decided=40, doubts_right=4)).relabels.value < believed.value / 2
    assert next_hour(project(doubts_decided=4, doubts_right=0)).relabels == believed, "four are too few"
    opinions = [next_hour(project(given=50, contradicted=n)).second_opinions.value for n in (5, 15, 25)]
    assert opinions == sorted(opinions)
    assert opinions[0] < 2 < opinions[2]


def test_no_more_is_mended_than_people_get_wrong():
    found = next_hour(project(rate=0.01, gain=None, **beliefs_of(np.full(1000, 0.99)))).relabels
    assert found.value < 0.05 * 100, "where one answer in a hundred is wrong, so is one of those looked at"


@pytest.mark.parametrize(("sharper", "rate"), [(0.3, 0.1), (2.0, 0.1), (0.5, 0.3)])
def test_how_many_of_the_first_answers_are_wrong_is_found_whatever_beliefs_are_drawn_to(sharper, rate):
    rng = np.random.default_rng(0)
    true = rng.dirichlet(np.full(4, 0.5), 4_000)
    labels = (np.cumsum(true, axis=1) < rng.random((4_000, 1))).sum(axis=1)
    is_wrong = rng.random(4_000) < rate
    given = np.where(is_wrong, (labels + rng.integers(1, 4, 4_000)) % 4, labels)
    beliefs = true**sharper / (true**sharper).sum(axis=1, keepdims=True)
    found = wrong_answers(beliefs, given, rate)
    first = np.argsort(-found)[:200]
    assert found.mean() == pytest.approx(rate, abs=0.02)
    assert found[first].mean() == pytest.approx(is_wrong[first].mean(), abs=0.07)
    assert wrong_answers(beliefs, given, 0.0).max() == 0.0


def test_where_most_are_wrong_fewer_are_asked_about_and_those_are_the_first():
    own = np.concatenate((np.full(50, 0.001), np.full(950, 0.991)))
    found = next_hour(project(rate=0.05, gain=None, **beliefs_of(own))).relabels
    # fifty wrong ones cost nearly two answers each and leave five for the others
    assert found.value == pytest.approx(50 * 0.95**2, abs=1.0)


def test_an_interval_of_a_sum_holds_what_was_drawn():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        first, second = rng.binomial(60, 0.3), rng.binomial(80, 0.1)
        found = weighted_sum((1.0, share(first, 60)), (-1.0, share(second, 80)))
        assert found.low < found.value < found.high
        held += found.low <= 0.2 <= found.high
    assert held >= 0.94 * 400


def test_the_least_sure_are_those_with_the_smallest_lead():
    lead = np.linspace(0.0, 0.9, 50)
    probabilities = np.stack((0.5 + lead / 2, 0.5 - lead / 2), axis=1)
    assert least_sure(probabilities, lead > 0.2, 10_000).n == 20
    assert least_sure(probabilities, lead > 0.2, 200).n == 25
    assert least_sure(probabilities[:0], lead[:0] > 0, 200) is None
