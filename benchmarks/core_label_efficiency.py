"""Answers the default strategy needs, over what random needs, to reach 90, 95 and 98 % of full accuracy.

One set of defaults for every data set, the live cycle of ``learning/core/cycle.py``, several seeds. Every seed draws
its own pool and held-out rows; both arms see the same, with the same encoder and learner. The full score is that of the
same learner with every pool row labeled. Digits and ``fashion`` are raw pixels, as in the figures the design compares
with; ``fashion_photos`` is the latter through the picture encoder; everything else has the default encoder.

    python -m benchmarks.core_label_efficiency --seeds 10 --jobs 2
    python -m benchmarks.core_label_efficiency --data digits fashion --seeds 3
    python -m benchmarks.core_label_efficiency --data weather electricity education hours age visibility jokes
    python -m benchmarks.core_label_efficiency --seeds 10 --keep curves

The last one writes every curve into the folder ``curves`` and reads those it finds there, so that an evening's run can
be stopped and taken up again. Empty it after a change to ``learning/core``.

The last seven are on a scale: a real ordinal column (how far people came at school) and numbers binned into steps
(wind, sight, prices, age and hours of work beside the rest of their tables, the funniness of jokes); they are scored by
quadratic weighted kappa. ``--stop-at 0.955`` ends a curve once its figure at 95 % is known.

With people who err (``--noise``: see ``learning/core/simulated_people.py``) it prints instead what choosing gains over
random order at equal numbers of answers, in points of the held-out score, and how many of the first 200 answers are
wrong.

    python -m benchmarks.core_label_efficiency --noise hard --rate 0.2 --annotators 5 --data sms adult --seeds 3

``--successors`` adds what boosting, a forest and, for texts, a linear model on words gain from the same rows over as
many random ones.

Sets are those of ``benchmarks/label_sets.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_curves import CLEAN, Cell, Finished, Noise, encode, read_kept, run_all  # noqa: E402
from benchmarks.label_sets import DEFAULT_SETS, SETS  # noqa: E402
from learning.core.acquisition import DEFAULT_TEMPERATURE  # noqa: E402
from learning.core.evaluation.intervals import Estimate, mean_of_few  # noqa: E402
from learning.core.simulated_people import NOISE  # noqa: E402
from learning.core.simulation import saving  # noqa: E402
from learning.core.successors import gains  # noqa: E402

SHARES = (0.90, 0.95, 0.98)
#: Answers at which arms with erring people are compared, and the first of them that are looked at for errors.
COUNTS, FIRST = (100, 180, 240), 200


def report(names: list[str], arms: list[str], done: list[Finished]) -> None:
    """Print one line per set and active arm: ratio and interval at every share of the full score."""
    head = " | ".join(f"{share:.0%} of full".center(37) for share in SHARES)
    print(f"\n{'set':14s} {'arm':14s} {'seeds':>5s} {'full':>6s} | {head} | 95 % aim")
    for name in names:
        curves = {
            arm: {each.cell.seed: each.curve for each in done if (each.cell.name, each.cell.arm) == (name, arm)}
            for arm in (*arms, "random")
        }
        full = {each.cell.seed: each.full for each in done if each.cell.name == name}
        for arm in arms:
            seeds = sorted(set(curves[arm]) & set(curves["random"]))
            if not seeds:
                print(f"{name:14s} {arm:14s} no seed was finished")
                continue
            ours, theirs = ([curves[which][seed] for seed in seeds] for which in (arm, "random"))
            found = [saving(ours, theirs, 1.0, share) for share in SHARES]
            columns = " | ".join(
                f"{each.ratio:5.2f} [{each.low:.2f}, {each.high:.2f}] {each.labels:5.0f} of {each.labels_random:5.0f}"
                f"{'*' if each.censored else ' '}"
                for each in found
            )
            aim = SETS[name].aim
            verdict = "reached" if found[1].ratio <= aim else "missed"
            worse = "".join(f", worse at {each.share:.0%}" for each in found if each.low > 1.0)
            mean = np.mean([full[seed] for seed in seeds])
            print(f"{name:14s} {arm:14s} {len(seeds):5d} {mean:6.4f} | {columns} | {aim:.2f} {verdict}{worse}")
    print("* some curves ended before the share was reached: the ratio is a bound")


def report_noise(names: list[str], arms: list[str], done: list[Finished]) -> None:
    """Print one line per set, active arm and count: the gain over random order, and wrong answers beside random's."""
    head = " | ".join(f"gain at {count}".center(21) for count in COUNTS)
    print(f"\n{'set':14s} {'arm':14s} {'seeds':>5s} | {head} | wrong of the first {FIRST}, of random's, ratio")
    for name in names:
        found = {(each.cell.arm, each.cell.seed): each for each in done if each.cell.name == name}
        for arm in arms:
            seeds = [seed for of, seed in found if of == arm and ("random", seed) in found]
            if not seeds:
                print(f"{name:14s} {arm:14s} no seed was finished")
                continue
            pairs = [(found[arm, seed], found["random", seed]) for seed in seeds]
            columns = " | ".join(
                _points(mean_of_few([_score(ours, at) - _score(theirs, at) for ours, theirs in pairs], 1e-3))
                for at in COUNTS
            )
            ours, theirs = (float(np.mean([_wrong(pair[side]) for pair in pairs])) for side in (0, 1))
            ratio = f"{ours / theirs:.2f}" if theirs else "no error"
            print(f"{name:14s} {arm:14s} {len(seeds):5d} | {columns} | {ours:.3f}, {theirs:.3f}, {ratio}")
    print("gains in points of the held-out score, with Student's interval over seeds")


