"""Each rule by hand, by a slow loop that follows the paper, and CROWDLAB by cleanlab."""

from itertools import pairwise

import numpy as np
import pytest

from learning.core.aggregation import NO_LABEL, KnownTruth, Votes, gold_of, votes_of
from learning.core.aggregation.crowdlab import Crowdlab
from learning.core.aggregation.dawid_skene import DawidSkene, OneCoin
from learning.core.aggregation.gold_weighted import GoldWeighted, gold_counts, usual_confusion
from learning.core.aggregation.mace import Mace
from learning.core.aggregation.multilabel import votes_by_label
from tests.core.aggregation.crowds import CASES, GOLDEN, ITEMS, LABELS, PEOPLE, beliefs, matrix, votes_in

STEPS = 7


def nothing_known(votes: Votes) -> KnownTruth:
    return KnownTruth(np.full(votes.n_items, NO_LABEL))


def start(said: np.ndarray) -> np.ndarray:
    return np.array([np.bincount(row[row >= 0], minlength=LABELS) / (row >= 0).sum() for row in said])


def slow_dawid_skene(said: np.ndarray, prior: float) -> np.ndarray:
    posterior = start(said)
    for _ in range(STEPS):
        confusion = np.zeros((PEOPLE, LABELS, LABELS))
        for person in range(PEOPLE):
            for true in range(LABELS):
                confusion[person, true] = prior * usual_confusion(LABELS, 0.7)[true]
                for item in range(ITEMS):
                    if said[item, person] >= 0:
                        confusion[person, true, said[item, person]] += posterior[item, true]
                confusion[person, true] /= confusion[person, true].sum()
        frequency = (posterior.sum(axis=0) + 1 / LABELS) / (ITEMS + 1)
        for item in range(ITEMS):
            for true in range(LABELS):
                posterior[item, true] = frequency[true]
                for person in range(PEOPLE):
                    if said[item, person] >= 0:
                        posterior[item, true] *= confusion[person, true, said[item, person]]
            posterior[item] /= posterior[item].sum()
    return posterior


def slow_one_coin(said: np.ndarray, prior: float) -> np.ndarray:
    posterior = start(said)
    for _ in range(STEPS):
        accuracy = np.zeros(PEOPLE)
        for person in range(PEOPLE):
            rows = np.flatnonzero(said[:, person] >= 0)
            right = sum(posterior[row, said[row, person]] for row in rows)
            accuracy[person] = (right + 0.7 * prior) / (len(rows) + prior)
        frequency = (posterior.sum(axis=0) + 1 / LABELS) / (ITEMS + 1)
        for item in range(ITEMS):
            for true in range(LABELS):
                posterior[item, true] = frequency[true]
                for person in np.flatnonzero(said[item] >= 0):
                    is_right = said[item, person] == true
                    posterior[item, true] *= accuracy[person] if is_right else (1 - accuracy[person]) / (LABELS - 1)
            posterior[item] /= posterior[item].sum()
    return posterior


def slow_mace(said: np.ndarray, prior: float) -> np.ndarray:
    posterior, knows, habit = start(said), np.full(PEOPLE, 0.5), np.full((PEOPLE, LABELS), 1 / LABELS)
    for _ in range(STEPS):
        counts, by_habit = np.zeros((PEOPLE, 2)), np.ones((PEOPLE, LABELS))
        for item in range(ITEMS):
            for person in np.flatnonzero(said[item] >= 0):
                label = said[item, person]
                copied = (1 - knows[person]) * habit[person, label]
                knew = posterior[item, label] * knows[person] / (knows[person] + copied)
                counts[person] += knew, 1 - knew
                by_habit[person, label] += 1 - knew
        knows = (counts[:, 0] + prior / 2) / (counts.sum(axis=1) + prior)
        habit = by_habit / by_habit.sum(axis=1, keepdims=True)
        for item in range(ITEMS):
            for true in range(LABELS):
                posterior[item, true] = 1.0
                for person in np.flatnonzero(said[item] >= 0):
                    label = said[item, person]
                    posterior[item, true] *= (
                        knows[person] * (label == true) + (1 - knows[person]) * habit[person, label]
                    )
            posterior[item] /= posterior[item].sum()
    return posterior


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("rule", "slow"), [(DawidSkene, slow_dawid_skene), (OneCoin, slow_one_coin), (Mace, slow_mace)]
)
def test_fast_and_slow_come_to_the_same(rule, slow, seed):
    votes = votes_in(matrix(seed))
    found = rule(prior_answers=1.5, steps=STEPS, tolerance=0.0).aggregate(votes, nothing_known(votes))
    np.testing.assert_allclose(found.posterior, slow(matrix(seed), 1.5), atol=1e-9)


