"""How many of the labels are wrong when part of the answers are second opinions, at equal cost.

    python -m benchmarks.second_opinions --data sms adult mushroom --noise hard uniform --rate 0.2 --seeds 3

A budget of answers is spent twice: on as many rows, one answer each; and on fewer rows, the rest on second answers for
those whose first one a model that did not see it finds least likely, and on a third where the two differ (the majority
counts; of three that all differ the likeliest). Rows are those ``auto`` asked for, leaning as it does in a project, or
random ones. Printed: the share of wrong labels for each, and ``auto``'s over random's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.label_curves import Cell, Noise, encode, people_of, stage
from benchmarks.label_sets import SETS
from learning.core.acquisition import DEFAULT_TEMPERATURE
from learning.core.arrays import DoubleArray, IntArray
from learning.core.evaluation.intervals import mean_of_few
from learning.core.simulated_people import NOISE, SimulatedPeople, out_of_fold
from learning.core.simulation import simulate


class WrongLabels(NamedTuple):
    """Share of wrong labels of as many answers: one each, and with second opinions."""

    single: float
    second: float


def with_second_opinions(
    rows: IntArray, beliefs: DoubleArray, people: SimulatedPeople, answers: int
) -> tuple[IntArray, int]:
    """Return the labels of the rows once further answers were spent on the least likely ones, and how many were."""
    first = people.give(rows).labels
    labels = first.copy()
    own = beliefs[np.arange(len(rows)), first]
    spent = 0
    for number in np.argsort(own / beliefs.max(axis=1), kind="stable"):
        if spent >= answers:
            break
        said = [int(people.give(rows[[number]], turn).labels[0]) for turn in (0, 1, 2)]
        spent += 1
        if said[0] == said[1] or spent >= answers:
            continue  # where nothing is left for a third answer the first one stays
        spent += 1
        labels[number] = max(said, key=lambda label: (said.count(label), beliefs[number, label]))
    return labels, spent


def wrong_labels(cell: Cell, share: float, folder: Path) -> WrongLabels:
    """Ask, answer and count for one arm."""
    at = stage(cell, folder)
    people = people_of(cell, at, folder)
    assert people is not None  # somebody errs here
    curve = simulate(
        at.bench, at.settings, seed=cell.seed, budget=cell.budget, people=people, eval_share=cell.eval_share
    )
    rows = np.array(curve.rows)
    fewer = rows[: round(cell.budget * (1 - share))]
    first = people.give(fewer).labels
    rng = np.random.default_rng(cell.seed)
    beliefs = out_of_fold(at.bench.features[fewer], first, at.settings.n_labels, rng)
    labels, _ = with_second_opinions(fewer, beliefs, people, cell.budget - len(fewer))
    single = people.give(rows).labels != at.truth[rows]
    return WrongLabels(float(single.mean()), float((labels != at.truth[fewer]).mean()))


def report(name: str, noise: str, found: dict[str, list[WrongLabels]]) -> None:
    """Print one line of a set and a way to err."""
    single, second = ({arm: [each[which] for each in found[arm]] for arm in found} for which in (0, 1))
    columns = []
    for told in (single, second):
        ours, theirs = (mean_of_few(told[arm]).value for arm in ("auto", "random"))
        columns.append(f"{ours:.3f} of {theirs:.3f}: {ours / theirs if theirs else float('nan'):.2f}")
    print(f"{name:14s} {noise:10s} {len(found['auto']):5d} | {' | '.join(columns)}", flush=True)


def main() -> None:
    """Read the arguments, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=SETS, default=["sms", "adult", "mushroom"])
    parser.add_argument("--noise", nargs="+", choices=list(NOISE), default=["hard", "uniform"])
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--annotators", type=int, default=5)
    parser.add_argument("--budget", type=int, default=200, help="answers, second ones included")
    parser.add_argument("--share", type=float, default=0.2, help="of the answers that are second and third ones")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    if given.annotators < 3:
        parser.error("a third answer needs a third annotator")
    print(f"{'set':14s} {'errors':10s} {'seeds':>5s} | one answer each, auto of random | with second opinions")
    with TemporaryDirectory() as folder:
        for name in encode(given.data, folder):
            for noise in given.noise:
                erring = Noise(noise, given.rate, given.annotators)
                found: dict[str, list[WrongLabels]] = {"auto": [], "random": []}
                for seed in range(given.seeds):
                    for arm, kept in found.items():
                        cell = Cell(name, arm, seed, DEFAULT_TEMPERATURE, 0.0, np.inf, erring, given.budget, 0.1)
                        kept.append(wrong_labels(cell, given.share, Path(folder)))
                report(name, noise, found)


if __name__ == "__main__":
    main()
