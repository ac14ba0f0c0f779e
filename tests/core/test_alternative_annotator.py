"""The alternative-annotator test: by hand, by a slow second route, and how often it errs."""

import numpy as np
import pytest
from scipy import stats

from learning.core.quality.alternative_annotator import (
    LEAST_ITEMS,
    alternative_annotator,
    benjamini_yekutieli,
)


def crowd(rng, n, accuracies, labels=3):
    truth = rng.integers(0, labels, n)
    wrong = (truth[:, None] + rng.integers(1, labels, (n, len(accuracies)))) % labels
    right = rng.random((n, len(accuracies))) < np.asarray(accuracies)
    return truth, np.where(right, truth[:, None], wrong)


def test_by_hand():
    """36 items, three people; the machine says 0 always. Person 0 errs on the first twelve, where the machine is
    nearer to the others: W = 1 there for the machine and 0 for the person, both 1 on the others."""
    answers = np.zeros((36, 3), dtype=np.int64)
    answers[:12, 0] = 1
    found = alternative_annotator(np.zeros(36, dtype=np.int64), answers)
    first, second, third = found.people
    assert (first.machine, first.human) == (1.0, 24 / 36)
    assert first.lead.value == pytest.approx(1 / 3)
    d = np.array([-1.0] * 12 + [0.0] * 24)  # human minus machine
    t = (d.mean() - 0.1) / (d.std(ddof=1) / 6)
    assert first.p_value == pytest.approx(stats.t.cdf(t, 35))
    assert (second.machine, second.human, second.lead.value) == (1.0, 1.0, 0.0)
    one_against = np.array([0.0] * 36 + [1.0])
    t = (one_against.mean() - 0.1) / (one_against.std(ddof=1) / 37**0.5)
    assert second.p_value == third.p_value == pytest.approx(stats.t.cdf(t, 36))
    assert (found.winning_rate, found.passes) == (1.0, True)
    assert found.advantage == 1.0


def test_a_second_route_gives_the_same():
    """The definition, item by item, with answers missing here and there."""
    rng = np.random.default_rng(3)
    truth, answers = crowd(rng, 200, [0.7, 0.8, 0.6, 0.75])
    answers[rng.random(answers.shape) < 0.3] = -1
    said = np.where(rng.random(200) < 0.7, truth, (truth + 1) % 3)
    said[rng.random(200) < 0.1] = -1
    found = alternative_annotator(said, answers)
    for one in found.people:
        machine, human, differences = [], [], []
        for i in range(200):
            others = [answers[i, k] for k in range(4) if k != one.person and answers[i, k] >= 0]
            if said[i] < 0 or answers[i, one.person] < 0 or not others:
                continue
            of_machine = np.mean([said[i] == other for other in others])
            of_human = np.mean([answers[i, one.person] == other for other in others])
            machine.append(of_machine >= of_human)
            human.append(of_human >= of_machine)
            differences.append(float(human[-1]) - float(machine[-1]))
        assert (one.items, one.machine, one.human) == (len(machine), np.mean(machine), np.mean(human))
        assert one.p_value == pytest.approx(stats.ttest_1samp(differences, 0.1, alternative="less").pvalue)


@pytest.mark.parametrize(("people", "items"), [(2, 100), (3, LEAST_ITEMS - 1), (0, 50), (3, 0)])
def test_too_few_people_or_items_are_undecided(people, items):
    _, answers = crowd(np.random.default_rng(0), items, [0.8] * people)
    found = alternative_annotator(np.zeros(items, dtype=np.int64), answers)
    assert (found.passes, found.winning_rate, found.advantage) == (None, None, None)


def test_scales_count_how_far_apart_answers_are():
    """One step beside is nearer to the others than three steps: equal or not would call them alike."""
    answers = np.column_stack([np.full(60, 3), np.full(60, 3), np.tile([0, 6], 30)])
    said = np.full(60, 4)
    steps = -np.abs(np.arange(7)[:, None] - np.arange(7)).astype(float)
    third = alternative_annotator(said, answers, steps).people[2]
    assert (third.machine, third.human) == (1.0, 0.0)
    assert alternative_annotator(said, answers).people[2].human == 1.0


def passing(machine_accuracy, *, n, seeds, epsilon=0.1):
    passed = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        truth, answers = crowd(rng, n, [0.8] * 4)
        said = np.where(rng.random(n) < machine_accuracy, truth, (truth + rng.integers(1, 3, n)) % 3)
        passed += bool(alternative_annotator(said, answers, epsilon=epsilon).passes)
    return passed / seeds


def test_a_clone_of_people_passes_and_chance_does_not():
    assert passing(0.8, n=600, seeds=20) >= 0.9
    assert passing(1 / 3, n=600, seeds=20) == 0.0
    assert passing(0.95, n=100, seeds=20) >= 0.95


def test_one_person_s_test_errs_at_its_level():
    """A machine that is behind by exactly epsilon, the hypothesis at its edge: 5 % of the tests call it no worse."""
    rng = np.random.default_rng(11)
    rejected, tests, n = 0, 600, 60
    for _ in range(tests):
        nearer, farther, _ = rng.multinomial(n, [0.15, 0.25, 0.6])
        answers, said = np.zeros((n, 3), dtype=np.int64), np.zeros(n, dtype=np.int64)
        answers[:nearer, 0] = 1  # the person left the others, the machine did not
        said[nearer : nearer + farther] = 1
        rejected += alternative_annotator(said, answers).people[0].p_value <= 0.05
    assert abs(rejected / tests - 0.05) <= 3 * (0.05 * 0.95 / tests) ** 0.5


def test_false_discoveries_are_those_of_the_definition():
    rng = np.random.default_rng(5)
    for _ in range(200):
        p = rng.random(rng.integers(1, 8)) ** 3
        m = len(p)
        limits = [k * 0.05 / (m * sum(1 / i for i in range(1, m + 1))) for k in range(1, m + 1)]
        most = max((k for k in range(1, m + 1) if sorted(p)[k - 1] <= limits[k - 1]), default=0)
        assert benjamini_yekutieli(p, 0.05).sum() == most
        assert most == 0 or benjamini_yekutieli(p, 0.05)[np.argsort(p)[:most]].all()
    assert benjamini_yekutieli(np.zeros(0), 0.05).size == 0
