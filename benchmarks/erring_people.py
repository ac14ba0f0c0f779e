"""What choosing gains where people err, with second answers, and how many labels are wrong, at equal cost.

    python -m benchmarks.erring_people --seeds 10 --minutes 120 --keep curves
    python -m benchmarks.erring_people --data mushroom sms --noise hard --rates 0.2 --seeds 3
    python -m benchmarks.erring_people --clean --seeds 5

Three ways to spend the same answers of five people: ``auto`` as a project has it (a tenth of the questions random, more
where errors were measured, falling back where nothing is taught) with second answers
(``learning/core/second_opinions``); random order, one answer an item; random order with second answers by the same rule
(``--same-rule``). Printed for every kind of errors, rate and set: what the first gains over the second in points of the
held-out score at 100, 180 and 240 answers, and the share of its items whose label is wrong after 200 answers over that
of the second and of the third; Student's intervals over seeds. ``--clean`` says what second answers cost where nobody
errs: there ``auto`` stands beside ``auto`` without, and beside random order.

Finished curves are kept and read back with ``--keep FOLDER``, encoded sets with ``--encoded FOLDER``: a run that ends
after ``--minutes`` is taken up again. Sets are those of ``benchmarks/label_sets.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_curves import Cell, Finished, Noise, encode, read_kept, run_all  # noqa: E402
from benchmarks.label_sets import SETS  # noqa: E402
from learning.core.acquisition import DEFAULT_TEMPERATURE  # noqa: E402
from learning.core.evaluation.intervals import Estimate, mean_of_few  # noqa: E402
from learning.core.evaluation.intervals_difference import ratio_of_means  # noqa: E402
from learning.core.simulated_people import NOISE  # noqa: E402

#: Answers at which the arms are compared, and after which labels are looked at.
COUNTS, FIRST = (100, 180, 240), 200
SETS_OF_THE_TABLE = ["sms", "mushroom", "adult", "trashnet", "fashion", "banking77"]
RATES, ANNOTATORS = (0.1, 0.2, 0.3), 5
RANDOM_SHARE, EVAL_SHARE = 0.1, 0.1
#: Two shares of wrong labels are told apart from here on: one label of the first 200.
ONE_LABEL = 1.0 / FIRST


class Arm(NamedTuple):
    """A way to spend answers."""

    strategy: str
    second: bool

    def cell(self, name: str, seed: int, noise: Noise) -> Cell:
        """Return what is to be simulated."""
        is_auto = self.strategy == "auto"
        share, eval_share = (RANDOM_SHARE if is_auto else 0.0), EVAL_SHARE
        settled = Cell(name, self.strategy, seed, DEFAULT_TEMPERATURE, share, np.inf, noise, max(COUNTS), eval_share)
        return replace(settled, second=self.second, falls_back=is_auto)


AUTO, PLAIN, RANDOM, RANDOM_SECOND = Arm("auto", True), Arm("auto", False), Arm("random", False), Arm("random", True)


def wrong_share(done: Finished) -> float:
    """Return the share of its items with a wrong label once the first answers were spent."""
    curve = done.curve
    items = curve.items or curve.labels
    wrong, n = (float(np.interp(FIRST, (0, *curve.labels), (0, *values))) for values in (curve.wrong, items))
    return wrong / n


def score_at(done: Finished, count: int) -> float:
    """Return the held-out score after so many answers."""
    return float(np.interp(count, done.curve.labels, done.curve.scores))


def gain(pairs: list[tuple[Finished, Finished]], count: int) -> Estimate:
    """Return by how much the first of each pair scores higher."""
    return mean_of_few([score_at(ours, count) - score_at(theirs, count) for ours, theirs in pairs], 1e-3)


def points(found: Estimate) -> str:
    """Return a gain in points with its interval."""
    ends = f"[{100 * found.low:+.1f}, {100 * found.high:+.1f}]" if found.n > 1 else "[one seed]"
    return f"{100 * found.value:+5.1f} {ends:>14s}"


def ratio(pairs: list[tuple[Finished, Finished]]) -> str:
    """Return the share of wrong labels of the first of each pair over that of the second."""
    ours, theirs = (np.array([wrong_share(pair[side]) for pair in pairs]) for side in (0, 1))
    if not pairs or not (ours.mean() > 0 < theirs.mean()):
        return "-".rjust(18)
    found = ratio_of_means(ours, theirs, ONE_LABEL)
    ends = f"[{found.low:.2f}, {found.high:.2f}]" if found.n > 1 else "[one seed]"
    return f"{found.value:.2f} {ends:>13s}"


class Verdict(NamedTuple):
    """Whether a line holds what is asked: gains of -1 point, -2 at the lower end; 1.15 times random's wrong labels."""

    gains: bool
    ends: bool
    wrong: bool


