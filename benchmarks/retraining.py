"""What one retraining costs at 100,000 texts, 77 labels and 1,000 answers, and what ranking costs in matrix products.

    python -m benchmarks.retraining
    python -m benchmarks.retraining --code ../another-checkout
    python -m benchmarks.retraining --only ranking --rows 100000 --rounds 3

Prints CPU seconds (one BLAS thread) of each phase of ``learning/core/cycle.py``, features excluded, medians over rounds
in which this tree and the one of ``--code`` take turns. Pools lie in memory-mapped files that both read.

``retraining``: the 13,083 texts of Banking77 as the text default encodes them (448 features), again and again with a
little noise until there are 100,000; 1,000 of them answered at random, 1,000 held out. ``ranking``: random rows of 512
features in five clumps a label, their k-th direction 1 / k as wide as the first; 1,000 answered, the default learner
and strategy. Spreading takes part at 100,000 rows; above 200,000 it never does.

Each process measures a yardstick beside the rest: one float32 product of the pool with as many columns as there are
labels, block by block as the pool is read. ``rank, products`` is the ranking in units of it, and travels between
machines as seconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]

import numpy as np  # noqa: E402

Figures = dict[str, float]
LABELS, ANSWERS, HELD_OUT, DIMENSION = 77, 1_000, 1_000, 512
RETRAINING, RANKING = "retraining", "ranking"
_NOISE = 0.02
_APART, _CLUMPS = 1.5, 5
_PATIENCE_S = 1_800


def write_texts(folder: Path, n_rows: int) -> None:
    """Write Banking77's features, repeated with noise of a fiftieth of their length, and their labels."""
    from benchmarks.label_sets import banking77

    features, labels = banking77()
    rng = np.random.default_rng(0)
    size = np.float32(_NOISE * np.linalg.norm(features, axis=1).mean() / np.sqrt(features.shape[1]))

    def part(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        rows = np.arange(start, stop) % len(features)
        noise = rng.standard_normal((len(rows), features.shape[1]), dtype=np.float32)
        return features[rows] + size * noise * (np.arange(start, stop) >= len(features))[:, None], labels[rows]

    _write(folder, n_rows, features.shape[1], part)


def write_clusters(folder: Path, n_rows: int) -> None:
    """Write rows in five clumps a label; the k-th direction has a standard deviation in proportion to 1 / k."""
    rng = np.random.default_rng(0)
    scale = (1.0 / np.arange(1, DIMENSION + 1)).astype(np.float32)
    centres = rng.standard_normal((_CLUMPS * LABELS, DIMENSION), dtype=np.float32) * scale

    def part(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        clumps = rng.integers(len(centres), size=stop - start)
        noise = rng.standard_normal((stop - start, DIMENSION), dtype=np.float32) * scale
        return centres[clumps] * np.float32(_APART) + noise, clumps % LABELS

    _write(folder, n_rows, DIMENSION, part)


def _write(
    folder: Path, n_rows: int, dimension: int, part: Callable[[int, int], tuple[np.ndarray, np.ndarray]]
) -> None:
    features = np.lib.format.open_memmap(folder / "features.npy", "w+", np.float32, (n_rows, dimension))
    labels = np.empty(n_rows, np.int64)
    for start in range(0, n_rows, 65_536):
        stop = min(start + 65_536, n_rows)
        features[start:stop], labels[start:stop] = part(start, stop)
    features.flush()
    np.save(folder / "labels.npy", labels)


class Clock:
    """CPU seconds of this process by phase."""

    def __init__(self) -> None:
        self.figures: Figures = {}

    @contextmanager
    def phase(self, name: str) -> Any:
        start = time.process_time()
        yield
        self.figures[name] = time.process_time() - start


def measure(folder: Path) -> Figures:
    """Do one turn of the cycle of whatever tree is imported; every phase once, after the files were read once."""
    from learning.core import cycle
    from learning.core.arrays import ROWS_PER_SHARD
    from learning.core.learners import one_hot
    from learning.core.pools import ShardPool

    features, labels = np.load(folder / "features.npy", mmap_mode="r"), np.load(folder / "labels.npy")
    # as a worker has them: plain arrays over mapped files
    shards = [np.asarray(features[start : start + ROWS_PER_SHARD]) for start in range(0, len(features), ROWS_PER_SHARD)]
    pool = ShardPool(len(features), features.shape[1], lambda number: shards[number])
    order = np.random.default_rng(1).permutation(len(features))
    asked, held_out = order[:ANSWERS], order[ANSWERS : ANSWERS + HELD_OUT]
    answers = cycle.Answers(pool.take(asked), one_hot(labels[asked], LABELS))
    measured = cycle.Answers(pool.take(held_out), one_hot(labels[held_out], LABELS))
    eligible = np.ones(len(features), bool)
    eligible[order[: ANSWERS + HELD_OUT]] = False
    settings = cycle.Settings("classification", LABELS)
    slopes = np.random.default_rng(2).standard_normal((features.shape[1], LABELS), dtype=np.float32)
    _wake_up(cycle, settings, pool, labels)
    clock = Clock()
    for _ in range(2):  # the first time pages are mapped and libraries wake up
        with clock.phase("product"):
            for _, block in pool.blocks():
                block @ slopes
    with clock.phase("sample"):
        unlabeled = cycle.sample_pool(pool, eligible, cycle.step_rng(0, "sample"))
    with clock.phase("fit"):
        model = cycle.fit_model(answers, settings, cycle.step_rng(0, "fit"), unlabeled)
    assert model is not None
    print(model.facts.get("reason", ""), file=sys.stderr)
    if detect := getattr(cycle, "with_outlier_detector", None):  # older trees have none
        with clock.phase("outliers"):
            detect(model, answers, settings, cycle.step_rng(0, "outliers"))
    with clock.phase("evaluate"):
        cycle.evaluate_model(model, answers, measured, settings, cycle.step_rng(0, "evaluate"))
    with clock.phase("rank"):
        draws = cycle.rank_pool(pool, eligible, answers, model, settings, cycle.step_rng(0, "rank"))
    print(draws.strategy, draws.reason, draws.rows[:20].tolist(), file=sys.stderr)
    figures = clock.figures
    figures["all phases"] = sum(seconds for name, seconds in figures.items() if name != "product")
    figures["rank, products"] = figures["rank"] / figures["product"]
    figures["accuracy"] = float((model.predict(measured.features).argmax(axis=1) == labels[held_out]).mean())
    return figures


def _wake_up(cycle: Any, settings: Any, pool: Any, labels: np.ndarray) -> None:
    """Do a turn of few answers: libraries are loaded and ready, as in a worker."""
    from learning.core.learners import one_hot

    few = np.arange(60)
    answers = cycle.Answers(pool.take(few), one_hot(labels[few], LABELS))
    eligible = np.arange(pool.n_rows) < 300
    model = cycle.fit_model(answers, settings, np.random.default_rng(0), pool.take(few + 60))
    if detect := getattr(cycle, "with_outlier_detector", None):
        detect(model, answers, settings, np.random.default_rng(0))
    cycle.evaluate_model(model, answers, answers, settings, np.random.default_rng(0))
    cycle.rank_pool(pool, eligible, answers, model, settings, np.random.default_rng(0))


def in_tree(tree: Path, folder: Path, *, says: bool = False) -> Figures:
    """Measure in a process of the tree's own modules."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", str(folder)]
    ran = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    if ran.returncode:
        raise SystemExit(f"measuring {tree.name} failed:\n{ran.stderr[-2_000:]}")
    if says:
        print(f"{tree.name}: {ran.stderr.strip()}", flush=True)
    return json.loads(ran.stdout)


def rounds(trees: dict[str, Path], folder: Path, n_rounds: int, *, says: bool = False) -> dict[str, list[Figures]]:
    """Measure the trees in turns."""
    found: dict[str, list[Figures]] = {name: [] for name in trees}
    for number in range(n_rounds):
        for name in sorted(trees, reverse=bool(number % 2)):
            found[name].append(in_tree(trees[name], folder, says=says))
    return found


def report(title: str, found: dict[str, list[Figures]]) -> None:
    """Print medians, and the median ratio of the rounds where there are two trees."""
    names = list(found)
    print(f"\n{title}\n{'CPU s':<16}" + "".join(f"{name:>9}" for name in names) + ("    ratio" if names[1:] else ""))
    for phase in dict.fromkeys(phase for each in found.values() for phase in each[0]):
        line = f"{phase:<16}"
        for each in found.values():
            line += f"{statistics.median(figures.get(phase, 0.0) for figures in each):9.3f}"
        if names[1:]:
            pairs = zip(found["new"], found["old"], strict=True)
            ratios = [new[phase] / old[phase] for new, old in pairs if phase in new and old.get(phase)]
            line += f"{statistics.median(ratios):9.2f}" if ratios else "        -"
        print(line, flush=True)


def case(
    name: str, n_rows: int, trees: dict[str, Path], n_rounds: int, *, says: bool = False
) -> dict[str, list[Figures]]:
    """Write the pool of a case, measure the trees on it, and forget it."""
    with TemporaryDirectory(prefix="querent-retraining-") as folder:
        (write_texts if name == RETRAINING else write_clusters)(Path(folder), n_rows)
        return rounds(trees, Path(folder), n_rounds, says=says)


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--code", type=Path, help="a checkout of another commit, measured in turns with this one")
    parser.add_argument("--only", nargs="+", choices=[RETRAINING, RANKING], default=[RETRAINING, RANKING])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="of ranking")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--says", action="store_true", help="why this model and which questions")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    trees = {"new": ROOT} | ({"old": given.code.resolve()} if given.code else {})
    cases = [(RETRAINING, 100_000)] if RETRAINING in given.only else []
    cases += [(RANKING, n_rows) for n_rows in given.rows if RANKING in given.only]
    for name, n_rows in cases:
        found = case(name, n_rows, trees, given.rounds, says=given.says)
        dimension = "448" if name == RETRAINING else DIMENSION
        report(f"{name}: {n_rows:,} x {dimension}, {LABELS} labels, {ANSWERS:,} answers", found)


if __name__ == "__main__":
    main()
