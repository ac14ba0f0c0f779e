"""Where does a queue fall back to random questions, after how many answers, and is it right?

The live cycle of ``learning/core/simulation.py``, a tenth of the questions random, a ranking every 20 answers:
``auto`` as a project has it (it may fall back, decisions 0062 and 0073), ``auto`` that never does, and random order. A
project asks an eval question beside every four of the pool, which the simulation does not: 120 answers here are 150 of
a project.

    python -m benchmarks.core_fallback --seeds 10
    python -m benchmarks.core_fallback --data adult insects --seeds 3 --budget 240
    python -m benchmarks.core_fallback --noise hard --rate 0.2 --annotators 5 --quick

Prints of how many seeds the queue fell back within 150 answers and after how many; and what choosing gains over random
order in points of the held-out score, without and with the fall-back, with Student's interval over seeds (not with
``--quick``, which simulates only the queue that may fall back). Answers are true unless ``--noise`` says how people err
(``learning/core/simulated_people.py``); then a tenth of the pool are eval items, a fifth of which two people answer.
The bounds of the rule were set on seeds 0 to 19 and from 100 on; later changes are measured on others, which
``--first-seed`` names.

Sets are those of ``benchmarks/label_sets.py`` and the tables below, which no default of Querent was tuned on.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_curves import CLEAN, Noise, follows_beliefs  # noqa: E402
from benchmarks.label_sets import SETS, Features, Labels, rows_of, some_rows, without_columns  # noqa: E402
from benchmarks.open_data import require_data  # noqa: E402
from learning.core.cycle import Settings  # noqa: E402
from learning.core.encoders import make_encoder  # noqa: E402
from learning.core.evaluation.intervals import Estimate, mean_of_few  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402
from learning.core.simulated_people import NOISE, Crowd, SimulatedPeople, make_people, out_of_fold  # noqa: E402
from learning.core.simulation import Bench, Curve, simulate  # noqa: E402

WITHIN, EVAL_BESIDE = 150, 1.25
RANDOM_SHARE, EVAL_SHARE = 0.1, 0.1
#: Of a set's rows that are not among ``SETS``: at most so many are the pool, and so many measure.
POOL, HELD_OUT = 5_000, 3_000


def column(name: str, file: str, target: str, rows: int = 0) -> tuple[Features, Labels]:
    """Return a table of the shared data and one of its columns as the label."""
    found = some_rows(name, file, rows) if rows else rows_of(name, file)
    labels = np.unique(np.array([row[target] for row in found]), return_inverse=True)[1]
    return without_columns(found, {target}), labels


def bundled(name: str) -> tuple[Features, Labels]:
    """Return a table that scikit-learn carries, encoded by the table default."""
    from sklearn import datasets

    found = getattr(datasets, f"load_{name}")()
    rows = [{f"column{number}": float(value) for number, value in enumerate(row)} for row in found.data]
    return make_encoder("auto", "tabular").fit(rows, np.random.default_rng(0)).transform(rows), found.target


TABLES: dict[str, Callable[[], tuple[Features, Labels]]] = {
    "price": partial(column, "stream_elec2", "elec2.csv.gz", "class", 9_000),
    "insects": partial(column, "stream_insects_gradual", "insects_gradual_balanced.csv.gz", "class", 9_000),
    "rain": partial(column, "stream_weather_noaa", "weather_noaa.csv.gz", "target", 9_000),
    "keystroke": partial(column, "stream_keystroke", "keystroke.csv.gz", "class"),
    "cancer": partial(bundled, "breast_cancer"),
}
DEFAULT = ["adult", "mushroom", *TABLES, "sms", "banking77", "trashnet", "digits", "fashion"]


@dataclass(frozen=True)
class Seed:
    """One seed: the curves of ``auto`` with and without the fall-back, and of random order, where they were made."""

    falling: Curve
    choosing: Curve | None = None
    random: Curve | None = None


@dataclass(frozen=True)
class Plan:
    """What is simulated of each seed."""

    budget: int
    noise: Noise = CLEAN
    eval_share: float = 0.0
    quick: bool = False


def loaded(name: str, keep: Path | None) -> tuple[Features, Labels]:
    """Return a set, encoded once into the folder ``keep``. Ends with a word where the data is absent."""
    kept = keep / f"{name}.npz" if keep else None
    if kept and kept.exists():
        found = np.load(kept)
        return found["features"], found["labels"]
    if name not in ("digits", "cancer"):
        require_data(name)
    features, labels = TABLES[name]() if name in TABLES else SETS[name].load()
    if kept:
        np.savez(kept, features=features, labels=labels)
    return features, labels


def bench_of(name: str, features: Features, labels: Labels, seed: int) -> Bench:
    """Cut a seed's own pool and held-out rows, as ``core_label_efficiency`` does."""
    if name in SETS:
        n_pool, n_held, metric = SETS[name].n_pool, SETS[name].n_held_out, SETS[name].metric
    else:
        n_pool = min(POOL, round(len(features) * 0.625))
        n_held, metric = min(HELD_OUT, len(features) - n_pool), "accuracy"
    order = np.random.default_rng(1_000 + seed).permutation(len(features))
    pool, held = order[:n_pool], order[n_pool : n_pool + n_held]
    targets = one_hot(labels, int(labels.max()) + 1)
    return Bench(features[pool], targets[pool], features[held], targets[held], metric)


