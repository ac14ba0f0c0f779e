"""Planted wrong answers are named first, none vouches for itself, and too little to judge by says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from learning.core.forms import Kind
from learning.core.learners import one_hot
from learning.core.quality import suspected_errors as module
from learning.core.quality.suspected_errors import NEIGHBOURS, Suspicion, suspected_errors

N = 400


def clouds(n_labels: int = 4, n: int = N, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features that tell the label, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_labels, size=n)
    features = 3 * np.eye(n_labels, 8)[labels] + rng.normal(size=(n, 8))
    return features.astype(np.float32), labels


def planted(labels: np.ndarray, n_labels: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """One answer in ten turned into another label, and which."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(labels)) < 0.1
    given = np.where(wrong, (labels + rng.integers(1, n_labels, size=len(labels))) % n_labels, labels)
    return given, wrong


def found_in(
    features: np.ndarray, targets: np.ndarray, groups: np.ndarray | None = None, kind: Kind = "classification"
) -> Suspicion:
    groups = np.arange(len(features)) if groups is None else groups
    found = suspected_errors(features, targets, groups, kind, np.random.default_rng(0))
    assert found is not None
    return found


@pytest.mark.parametrize("n_labels", [2, 4, 8])
def test_planted_errors_are_named_first_with_what_is_right(n_labels: int) -> None:
    features, labels = clouds(n_labels)
    given, wrong = planted(labels, n_labels)
    found = found_in(features, one_hot(given, n_labels))
    first = found.rows[: N // 20]
    assert wrong[first].mean() >= 0.9
    assert (found.label[: N // 20] == labels[first]).mean() >= 0.9
    assert (np.diff(found.belief) >= 0).all()
    assert len(set(found.rows.tolist())) == len(found.rows)


def test_of_several_labels_the_wrong_one_is_named_whether_it_was_given_or_left_out() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random((N, 3)) < 0.4).astype(float)
    features = (3 * truth @ np.eye(3, 8) + rng.normal(size=(N, 8)) * 0.5).astype(np.float32)
    given, changed = truth.copy(), rng.choice(N, 20, replace=False)
    of_label = rng.integers(3, size=20)
    given[changed, of_label] = 1 - given[changed, of_label]
    found = found_in(features, given, kind="multilabel")
    first = {int(row): int(label) for row, label in zip(found.rows[:20], found.label[:20], strict=True)}
    named = [first.get(int(row)) == label for row, label in zip(changed, of_label, strict=True)]
    assert np.mean(named) >= 0.9


def test_a_copy_of_the_same_group_does_not_vouch_for_a_wrong_answer() -> None:
    features, labels = clouds(2)
    given = labels.copy()
    given[:6] = 1 - labels[0]
    features[:6] = features[0]
    apart, together = np.arange(N), np.concatenate((np.zeros(6, dtype=np.int64), np.arange(1, N - 5)))
    vouched, alone = (found_in(features, one_hot(given, 2), groups) for groups in (apart, together))
    of_copy = [found.belief[found.rows == 0][0] for found in (vouched, alone)]
    assert of_copy[1] < 0.2 < of_copy[0]
    assert not np.isin(alone.neighbours[alone.rows == 0], np.arange(6)).any()


def test_where_people_are_split_evenly_nobody_is_wrong() -> None:
    features, labels = clouds(2)
    targets = one_hot(labels, 2)
    targets[7] = [0.5, 0.5]
    assert 7 not in found_in(features, targets).rows


def test_rows_beyond_those_learned_are_judged_by_a_model_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_LEARNED", 150)
    features, labels = clouds(4)
    given, wrong = planted(labels, 4)
    found = found_in(features, one_hot(given, 4))
    assert len(found.rows) == N
    assert wrong[found.rows[: N // 20]].mean() >= 0.9


def test_the_same_answers_give_the_same_order() -> None:
    features, labels = clouds(3)
    given, _ = planted(labels, 3)
    one, other = (found_in(features, one_hot(given, 3)) for _ in range(2))
    assert (one.rows == other.rows).all()
    assert (one.belief == other.belief).all()


@pytest.mark.parametrize("labels", [[0] * 40, [0, 1] * 5, []])
def test_too_little_to_judge_by_says_nothing(labels: list[int]) -> None:
    features = np.ones((len(labels), 2), dtype=np.float32)
    targets = one_hot(np.array(labels, dtype=np.int64), 2)
    assert (
        suspected_errors(features, targets, np.arange(len(labels)), "classification", np.random.default_rng(0)) is None
    )


def test_a_label_given_once_is_neither_doubted_nor_an_error() -> None:
    features, labels = clouds(2)
    targets = np.column_stack((one_hot(labels, 2), np.zeros(N)))
    targets[5] = [0.0, 0.0, 1.0]
    found = found_in(features, targets)
    assert 5 not in found.rows[:20]
    assert np.isfinite(found.belief).all()


def test_where_a_group_leaves_fewer_neighbours_the_rest_is_empty() -> None:
    features, labels = clouds(2, 24)
    groups = np.where(np.arange(24) < 20, 0, np.arange(24))
    found = suspected_errors(features, one_hot(labels, 2), groups, "classification", np.random.default_rng(0))
    assert found is None or (found.neighbours[:, NEIGHBOURS - 1] == -1).any()
