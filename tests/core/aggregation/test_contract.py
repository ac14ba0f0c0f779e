"""What every rule of consensus holds, whatever people said."""

from dataclasses import replace

import numpy as np
import pytest

from learning.core.aggregation import NO_LABEL, RULES, Aggregated, KnownTruth, Votes, gold_of, votes_of
from learning.core.aggregation.median import Median

NAMES = RULES.names()
NOMINAL = RULES.names_for("classification")


def votes_from(answers: str, n_labels: int = 2, n_items: int | None = None) -> Votes:
    """Rows of people, columns of items; a digit is a label, a dot is no answer."""
    rows = answers.split()
    said = np.array([[NO_LABEL if mark == "." else int(mark) for mark in row] for row in rows])
    people, items = np.indices(said.shape)
    return votes_of(
        items.ravel(), people.ravel(), said.ravel(),
        n_items=n_items or said.shape[1], n_people=len(rows), n_labels=n_labels,
    )  # fmt: skip


def known(votes: Votes, gold: dict[int, int] | None = None, beliefs: np.ndarray | None = None) -> KnownTruth:
    """Gold as given, or of an item beyond those that are looked at; a model that knows nothing."""
    given = gold or {}
    truth = gold_of(list(given), list(given.values()), votes.n_items)
    return KnownTruth(
        truth, np.full((votes.n_items, votes.n_labels), 1 / votes.n_labels) if beliefs is None else beliefs
    )


def found_by(name: str, votes: Votes, gold: dict[int, int] | None = None) -> Aggregated:
    return RULES.make(name).aggregate(votes, known(votes, gold))


def drawn(seed: int, n_items: int = 40, n_people: int = 7, n_labels: int = 3) -> list[np.ndarray]:
    """Items, people, labels and weights of a crowd with repeats, soft answers and items nobody answered."""
    rng = np.random.default_rng(seed)
    items = rng.integers(0, n_items - 3, 150)
    truth = rng.integers(0, n_labels, n_items)
    labels = np.where(rng.random(150) < 0.7, truth[items], rng.integers(0, n_labels, 150))
    return [items, rng.integers(0, n_people, 150), labels, rng.choice([0.1, 0.3, 0.7, 1.0], 150)]


SIZES = {"n_items": 40, "n_people": 7, "n_labels": 3}
GOLD = {0: 1, 3: 0, 5: 2, 8: 1}


@pytest.mark.parametrize("name", NOMINAL)
def test_what_all_say_who_answered_once_is_the_label(name):
    """Without a prior a single answer says nothing of its item (``findings/crowdkit-dawid-skene-newcomers.sh``)."""
    truth = np.repeat([0, 1], [15, 10])
    votes = votes_of(
        np.repeat(np.arange(25), 3), np.arange(75), np.repeat(truth, 3), n_items=25, n_people=75, n_labels=2
    )
    assert (found_by(name, votes, {0: 0, 20: 1}).labels == truth).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_no_bit(name):
    columns = drawn(0)
    straight = found_by(name, votes_of(*columns[:3], weights=columns[3], **SIZES), GOLD)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(150)
        items, people, labels, weights = (column[order] for column in columns)
        mixed = found_by(name, votes_of(items, people, labels, weights=weights, **SIZES), GOLD)
        assert mixed.posterior.tobytes() == straight.posterior.tobytes()
        assert mixed.labels.tobytes() == straight.labels.tobytes()


@pytest.mark.parametrize("name", NOMINAL)
@pytest.mark.parametrize("seed", range(3))
def test_names_of_people_items_and_labels_do_not_matter(name, seed):
    items, people, labels, weights = drawn(seed)
    rng = np.random.default_rng(seed)
    new_item, new_person, new_label = (rng.permutation(SIZES[key]) for key in ("n_items", "n_people", "n_labels"))
    straight = found_by(name, votes_of(items, people, labels, weights=weights, **SIZES), GOLD)
    gold = {int(new_item[item]): int(new_label[label]) for item, label in GOLD.items()}
    renamed = found_by(
        name, votes_of(new_item[items], new_person[people], new_label[labels], weights=weights, **SIZES), gold
    )
    np.testing.assert_allclose(renamed.posterior[new_item][:, new_label], straight.posterior, atol=1e-9)
    expected = np.where(straight.labels == NO_LABEL, NO_LABEL, new_label[straight.labels])
    assert renamed.labels[new_item].tolist() == expected.tolist()


