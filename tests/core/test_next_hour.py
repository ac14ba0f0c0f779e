"""Where would the next hour pay? Relabels where answers are wrong, new answers where none is."""

import numpy as np
import pytest

from benchmarks.next_hour import came_to, expected, project_of
from learning.core.evaluation.answer_errors import AnswerErrors
from learning.core.evaluation.intervals import Estimate, share
from learning.core.evaluation.intervals_difference import weighted_sum
from learning.core.quality.next_hour import LabeledSoFar, NextHour, least_sure, next_hour


def project(rate: float = 0.1, **other) -> LabeledSoFar:
    beliefs = np.concatenate((np.linspace(0.0, 0.05, 100), np.linspace(0.4, 1.0, 900)))
    given = {
        "errors": AnswerErrors(share(rate * 400, 400), None), "gain": Estimate(0.03, 0.01, 0.05, 200),
        "unsure": share(26, 40), "beliefs": beliefs, "asked": np.arange(0, 400, 4), **other,
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
    beliefs = np.full(1000, 0.01)
    found = next_hour(project(rate=0.01, beliefs=beliefs, gain=None)).relabels
    assert found.value < 0.05 * 100, "where one answer in a hundred is wrong, so is one of those looked at"


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
