"""Which of two arguments convinces more: accuracy on unseen items and unseen debates, beside the annotators' agreement.

    python benchmarks/pairwise_arguments.py

UKPConvArg1: 63,988 judgments by their real annotators on 793 arguments in 24 debates (a question and a stance).
Features: the default text encoder, how the text meets its debate's question, and cheap features of its surface. Unseen
debates: five folds over questions, none of whose debates was judged. Unseen items: five folds over the items; measured
on pairs of which at least one item was not judged. Accuracy is the share of strict answers (single judgments) and of
strict majorities (pairs) predicted; a tie is not counted. Intervals: bootstrap over debates. Reads ``../shared/data``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time

import numpy as np

from benchmarks.open_data import DATA
from learning.core.arrays import DoubleArray, FloatMatrix
from learning.core.encoders import make_encoder
from learning.core.pairwise import Judgments, agreement, fit_ranking, pair_counts, with_context
from learning.core.pairwise.surface import NAMES, surface_features

FOLDER = DATA / "pair_ukp_convarg1"
OUTCOMES = {"a1": 0, "a2": 1, "equal": 2}
FOLDS = 5


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of one file."""
    with gzip.open(FOLDER / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def load() -> tuple[list[dict[str, str]], Judgments, np.ndarray, list[str]]:
    """Return items, judgments (one a person and pair), debate of every item, and the debates' texts."""
    items = read("items")
    number = {(row["topic"], row["id"]): at for at, row in enumerate(items)}
    topics = sorted({row["topic"] for row in items})
    debate = np.array([topics.index(row["topic"]) for row in items])
    text = {row["topic"]: f"{row['question']} {row['stance']}" for row in items}
    rows = read("judgments")
    people = sorted({row["annotator"] for row in rows})
    name = {who: at for at, who in enumerate(people)}
    columns = np.array(
        [
            (
                number[row["topic"], row["left"]],
                number[row["topic"], row["right"]],
                OUTCOMES[row["choice"]],
                name[row["annotator"]],
            )
            for row in rows
        ]
    ).T
    return (
        items,
        Judgments(columns[0], columns[1], columns[2], len(items), columns[3]),
        debate,
        [text[t] for t in topics],
    )


class Counts:
    """Right predictions and tests by debate, for single judgments and for majorities of pairs."""

    def __init__(self, judgments: Judgments, debate: np.ndarray) -> None:
        self._judgments, self._debate = judgments, debate
        self.right = np.zeros((2, int(debate.max()) + 1))
        self.tested = np.zeros_like(self.right)

    def add(self, scores: DoubleArray, test: np.ndarray) -> None:
        """Count predictions by scores on the judgments of a mask."""
        tested = self._judgments.where(test)
        strict = tested.outcome < 2
        ahead = scores[tested.left] > scores[tested.right]
        where = self._debate[tested.left]
        np.add.at(self.right[0], where[strict], (ahead == (tested.outcome == 0))[strict])
        np.add.at(self.tested[0], where[strict], 1)
        first, second, counts = pair_counts(tested)
        clear = counts[:, 0] != counts[:, 1]
        hit = (scores[first] > scores[second]) == (counts[:, 0] > counts[:, 1])
        np.add.at(self.right[1], self._debate[first[clear]], hit[clear])
        np.add.at(self.tested[1], self._debate[first[clear]], 1)

    def say(self, name: str, other: Counts | None = None) -> str:
        """Return accuracy with its interval by debate, and by how much it beats another."""
        some = np.random.default_rng(0).integers(self.right.shape[1], size=(2000, self.right.shape[1]))
        parts = []
        for kind, what in enumerate(("judgments", "majorities")):
            shares = self.right[kind][some].sum(axis=1) / self.tested[kind][some].sum(axis=1)
            low, high = np.quantile(shares, [0.025, 0.975])
            part = f"{what} {self.right[kind].sum() / self.tested[kind].sum():.3f} [{low:.3f}, {high:.3f}]"
            if other is not None:
                gap = shares - other.right[kind][some].sum(axis=1) / other.tested[kind][some].sum(axis=1)
                part += (
                    f" ({gap.mean():+.3f} [{np.quantile(gap, 0.025):+.3f}, {np.quantile(gap, 0.975):+.3f}] on length)"
                )
            parts.append(part)
        return f"  {name:<28} " + ", ".join(parts)


def compare(judgments: Judgments, debate: np.ndarray, groups: dict[str, list[FloatMatrix]], held: np.ndarray) -> None:
    """Cross-validate every set of features; ``held`` is the fold of every item."""
    counts = {name: Counts(judgments, debate) for name in groups}
    start = time.process_time()
    for fold in range(FOLDS):
        unseen = held == fold
        test = unseen[judgments.left] | unseen[judgments.right]
        for name, own in groups.items():
            ranking = fit_ranking(judgments.where(~test), own, context=debate)
            counts[name].add(ranking.strengths.scores, test)
    for name in groups:
        print(counts[name].say(name, None if name == "length only" else counts["length only"]), flush=True)
    print(f"  {(time.process_time() - start) / FOLDS / len(groups):.1f} CPU s a fit")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every group of features alone, too")
    arguments = parser.parse_args()
    if not FOLDER.exists():
        print(f"skipped: {FOLDER.name} is absent")
        return
    items, judgments, debate, contexts = load()
    agreed = agreement(judgments)
    print(
        f"{len(judgments)} judgments, {judgments.n_annotators} annotators, {len(items)} items, {len(contexts)} debates"
    )
    between, ceiling = agreed.between, agreed.ceiling
    print(
        f"two annotators agree on {between.value:.3f} [{between.low:.3f}, {between.high:.3f}] (ties count); a strict"
        f" answer equals the others' majority in {ceiling.value:.3f} [{ceiling.low:.3f}, {ceiling.high:.3f}]: the"
        " ceiling for judgments"
    )
    texts = [row["text"] for row in items]
    encoder = make_encoder("wordllama-tfidf", "text").fit(texts, np.random.default_rng(0))
    meaning = with_context(encoder.transform(texts), encoder.transform(contexts), debate)
    surface = surface_features(texts)
    length = surface[:, [NAMES.index("characters")]]
    groups = {"length only": [length], "surface, meaning, context": [surface, *meaning]}
    if arguments.all:
        groups |= {"surface": [surface], "meaning": meaning[:1], "surface, meaning": [surface, meaning[0]]}
    rng = np.random.default_rng(1)
    questions = np.unique([row["question"] for row in items], return_inverse=True)[1]
    fold_of_question = rng.permutation(np.arange(questions.max() + 1) % FOLDS)
    print("unseen debates:")
    compare(judgments, debate, groups, fold_of_question[questions])
    print("unseen items:")
    compare(judgments, debate, groups, rng.permutation(np.arange(len(items)) % FOLDS))


if __name__ == "__main__":
    main()
