"""What another family of models makes of rows that a strategy asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.core import cycle
from learning.core.learners import one_hot
from learning.core.simulated_people import Crowd, make_people
from learning.core.simulation import Bench
from learning.core.successors import MOST_FEATURES, MOST_LABELS, OTHERS, TFIDF, Texts, gains, successor_scores

WORDS = ("apple pear plum", "bolt nut screw")


def made(n_labels: int = 2) -> tuple[Bench, np.ndarray, Texts]:
    rng = np.random.default_rng(0)
    truth = rng.integers(n_labels, size=400)
    features = (one_hot(truth, n_labels) + rng.normal(scale=0.3, size=(400, n_labels))).astype(np.float32)
    texts = [f"{rng.choice(WORDS[label % 2].split())} {number}" for number, label in enumerate(truth)]
    targets = one_hot(truth, n_labels)
    bench = Bench(features[:300], targets[:300], features[300:], targets[300:])
    return bench, truth, Texts(texts[:300], texts[300:])


def test_each_family_learns_from_the_rows_and_texts_are_read_as_words() -> None:
    bench, _, texts = made()
    settings = cycle.Settings("classification", 2)
    found = successor_scores(bench, np.arange(250), settings, 0, texts=texts)
    assert list(found) == [*OTHERS, TFIDF]
    assert min(found.values()) > 0.9
    assert TFIDF not in successor_scores(bench, np.arange(250), settings, 0)


def test_what_people_got_wrong_is_what_they_learn() -> None:
    bench, truth, texts = made()
    people = make_people("uniform", Crowd(truth[:300], np.full((300, 2), 0.5), 0.45, 3), seed=0)
    settings = cycle.Settings("classification", 2)
    clean, erring = (successor_scores(bench, np.arange(250), settings, 0, each, texts) for each in (None, people))
    assert all(erring[name] < clean[name] - 0.2 for name in OTHERS)
    assert erring[TFIDF] <= clean[TFIDF]  # six words, each said forty times: a majority of each is right


def test_rows_that_teach_less_show_as_a_loss() -> None:
    """Rows of one label only beside rows of both."""
    bench, truth, texts = made()
    settings = cycle.Settings("classification", 2)
    one_label = np.flatnonzero(truth[:300] == 0)[:60]
    poor, good = (successor_scores(bench, rows, settings, 0, texts=texts) for rows in (one_label, np.arange(60)))
    found = gains([poor] * 5, [good] * 5)
    assert all(each.value < -0.2 for each in found.values())
    assert all(each.low < each.value < each.high for each in found.values())


def test_boosting_is_left_out_of_wide_features() -> None:
    bench, _, _ = made()
    wide = np.zeros((300, MOST_FEATURES["gradient_boosting"] + 1), np.float32)
    wide[:, :2] = bench.features
    wider = replace(bench, features=wide, held_out=wide[:100])
    assert list(successor_scores(wider, np.arange(60), cycle.Settings("classification", 2), 0)) == ["random_forest"]


@pytest.mark.parametrize("kind", ["classification", "ordinal"])
def test_families_are_those_of_the_kind_and_boosting_is_left_out_of_many_labels(kind: str) -> None:
    bench, _, _ = made(25)
    assert MOST_LABELS["gradient_boosting"] < 25
    assert list(successor_scores(bench, np.arange(100), cycle.Settings(kind, 25), 0)) == ["random_forest"]