def test_more_steps_make_the_answers_likelier():
    """Expectation maximisation never goes down: the log posterior of Dawid and Skene's model, priors included."""
    said = matrix(3)
    votes = votes_in(said)

    def likelihood(steps: int) -> float:
        posterior = DawidSkene(steps=steps, tolerance=0.0).aggregate(votes, nothing_known(votes)).posterior
        counts = np.zeros((PEOPLE, LABELS, LABELS)) + 2.0 * usual_confusion(LABELS, 0.7)
        for item, person, label in zip(votes.items, votes.people, votes.labels, strict=True):
            counts[person, :, label] += posterior[item]
        confusion = counts / counts.sum(axis=2, keepdims=True)
        frequency = (posterior.sum(axis=0) + 1 / LABELS) / (ITEMS + 1)
        joint = np.tile(np.log(frequency), (ITEMS, 1))
        for item, person, label in zip(votes.items, votes.people, votes.labels, strict=True):
            joint[item] += np.log(confusion[person, :, label])
        prior = (2.0 * usual_confusion(LABELS, 0.7) * np.log(confusion)).sum() + np.log(frequency).sum() / LABELS
        return float(np.logaddexp.reduce(joint, axis=1).sum() + prior)

    path = [likelihood(steps) for steps in range(1, 12)]
    assert all(after >= before - 1e-9 for before, after in pairwise(path))


# gold


def test_a_person_whose_gold_is_all_wrong_counts_against_what_is_said():
    """Nine right answers by one, nine wrong ones by the other; the tenth item they contradict each other on."""
    truth = np.tile([0, 1], 5)
    items, people = np.tile(range(10), 2), np.repeat([0, 1], 10)
    votes = votes_of(items, people, np.concatenate((truth, 1 - truth)), n_items=10, n_people=2, n_labels=2)
    gold = gold_of(range(9), truth[:9], 10)
    found = GoldWeighted().aggregate(votes, KnownTruth(gold))
    assert found.labels[9] == truth[9]
    assert found.confidence[9] > 0.9
    alone = votes.where(votes.people == 1)
    assert GoldWeighted().aggregate(alone, KnownTruth(gold)).labels[9] == truth[9]


def test_gold_that_contradicts_itself_is_no_gold():
    votes = votes_of([0, 1, 2], [0, 0, 0], [0, 1, 1], n_items=3, n_people=1, n_labels=2)
    gold = gold_of([0, 1, 1, 2], [0, 0, 1, 1], 3)
    assert gold.tolist() == [0, NO_LABEL, 1]
    assert gold_counts(votes, KnownTruth(gold)).tolist() == [[[1.0, 0.0], [0.0, 1.0]]]
    nothing = KnownTruth(gold_of([0, 0], [0, 1], 3))
    assert not GoldWeighted().fits(nothing)


def test_who_never_met_gold_counts_like_everybody():
    """Two people with equal gold and a third without: the third is weighed by what the two were like."""
    said = [0, 1, 0, 1, 0, 1, 0, 1]
    items, people = [*range(8), *range(8), 8, 8], [0] * 8 + [1] * 8 + [0, 2]
    votes = votes_of(items, people, [*said, *said, 0, 1], n_items=9, n_people=3, n_labels=2)
    gold = gold_of(range(8), said, 9)
    found = GoldWeighted().aggregate(votes, KnownTruth(gold))
    assert found.labels[8] == 0  # the other one was right eight times
    alone = [
        GoldWeighted().aggregate(votes.where((votes.items < 8) | (votes.people == person)), KnownTruth(gold))
        for person in (0, 2)
    ]
    assert 0.5 < alone[1].confidence[8] < alone[0].confidence[8]


# CROWDLAB


@pytest.mark.parametrize("name", CASES)
def test_crowdlab_is_that_of_cleanlab(name):
    said = matrix(*CASES[name])
    found = Crowdlab().aggregate(votes_in(said), KnownTruth(np.full(len(said), NO_LABEL), beliefs(said)))
    golden = np.load(GOLDEN)
    assert str(golden["cleanlab"]) == "2.9.0"
    assert found.labels.tolist() == golden[f"{name} labels"].tolist()
    np.testing.assert_allclose(found.confidence, golden[f"{name} quality"], atol=1e-9)


def test_a_model_that_said_nothing_of_an_item_has_no_vote_there():
    votes = votes_of([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [0, 0, 1, 1, 1], n_items=3, n_people=2, n_labels=2)
    beliefs = np.array([[0.9, 0.1], [0.2, 0.8], [0.0, 0.0]])
    found = Crowdlab().aggregate(votes, KnownTruth(np.full(3, NO_LABEL), beliefs))
    assert found.labels[2] == 1
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0)


# several labels


def test_each_of_several_labels_is_a_question_of_its_own():
    chosen = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=bool)
    by_label = votes_by_label([0, 0, 0], [0, 1, 2], chosen, n_items=2, n_people=3)
    found = [DawidSkene().aggregate(votes, nothing_known(votes)).labels.tolist() for votes in by_label]
    assert found == [[1, NO_LABEL], [1, NO_LABEL], [0, NO_LABEL]]