@pytest.mark.parametrize("name", NOMINAL)
def test_two_people_who_contradict_each_other_everywhere_come_to_nothing(name):
    """Each label once by each of them: there is nothing to tell them apart, and no noise may."""
    found = found_by(name, votes_from("0101 1010"))
    assert found.labels.tolist() == [NO_LABEL] * 4
    assert found.tied.all()
    np.testing.assert_allclose(found.posterior, 0.5, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_an_item_nobody_answered_is_no_class_and_has_no_consensus(name):
    votes = votes_from("01. 01. 11.")
    found = found_by(name, votes)
    assert found.labels[2] == NO_LABEL
    assert not found.tied[2]
    assert found.posterior[2].tolist() == [0.0, 0.0]
    assert found.confidence[2] == 0.0
    fewer = found_by(name, votes_from("01 01 11"))
    assert found.labels[:2].tolist() == fewer.labels.tolist()
    np.testing.assert_allclose(found.posterior[:2], fewer.posterior, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_one_answer_an_item_is_its_consensus(name):
    found = found_by(name, votes_from("01..2 ..01.", n_labels=3))
    assert found.labels.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_a_person_with_one_answer_sways_nobody_else(name):
    with_one = found_by(name, votes_from("010011 010011 010010 ....01"), {0: 0, 1: 1})
    assert with_one.labels.tolist() == [0, 1, 0, 0, 1, 1]


@pytest.mark.parametrize("name", NAMES)
def test_a_label_nobody_gave_is_never_the_consensus_and_changes_none(name):
    answers = "01100110 01100111 01000110"
    seen, larger = (found_by(name, votes_from(answers, n_labels=k), {0: 0, 1: 1}) for k in (2, 6))
    assert larger.labels.tolist() == seen.labels.tolist() == [0, 1, 1, 0, 0, 1, 1, 0]
    assert (larger.posterior[:, 2:] < larger.posterior[:, :2].max(axis=1, keepdims=True)).all()


@pytest.mark.parametrize("name", NAMES)
def test_somebody_who_always_says_the_same_does_not_win_over_two_who_know(name):
    found = found_by(name, votes_from("0110100101 0110100101 1111111111"))
    assert found.labels.tolist() == [0, 1, 1, 0, 1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_hundreds_of_answers_to_an_item_neither_overflow_nor_vanish(name):
    """800 people, 500 of whom are right on both items: no likelihood is so small that it is lost."""
    said = np.repeat([[0, 1], [1, 0]], [500, 300], axis=0)
    people, items = np.indices(said.shape)
    votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=2, n_people=800, n_labels=2)
    found = found_by(name, votes)
    assert found.labels.tolist() == [0, 1]
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1.0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_posteriors_are_probabilities_without_nan(name, seed):
    items, people, labels, weights = drawn(seed)
    votes = votes_of(items, people, labels, weights=weights, **SIZES)
    found = found_by(name, votes, GOLD)
    assert np.isfinite(found.posterior).all()
    assert found.posterior.min() >= 0.0
    np.testing.assert_allclose(found.posterior.sum(axis=1), votes.answered, atol=1e-9)
    assert ((found.confidence > 0) == votes.answered).all()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_said_and_one_label_alone_are_no_errors(name):
    none = found_by(name, votes_of([], [], [], n_items=2, n_people=1, n_labels=2))
    assert none.labels.tolist() == [NO_LABEL] * 2
    alone = found_by(name, votes_from("00 0.", n_labels=1))
    assert alone.labels.tolist() == [0, 0]
    assert alone.posterior.tolist() == [[1.0], [1.0]]
    assert found_by(name, votes_of([], [], [], n_items=0, n_people=0, n_labels=2)).labels.tolist() == []


@pytest.mark.parametrize("name", NAMES)
def test_who_answers_repeatedly_has_one_vote(name):
    """Three times the one label by one person, once the other by two."""
    votes = votes_of([0] * 5, [0, 0, 0, 1, 2], [0, 0, 0, 1, 1], n_items=1, n_people=3, n_labels=2)
    assert found_by(name, votes).labels.tolist() == [1]


@pytest.mark.parametrize("name", NOMINAL)
def test_a_soft_answer_is_a_vote_in_parts(name):
    votes = votes_of(
        [0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], weights=[0.6, 0.4, 0.3, 0.7], n_items=1, n_people=2, n_labels=2
    )
    assert votes.people_per_item.tolist() == [2.0]
    assert found_by(name, votes).labels.tolist() == [1]
    np.testing.assert_allclose(found_by("majority", votes).posterior, [[0.45, 0.55]])


def test_a_repeat_with_another_answer_is_split_and_its_scale_does_not_matter():
    parts = votes_of([0, 0], [0, 0], [0, 1], n_items=1, n_people=1, n_labels=2)
    assert parts.weights.tolist() == [0.5, 0.5]
    scaled = votes_of([0, 0], [0, 0], [1, 0], weights=[30.0, 10.0], n_items=1, n_people=1, n_labels=2)
    assert scaled.weights.tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (([0], [0], [2]), "no label 2"),
        (([1], [0], [0]), "no item 1"),
        (([0], [-1], [0]), "no person -1"),
        (([0, 0], [0], [0]), "one length"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(columns, reason):
    with pytest.raises(ValueError, match=reason):
        votes_of(*columns, n_items=1, n_people=1, n_labels=2)
    with pytest.raises(ValueError, match="finite"):
        votes_of([0], [0], [0], weights=[np.nan], n_items=1, n_people=1, n_labels=2)


def test_the_median_lies_between_two_steps_where_people_are_split():
    votes = votes_from("0443 2424 ..24", n_labels=5)
    found = Median().aggregate(votes, known(votes))
    assert found.labels.tolist() == [NO_LABEL, 4, 2, 4]


def test_tied_rules_are_held_by_a_planted_fault():
    """A rule that takes the first of two tied labels does not pass what is asked above."""
    found = found_by("majority", votes_from("0101 1010"))
    first = replace(found, labels=found.posterior.argmax(axis=1))
    assert not first.tied.any()
    assert (
        first.loss(np.array([0, 1, 0, 1]), np.arange(4)).sum()
        == found.loss(np.array([0, 1, 0, 1]), np.arange(4)).sum()
        == 2.0
    )