def report_successors(names: list[str], arms: list[str], done: list[Finished]) -> None:
    """Print what other families gain from an arm's rows over as many random ones."""
    for name in names:
        found = {(each.cell.arm, each.cell.seed): each.successors for each in done if each.cell.name == name}
        for arm in arms:
            seeds = [seed for of, seed in found if of == arm and ("random", seed) in found]
            if seeds:
                of_arm, of_random = ([found[which, seed] for seed in seeds] for which in (arm, "random"))
                told = ", ".join(
                    f"{family} {_points(gain).strip()}" for family, gain in gains(of_arm, of_random).items()
                )
                print(f"{name:14s} {arm:14s} {len(seeds):5d} | {told}")
    print("gains of other families in points over as many random rows, with Student's interval over seeds")


def _points(gain: Estimate) -> str:
    ends = f"[{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]" if gain.n > 1 else "[one seed]"
    return f"{100 * gain.value:+5.1f} {ends:>15s}"


def _score(done: Finished, count: int) -> float:
    return float(np.interp(count, done.curve.labels, done.curve.scores)) * done.full


def _wrong(done: Finished) -> float:
    return float(np.interp(FIRST, (0, *done.curve.labels), (0, *done.curve.wrong))) / FIRST


def main() -> None:
    """Read the arguments, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=SETS, default=DEFAULT_SETS)
    parser.add_argument("--arms", nargs="+", default=["auto"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1, help="processes; one BLAS thread each")
    parser.add_argument("--minutes", type=float, default=60, help="nothing is started after that")
    parser.add_argument("--random-share", type=float, default=0.0, help="of the active arms' picks; live it is 0.1")
    parser.add_argument("--temperature", type=float, default=DEFAULT_TEMPERATURE)
    parser.add_argument("--stop-at", type=float, default=0.985, help="share of the full score at which a curve may end")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write finished curves there, read those it holds")
    parser.add_argument("--noise", choices=list(NOISE), help="people who err in this way; without it nobody errs")
    parser.add_argument("--rate", type=float, default=0.2, help="of wrong answers, over all rows and people")
    parser.add_argument("--annotators", type=int, default=5, help="people who err")
    parser.add_argument("--budget", type=int, help="answers to give; by default the set's, with --noise 240")
    parser.add_argument("--eval-share", type=float, help="of the pool, to lean by; with --noise 0.1, 0 leans never")
    parser.add_argument("--successors", action="store_true", help="other families on the same rows; --budget 240")
    given = parser.parse_args()
    noise = Noise(given.noise, given.rate, given.annotators) if given.noise else CLEAN
    is_short = given.noise or given.successors
    stop_at, budget = (np.inf, given.budget or max(COUNTS)) if is_short else (given.stop_at, given.budget or 0)
    eval_share = (0.1 if given.noise else 0.0) if given.eval_share is None else given.eval_share
    arms = [arm for arm in dict.fromkeys(given.arms) if arm != "random"]
    cells = [
        Cell(
            name, arm, seed, given.temperature, given.random_share, stop_at, noise, budget, eval_share, given.successors
        )
        for seed in range(given.seeds)
        for name in given.data
        for arm in (*arms, "random")
    ]
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    done = read_kept(cells, given.keep) if given.keep else []
    kept = {each.cell for each in done}
    missing = [cell for cell in cells if cell not in kept]
    with TemporaryDirectory() as folder:
        names = encode([name for name in given.data if any(cell.name == name for cell in missing)], folder)
        todo = [cell for cell in missing if cell.name in names]
        done += run_all(todo, folder, given.jobs, given.minutes, given.keep)
    tell = report_noise if is_short else report
    names = [name for name in given.data if any(each.cell.name == name for each in done)]
    tell(names, arms, done)
    if given.successors:
        report_successors(names, arms, done)


if __name__ == "__main__":
    main()