def people_of(bench: Bench, noise: Noise, seed: int) -> SimulatedPeople | None:
    """Return who answers; beliefs are fitted only where errors follow them."""
    if noise == CLEAN:
        return None
    truth, n_labels = bench.targets.argmax(axis=1), bench.targets.shape[1]
    if follows_beliefs(noise):
        beliefs = out_of_fold(bench.features, truth, n_labels, np.random.default_rng(seed))
    else:
        beliefs = np.full((len(truth), n_labels), 1.0 / n_labels)
    return make_people(noise.kind, Crowd(truth, beliefs, noise.rate, noise.annotators), seed)


def run(bench: Bench, seed: int, plan: Plan) -> Seed:
    """Simulate; what falls back costs a further curve only where it does."""
    people = people_of(bench, plan.noise, seed)

    def curve(strategy: str, falls_back: bool) -> Curve:
        return simulate(
            bench,
            Settings("classification", bench.targets.shape[1], strategy=strategy),
            seed=seed,
            budget=plan.budget,
            random_share=0.0 if strategy == "random" else RANDOM_SHARE,
            people=people,
            eval_share=plan.eval_share,
            falls_back=falls_back,
        )

    falling = curve("auto", True)
    if plan.quick:
        return Seed(falling)
    choosing = curve("auto", False) if falling.fell_back else falling
    return Seed(falling, choosing, curve("random", False))


def gain(seeds: list[Seed], arm: str, at: int) -> Estimate:
    """Return what an arm's held-out score is above random order's at a number of answers."""
    return mean_of_few([_score(getattr(each, arm), at) - _score(each.random, at) for each in seeds], 1e-3)


def _score(curve: Curve | None, at: int) -> float:
    assert curve is not None
    return float(np.interp(at, curve.labels, curve.scores))


def report(name: str, seeds: list[Seed], budget: int) -> str:
    """Return the line of a set."""
    fell = [round(each.falling.fell_back * EVAL_BESIDE) for each in seeds if each.falling.fell_back]
    within = sum(after <= WITHIN for after in fell)
    after = f"after {min(fell)} to {max(fell)}" if fell else "never"
    line = f"{name:10s} fell back within {WITHIN} answers in {within} of {len(seeds)} seeds ({after})"
    if seeds[0].random is None:
        return line
    gains = "; ".join(
        f"at {at}: {_points(gain(seeds, 'choosing', at))} without, {_points(gain(seeds, 'falling', at))} with it"
        for at in (120, budget)[: 1 + (budget > 120)]
    )
    return f"{line}; gain {gains}"


def _points(found: Estimate) -> str:
    ends = f" [{100 * found.low:+.1f}, {100 * found.high:+.1f}]" if found.n > 1 else ""
    return f"{100 * found.value:+.1f}{ends}"


def main() -> None:
    """Read the arguments, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=[*TABLES, *SETS], default=DEFAULT)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=10, help="the rule was made on seeds 0 to 19")
    parser.add_argument("--budget", type=int, default=120, help="answers of the pool")
    parser.add_argument("--noise", choices=list(NOISE), help="how people err")
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--annotators", type=int, default=5)
    parser.add_argument("--eval-share", type=float, help="of the pool; a tenth with --noise, none without")
    parser.add_argument("--quick", action="store_true", help="only whether it falls back")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write encoded sets there, read those it holds")
    given = parser.parse_args()
    noise = Noise(given.noise, given.rate, given.annotators) if given.noise else CLEAN
    share = given.eval_share if given.eval_share is not None else EVAL_SHARE * (noise != CLEAN)
    plan = Plan(given.budget, noise, share, given.quick)
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    for name in given.data:
        start = time.process_time()
        features, labels = loaded(name, given.keep)
        numbers = range(given.first_seed, given.first_seed + given.seeds)
        seeds = [run(bench_of(name, features, labels, seed), seed, plan) for seed in numbers]
        print(f"{report(name, seeds, given.budget)} ({time.process_time() - start:.0f} CPU s)", flush=True)


if __name__ == "__main__":
    main()
