"""Populations for ``benchmarks/interval_coverage.py``: what two fitted models say of thousands of known rows.

A model is fitted once on a few hundred rows of an open set and a champion on half of them; all other rows are the
population that eval items are drawn from. Every measure of the population is known, so whether an interval holds it is
a matter of counting.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.label_sets import SETS, rows_of, some_rows, without_columns
from benchmarks.open_data import DATA
from learning.core import cycle
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.encoders import make_encoder
from learning.core.learners import one_hot

SEED = 7


class Source(NamedTuple):
    """How a population is made: ``n_learned`` answers, half of them for the champion."""

    load: Callable[[], tuple[FloatMatrix, DoubleArray]]
    n_learned: int
    objective: str = "classification"


def _of(name: str) -> Callable[[], tuple[FloatMatrix, DoubleArray]]:
    def load() -> tuple[FloatMatrix, DoubleArray]:
        features, labels = SETS[name].load()
        return features, one_hot(labels, int(labels.max()) + 1)

    return load


def mushroom() -> tuple[FloatMatrix, DoubleArray]:
    """Return 8,124 mushrooms and their odour, nine labels from 3,528 rows down to 36."""
    rows = rows_of("tab_mushroom", "mushroom.csv.gz")
    labels = np.unique([row["odor"] for row in rows], return_inverse=True)[1]
    return without_columns(rows, {"odor", "target"}), one_hot(labels, int(labels.max()) + 1)


def adult_facts() -> tuple[FloatMatrix, DoubleArray]:
    """Return 9,000 rows of the census and five things that hold of a person or do not: several labels an item."""
    rows = some_rows("tab_adult", "adult.csv.gz", 9_000)
    facts = [
        [
            row["target"].strip(" .") == ">50K",
            row["marital_status"].startswith("Married"),
            int(row["hours_per_week"]) > 40,
            int(row["education_num"]) >= 13,
            row["workclass"].startswith("Self"),
        ]
        for row in rows
    ]
    known = {"target", "split", "marital_status", "hours_per_week", "education", "education_num", "workclass"}
    return without_columns(rows, known | {"relationship", "fnlwgt"}), np.array(facts, dtype=np.float64)


def arguments() -> tuple[FloatMatrix, DoubleArray]:
    """Return pairs of arguments by the difference of their features, and which one most people find convincing."""
    texts = {row["id"]: row["text"] for row in rows_of("pair_ukp_convarg1", "items.csv.gz")}
    names = {name: number for number, name in enumerate(texts)}
    encoded = make_encoder("auto", "text").fit(list(texts.values()), np.random.default_rng(0))
    features = encoded.transform(list(texts.values()))
    balance: dict[tuple[int, int], int] = {}
    for row in rows_of("pair_ukp_convarg1", "judgments.csv.gz"):
        pair = names[row["left"]], names[row["right"]]
        balance[pair] = balance.get(pair, 0) + {"a1": 1, "a2": -1}.get(row["choice"], 0)
    pairs = [pair for pair, votes in balance.items() if votes]
    left, right = np.array(pairs).T
    first = np.array([balance[pair] > 0 for pair in pairs])
    return features[left] - features[right], one_hot((~first).astype(int), 2)


SOURCES = {
    "sms": Source(_of("sms"), 300),
    "banking77": Source(_of("banking77"), 500),
    "trashnet": Source(_of("trashnet"), 300),
    "fashion": Source(_of("fashion"), 300),
    "adult": Source(_of("adult"), 300),
    "mushroom": Source(mushroom, 200),
    "weather": Source(_of("weather"), 300, "ordinal"),
    "education": Source(_of("education"), 300, "ordinal"),
    "jokes": Source(_of("jokes"), 300, "ordinal"),
    "adult_facts": Source(adult_facts, 300, "multilabel"),
    "arguments": Source(arguments, 400),
}


def make(name: str, keep: Path) -> None:
    """Fit both models and write ``keep/<name>.npz``: ``objective``, ``ours``, ``theirs`` and ``targets`` of the rest.

    Raises
    ------
    FileNotFoundError
        If the open data is absent.
    """
    if not DATA.is_dir():
        raise FileNotFoundError(f"{DATA.name} is absent")
    source = SOURCES[name]
    features, targets = source.load()
    order = np.random.default_rng(SEED).permutation(len(features))
    learned, rest = order[: source.n_learned], order[source.n_learned :]
    settings = cycle.Settings(source.objective, targets.shape[1])
    given = []
    for rows in (learned, learned[: source.n_learned // 2]):
        model = cycle.fit_model(cycle.Answers(features[rows], targets[rows]), settings, cycle.step_rng(SEED, "fit"))
        assert model is not None  # there are answers
        given.append(model.predict(features[rest]))
    keep.mkdir(parents=True, exist_ok=True)
    np.savez(keep / f"{name}.npz", ours=given[0], theirs=given[1], targets=targets[rest], objective=source.objective)
