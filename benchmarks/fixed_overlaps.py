"""Second answers where the queue wants them, beside as many answers an item for all, and beside asking again by chance.

    python -m benchmarks.fixed_overlaps --data digits --seeds 10 --keep curves
    python -m benchmarks.fixed_overlaps --data trashnet banking77 --rates 0.2 0.4 --seeds 3 --minutes 60 --keep curves

Five people spend as many answers in five ways, everything else being alike (``auto``, a tenth of the questions random,
more where errors were measured): second answers by the rule of ``learning/core/second_opinions``, ``--most-answers``
an item; one, two and three people an item; as many second answers as the rule finds worth it, about known items drawn
alike. A project learns the label that most people gave in all of them (of a tie a part of each), and most people decide
what an item is, of a tie what the model believes that did not learn it. 240 answers are given; of Banking77, which has
77 labels and not seen all of them by then, 900.

Printed for every set, kind and rate of errors, with Student's intervals over seeds: the held-out score (mean of the
last three points) of each way, what the rule gains over the best overlap in points, the share of its items that have a
wrong label, and the number of wrong ones over that of asking again by chance. The best overlap is the one with the
largest mean over the seeds, which flatters it the more the fewer seeds there are. Exit code 1 where an interval speaks
against one of the two aims: the score at least that of the best overlap, half the wrong labels of chance.

Finished curves are kept and read back with ``--keep FOLDER``, encoded sets with ``--encoded FOLDER``: a run that ends
after ``--minutes`` is taken up again. Sets are those of ``benchmarks/label_sets.py``. Another ``--share`` needs only
the rule's curves anew, and ``--no-chance`` leaves out asking again by chance. A curve takes 1 to 3 CPU seconds on
digits, 3 to 5 on TrashNet and 20 to 40 on Banking77, half of it in fits and a third in the grouping that a cold start
goes by.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_curves import Cell, Finished, Noise, encode, read_kept, run_all  # noqa: E402
from benchmarks.label_sets import SETS  # noqa: E402
from learning.core.acquisition import DEFAULT_TEMPERATURE  # noqa: E402
from learning.core.evaluation.intervals import Estimate, mean_of_few  # noqa: E402
from learning.core.evaluation.intervals_difference import ratio_of_means  # noqa: E402
from learning.core.second_opinions import SecondOpinions  # noqa: E402
from learning.core.simulated_people import NOISE  # noqa: E402

ANNOTATORS, RANDOM_SHARE, EVAL_SHARE, LAST = 5, 0.1, 0.1, 3
RULE, CHANCE, OVERLAPS = "rule", "chance", ("1", "2", "3")
WAYS = (RULE, *OVERLAPS, CHANCE)
#: Answers, where 240 do not teach a model what its labels are.
BUDGETS = {"banking77": 900}
#: At most so many wrong labels of those that asking again by chance leaves.
OF_CHANCE = 0.5


def cell(name: str, way: str, seed: int, noise: Noise, budget: int, share: float, most_answers: int) -> Cell:
    """Return what is to be simulated."""
    plain = Cell(
        name, "auto", seed, DEFAULT_TEMPERATURE, RANDOM_SHARE, np.inf, noise, budget, EVAL_SHARE, falls_back=True
    )
    if way in OVERLAPS:
        return replace(plain, overlap=int(way))
    rule = "" if way == RULE else CHANCE
    return replace(plain, second=True, most_share=share, most_answers=most_answers, rule=rule)


def score(done: Finished) -> float:
    """Return the mean score of the last points."""
    return float(np.mean(done.curve.scores[-LAST:]))


def wrong(done: Finished) -> float:
    """Return the share of the items that have a wrong label in the end."""
    return done.curve.wrong[-1] / done.curve.items[-1]


def row(found: dict[str, list[Finished]]) -> tuple[str, bool]:
    """Return the columns of a set and a way to err, seeds in order, and whether an interval speaks against it."""
    scores = {way: np.array([score(each) for each in done]) for way, done in found.items()}
    best = max(OVERLAPS, key=lambda way: float(scores[way].mean()))
    gain = mean_of_few(scores[RULE] - scores[best], 1e-3)
    wrongs = {way: np.array([wrong(each) for each in done]) for way, done in found.items()}
    gained = f"{100 * gain.value:+5.1f} {ends(gain, 100, '+.1f')} over {best}"
    against = gain.high < 0
    told = "-"
    if CHANCE in found and wrongs[RULE].mean() > 0 < wrongs[CHANCE].mean():
        ratio = ratio_of_means(wrongs[RULE], wrongs[CHANCE], 1.0 / found[RULE][0].curve.items[-1])
        told = f"{ratio.value:.2f} {ends(ratio, 1, '.2f')}"
        against |= ratio.low > OF_CHANCE
    means = (" ".join(f"{of[way].mean():.3f}" for way in WAYS if way in of) for of in (scores, wrongs))
    return f"{next(means)} | {gained:32s} | {next(means)} | {told}", against


def ends(found: Estimate, times: float, form: str) -> str:
    """Return the ends of an interval."""
    return f"[{times * found.low:{form}}, {times * found.high:{form}}]" if found.n > 1 else "[one seed]"


def report(done: list[Finished], ways: dict[Cell, str]) -> int:
    """Print a line for every set, kind and rate, and return how many an interval speaks against."""
    print(f"\n{'set':10} {'errors':14} n | score: rule, overlaps 1, 2, 3, chance | gain over the best overlap", end="")
    print(" | wrong labels, the same | of chance's")
    lines: dict[tuple[str, Noise], dict[str, dict[int, Finished]]] = {}
    for each in done:
        at = lines.setdefault((each.cell.name, each.cell.noise), {})
        at.setdefault(ways[each.cell], {})[each.cell.seed] = each
    missed = 0
    for (name, noise), found in lines.items():
        complete = len(found) == len(set(ways.values()))
        seeds = sorted(set.intersection(*(set(of) for of in found.values()))) if complete else []
        if not seeds:
            continue
        told, against = row({way: [of[seed] for seed in seeds] for way, of in found.items()})
        missed += against
        print(f"{name:10} {noise.kind:9}{noise.rate:4.0%} {len(seeds):2} | {told}{'  MISSED' if against else ''}")
    return missed


def main() -> None:
    """Read the arguments, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=SETS, default=["digits", "trashnet", "banking77"])
    parser.add_argument("--noise", nargs="+", choices=list(NOISE), default=["uniform", "hard"])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.1, 0.2, 0.3, 0.4])
    parser.add_argument("--budget", type=int, help="answers; by default 240, of Banking77 900")
    parser.add_argument("--share", type=float, default=0.5, help="second answers are no more: a project may set .5")
    parser.add_argument(
        "--most-answers", type=int, default=SecondOpinions.most_answers, help="of an item: a project may set 5"
    )
    parser.add_argument("--no-chance", action="store_true", help="leave asking again by chance out")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0, help="the rule was shaped on 200 and above")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="nothing is started after that")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write finished curves there, read those it holds")
    parser.add_argument("--encoded", type=Path, metavar="FOLDER", help="the same for encoded sets")
    given = parser.parse_args()
    limits = given.share, given.most_answers
    ways = {
        cell(name, way, seed, Noise(kind, rate, ANNOTATORS), given.budget or BUDGETS.get(name, 240), *limits): way
        for seed in range(given.first_seed, given.first_seed + given.seeds)
        for name in given.data
        for rate in given.rates
        for kind in given.noise
        for way in WAYS
        if not (way == CHANCE and given.no_chance)
    }
    for folder in filter(None, (given.keep, given.encoded)):
        folder.mkdir(parents=True, exist_ok=True)
    done = read_kept(list(ways), given.keep) if given.keep else []
    missing = [each for each in ways if each not in {finished.cell for finished in done}]
    with TemporaryDirectory() as made:
        folder = str(given.encoded or made)
        names = encode([name for name in given.data if any(each.name == name for each in missing)], folder)
        missing = [each for each in missing if each.name in names]
        done += run_all(missing, folder, given.jobs, given.minutes, given.keep)
    sys.exit(1 if report(sorted(done, key=lambda each: list(ways).index(each.cell)), ways) else 0)


if __name__ == "__main__":
    main()