def line_of(found: dict[tuple[Arm, int], Finished], ours: Arm, others: tuple[Arm, Arm]) -> tuple[str, Verdict] | None:
    """Return the columns of a kind of errors, a rate and a set; None where no seed has both arms."""
    both = [
        [(found[ours, seed], found[other, seed]) for arm, seed in found if arm == ours and (other, seed) in found]
        for other in others
    ]
    if not both[0]:
        return None
    gains = [gain(both[0], count) for count in COUNTS]
    columns = [*(points(each) for each in gains), *(ratio(pairs) for pairs in both)]
    mine, theirs = (np.mean([wrong_share(pair[side]) for pair in both[0]]) for side in (0, 1))
    items = np.mean([np.interp(FIRST, pair[0].curve.labels, pair[0].curve.items) for pair in both[0]])
    told = f"{len(both[0]):3d} | {' | '.join(columns)} | {mine:.3f} {theirs:.3f} {items:4.0f}"
    held = Verdict(
        all(each.value >= -0.01 for each in gains),
        all(each.low >= -0.02 for each in gains),
        bool(mine <= 1.15 * theirs + 1e-9),
    )
    return told, held


def report(done: list[Finished], cells: dict[Cell, Arm], ours: Arm, others: tuple[Arm, Arm]) -> None:
    """Print a line for every kind of errors, rate and set, and how many hold what is asked."""
    head = " | ".join(f"gain at {count}".center(20) for count in COUNTS)
    print(f"\n{'errors':16s} {'set':10s} {'n':>3s} | {head} | {'wrong, of random':18s} | {'same rule':18s} | items")
    lines: dict[tuple[Noise, str], dict[tuple[Arm, int], Finished]] = {}
    for each in done:
        cell = each.cell
        lines.setdefault((cell.noise, cell.name), {})[cells[cell], cell.seed] = each
    held = []
    for (noise, name), found in lines.items():
        if told := line_of(found, ours, others):
            print(f"{noise.kind:11s}{noise.rate:4.0%}  {name:10s} {told[0]}")
            held.append(told[1])
    counts = [sum(each) for each in zip(*held, strict=True)] if held else [0, 0, 0]
    print(
        f"of {len(held)} lines: gain at least -1 point at all counts in {counts[0]}, its lower end at least -2 in"
        f" {counts[1]}, wrong labels at most 1.15 of random order's in {counts[2]}"
    )


def main() -> None:
    """Read the arguments, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=SETS, default=SETS_OF_THE_TABLE)
    parser.add_argument("--noise", nargs="+", choices=list(NOISE), default=list(NOISE))
    parser.add_argument("--rates", nargs="+", type=float, default=RATES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--clean", action="store_true", help="nobody errs: auto with second answers over auto without")
    parser.add_argument("--same-rule", action="store_true", help="also random order with second answers")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="nothing is started after that")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write finished curves there, read those it holds")
    parser.add_argument("--encoded", type=Path, metavar="FOLDER", help="the same for encoded sets")
    given = parser.parse_args()
    noises = [Noise(kind, rate, ANNOTATORS) for rate in given.rates for kind in given.noise]
    arms, others = (AUTO, RANDOM, *((RANDOM_SECOND,) if given.same_rule else ())), (RANDOM, RANDOM_SECOND)
    if given.clean:
        noises, arms, others = [Noise("uniform", 0.0, ANNOTATORS)], (AUTO, PLAIN, RANDOM), (PLAIN, RANDOM)
    cells = {
        arm.cell(name, seed, noise): arm
        for seed in range(given.first_seed, given.first_seed + given.seeds)
        for noise in noises
        for name in given.data
        for arm in arms
    }
    for folder in filter(None, (given.keep, given.encoded)):
        folder.mkdir(parents=True, exist_ok=True)
    done = read_kept(list(cells), given.keep) if given.keep else []
    missing = [cell for cell in cells if cell not in {each.cell for each in done}]
    with TemporaryDirectory() as made:
        folder = str(given.encoded or made)
        names = encode([name for name in given.data if any(cell.name == name for cell in missing)], folder)
        done += run_all([cell for cell in missing if cell.name in names], folder, given.jobs, given.minutes, given.keep)
    report(sorted(done, key=lambda each: list(cells).index(each.cell)), cells, AUTO, others)


if __name__ == "__main__":
    main()
