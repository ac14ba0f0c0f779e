"""Does "where would the next hour pay?" say relabels where answers are wrong, and not where none is?

A project is cut out of a set: items that people answered, items nobody did, eval items of which a fifth have two
answers. Of the answers of the pool and of the eval items a share is planted wrong. What
``learning/core/quality/next_hour.py`` expects of a hundred answers stands beside what they come to: labels of the pool
that are right more, an item that nobody answered having the model's.

    python -m benchmarks.next_hour --seeds 3
    python -m benchmarks.next_hour --data sms --rates 0 0.05 0.1 --keep /tmp/sets
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.core_fallback import loaded  # noqa: E402
from benchmarks.suspected_errors import planted  # noqa: E402
from learning.core.arrays import IntArray  # noqa: E402
from learning.core.evaluation.answer_errors import measure_errors  # noqa: E402
from learning.core.evaluation.intervals import Estimate  # noqa: E402
from learning.core.evaluation.intervals_difference import paired_difference  # noqa: E402
from learning.core.learners import FittedLearner, make_learner, one_hot  # noqa: E402
from learning.core.quality.next_hour import ANSWERS, LabeledSoFar, NextHour, least_sure, next_hour  # noqa: E402
from learning.core.quality.suspected_errors import suspected_errors  # noqa: E402

DOUBLED = 0.2


@dataclass(frozen=True)
class Project:
    """Rows and labels; what people said of the pool and of the eval items once, twice and a third time."""

    features: np.ndarray
    truth: IntArray
    said: list[IntArray]
    known: IntArray
    new: IntArray
    held: IntArray
    n_labels: int

    def fit(self, rows: IntArray, labels: IntArray, seed: int = 0) -> FittedLearner:
        """Return a model of answers."""
        targets, rng = one_hot(labels, self.n_labels), np.random.default_rng(seed)
        return make_learner("logistic").fit(self.features[rows], targets, kind="classification", rng=rng)

    def right(self, rows: IntArray, labels: IntArray) -> int:
        """Return how many labels of the pool are right by these answers and a model of them."""
        others = np.setdiff1d(np.concatenate((self.known, self.new)), rows)
        given = self.fit(rows, labels).predict(self.features[others]).argmax(axis=1)
        return int((labels == self.truth[rows]).sum() + (given == self.truth[others]).sum())


def project_of(name: str, keep: Path | None, rate: float, answers: int, held: int, new: int, seed: int) -> Project:
    """Return a part of a set with planted errors."""
    features, truth = loaded(name, keep)
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(features))[: answers + held + new]
    features, truth = features[chosen], truth[chosen].astype(np.int64)
    said = [planted(features, truth, "uniform", rate, rng)[0] for _ in range(3)]
    every = np.arange(len(chosen))
    return Project(
        features, truth, said, every[:answers], every[answers + held :], every[answers : answers + held],
        int(truth.max()) + 1,
    )  # fmt: skip


def expected(project: Project, seed: int) -> tuple[NextHour, IntArray, IntArray]:
    """Return the estimates, the known rows by how little they are believed, and the next new rows."""
    rng, first = np.random.default_rng(seed), project.said[0]
    model = project.fit(project.known, first[project.known])
    half = rng.permutation(project.known)[: project.known.size // 2]
    lesser = project.fit(half, first[half])
    found = model.predict(project.features[project.held])
    decided, before = found.argmax(axis=1), lesser.predict(project.features[project.held]).argmax(axis=1)
    now, then = (given == first[project.held] for given in (decided, before))
    doubled = project.held[: round(DOUBLED * project.held.size)]
    agreement = np.full(project.held.size, np.nan)
    agreement[: doubled.size] = first[doubled] == project.said[1][doubled]
    errors = measure_errors(
        found, one_hot(first[project.held], project.n_labels), decided, agreement, project.known.size
    )
    gain = paired_difference(int((now & ~then).sum()), int((then & ~now).sum()), now.size)
    beliefs = model.predict(project.features[project.new])
    two = np.sort(beliefs, axis=1)[:, -2:]
    following = project.new[np.argsort(two[:, 1] - two[:, 0], kind="stable")]
    unsure = least_sure(found, now, project.new.size)
    targets = one_hot(first[project.known], project.n_labels)
    suspicion = suspected_errors(
        project.features[project.known], targets, np.arange(project.known.size), "classification", rng
    )
    assert suspicion is not None
    asked = np.arange(0, min(4 * ANSWERS, suspicion.belief.size), 4)
    known = LabeledSoFar(
        project.known.size, project.new.size, project.n_labels, errors, gain, unsure, suspicion.beliefs,
        suspicion.given, asked,
    )  # fmt: skip
    return next_hour(known), project.known[suspicion.rows], following


def came_to(project: Project, doubted: IntArray, following: IntArray) -> tuple[int, int]:
    """Return what a hundred answers make right: given to the next new items, to the answers that are doubted most."""
    first = project.said[0]
    before = project.right(project.known, first[project.known])
    rows = np.concatenate((project.known, following[:ANSWERS]))
    more = project.right(rows, first[rows]) - before
    labels, left = first.copy(), ANSWERS
    for row in doubted.tolist():
        if left <= 0:
            break
        left -= 1
        if project.said[1][row] != first[row]:
            left -= 1
            labels[row] = project.said[1][row] if project.said[2][row] == project.said[1][row] else first[row]
    return more, project.right(project.known, labels[project.known]) - before


def words(found: Estimate | None) -> str:
    """Return an estimate as the table has it."""
    return "too few" if found is None else f"{found.value:5.0f} [{found.low:5.0f}, {found.high:5.0f}]"


def main() -> None:
    """Read the arguments, plant, estimate, spend and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["digits", "trashnet", "banking77"])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.1])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=100, help="what it reckons with was shaped on seeds 0 and 1")
    parser.add_argument("--answers", type=int, default=900)
    parser.add_argument("--held", type=int, default=250)
    parser.add_argument("--new", type=int, default=600)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write encoded sets there, read those it holds")
    given = parser.parse_args()
    print("expected by 100 answers, and what they came to: labels of the pool that are right more")
    print(f"{'set':10} rate seed  {'more':>21}  came  {'second opinions':>21}  {'relabels':>21}  came  first")
    for name in given.data:
        for rate in given.rates:
            for seed in range(given.first_seed, given.first_seed + given.seeds):
                project = project_of(name, given.keep, rate, given.answers, given.held, given.new, seed)
                found, doubted, following = expected(project, seed)
                more, relabels = came_to(project, doubted, following)
                row = f"{words(found.more):>21} {more:5}  {words(found.second_opinions):>21}  "
                row += f"{words(found.relabels):>21} {relabels:5}  {(found.ranked() or ['none'])[0]}"
                print(f"{name:10} {rate:4.0%} {seed:4}  {row}", flush=True)


if __name__ == "__main__":
    main()
