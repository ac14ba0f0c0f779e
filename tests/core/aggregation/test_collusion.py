"""Who lies together is found by being few, of one mind, and wrong together; who is only alike is left alone."""

import numpy as np
import pytest

from learning.core.aggregation import NO_LABEL, KnownTruth, Votes, gold_of, votes_of
from learning.core.aggregation.collusion import gold_against, lying_together, of_one_mind, tendencies

ITEMS = 100


def votes_in(said: np.ndarray, n_labels: int = 2) -> Votes:
    people, items = np.indices(said.shape)
    return votes_of(
        items.ravel(), people.ravel(), said.ravel(), n_items=said.shape[1], n_people=len(said), n_labels=n_labels
    )


def honest(truth: np.ndarray, accuracies: np.ndarray, seed: int, n_labels: int = 2) -> np.ndarray:
    """Right as often as told, on hard items less, on easy ones more often; shape (people, items)."""
    rng = np.random.default_rng(seed)
    hardness = rng.uniform(-0.2, 0.2, len(truth))
    right = rng.random((len(accuracies), len(truth))) < accuracies[:, None] + hardness
    return np.where(right, truth, (truth + rng.integers(1, n_labels, right.shape)) % n_labels)


def with_liars(seed: int, n_labels: int = 2) -> tuple[np.ndarray, Votes]:
    """Twenty honest people, then eight who are right but say something else of the first fifth of the items."""
    truth = np.random.default_rng(seed).integers(0, n_labels, ITEMS)
    lie = np.where(np.arange(ITEMS) < ITEMS // 5, (truth + 1) % n_labels, truth)
    said = honest(truth, np.linspace(0.5, 0.85, 20), seed, n_labels)
    return truth, votes_in(np.concatenate((said, np.tile(lie, (8, 1)))), n_labels)


def asked(votes: Votes, truth: np.ndarray, n: int) -> KnownTruth:
    """Half of the gold at random, half where it tells most."""
    items = np.random.default_rng(0).choice(votes.n_items, n // 2, replace=False)
    known = KnownTruth(gold_of(items, truth[items], votes.n_items))
    there = gold_against(votes, of_one_mind(votes), known, n // 2)
    assert not np.isin(there, items).any()
    known.gold[there] = truth[there]
    return known


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_labels", [2, 4])
def test_liars_who_are_right_but_for_one_shared_lie_are_found_and_nobody_else(seed, n_labels):
    truth, votes = with_liars(seed, n_labels)
    groups = lying_together(votes, asked(votes, truth, 20))
    assert [group.people.tolist() for group in groups] == [[*range(20, 28)]]
    assert (groups[0].items < ITEMS // 5).all()


def test_without_gold_nobody_is_accused_however_well_they_agree():
    _, votes = with_liars(0)
    assert [group.tolist() for group in of_one_mind(votes)] == [[*range(20, 28)]]
    assert lying_together(votes, KnownTruth(np.full(ITEMS, NO_LABEL))) == ()


@pytest.mark.parametrize("seed", range(5))
def test_experts_agree_too_and_are_not_wrong_together(seed):
    truth = np.random.default_rng(seed).integers(0, 2, ITEMS)
    experts = np.full(6, 0.97)
    said = np.concatenate((honest(truth, np.linspace(0.5, 0.8, 20), seed), honest(truth, experts + 0.2, seed + 50)))
    votes = votes_in(said)
    assert [group.tolist() for group in of_one_mind(votes)] == [[*range(20, 26)]]
    assert lying_together(votes, asked(votes, truth, 30)) == ()
    assert lying_together(votes, KnownTruth(truth)) == ()


@pytest.mark.parametrize("seed", range(5))
def test_people_who_lean_to_the_same_label_are_of_their_own_minds(seed):
    """Six who say 1 nine times in ten, whatever is true: they agree in .82, and gold has them wrong alike."""
    truth = np.random.default_rng(seed).integers(0, 2, ITEMS)
    leaning = (np.random.default_rng(seed + 9).random((6, ITEMS)) < 0.9).astype(int)
    votes = votes_in(np.concatenate((honest(truth, np.linspace(0.55, 0.85, 20), seed), leaning)))
    found = tendencies(votes)
    assert (found[20:, 1] - found[20:, 0] > 1.0).all()
    assert of_one_mind(votes) == ()
    assert lying_together(votes, KnownTruth(truth)) == ()


def test_honest_people_are_left_alone():
    """Thirty people, ten times, all truth known: nobody is proposed."""
    for seed in range(10):
        truth = np.random.default_rng(seed).integers(0, 3, ITEMS)
        votes = votes_in(honest(truth, np.linspace(0.4, 0.95, 30), seed, 3), 3)
        assert lying_together(votes, KnownTruth(truth)) == ()


def test_half_of_all_people_are_not_few():
    """Who the liars are cannot be told from answers where they are the most: it is not said."""
    truth = np.random.default_rng(1).integers(0, 2, ITEMS)
    lie = np.where(np.arange(ITEMS) < 20, 1 - truth, truth)
    votes = votes_in(np.concatenate((honest(truth, np.full(6, 0.7), 1), np.tile(lie, (6, 1)))))
    assert of_one_mind(votes) == ()


@pytest.mark.parametrize("rows", [[], [[0, 1, 1]], [[0, 1, 1], [0, 1, 1]], [[0, 0, 0]] * 3])
def test_of_few_people_or_answers_nothing_is_said(rows):
    said = np.array(rows, dtype=np.int64).reshape(len(rows), 3 if rows else 0)
    assert of_one_mind(votes_in(said)) == ()


def test_names_and_order_change_no_group():
    truth, votes = with_liars(2)
    names, order = np.random.default_rng(3).permutation(28), np.random.default_rng(4).permutation(len(votes))
    mixed = votes_of(
        votes.items[order], names[votes.people[order]], votes.labels[order], n_items=ITEMS, n_people=28, n_labels=2
    )
    known = asked(votes, truth, 20)
    straight, renamed = lying_together(votes, known), lying_together(mixed, known)
    assert [sorted(names[group.people]) for group in straight] == [group.people.tolist() for group in renamed]
    assert renamed[0].log_odds == pytest.approx(straight[0].log_odds)


def test_gold_is_asked_where_the_group_contradicts_the_others():
    _, votes = with_liars(0)
    there = gold_against(votes, of_one_mind(votes), KnownTruth(np.full(ITEMS, NO_LABEL)), 12)
    others, ours = votes.where(votes.people < 20), votes.where(votes.people == 20)
    counts = others.summed(np.ones(len(others)))
    said = np.zeros(ITEMS, dtype=np.int64)
    said[ours.items] = ours.labels
    assert (counts.argmax(axis=1)[there] != said[there]).all()
    assert np.isin(there, np.arange(20)).sum() >= 6
    assert gold_against(votes, (), KnownTruth(np.full(ITEMS, NO_LABEL)), 12).tolist() == []
