"""Curves of the label benchmarks: a seed of an arm on a set, with people who err or without, kept and read back."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.label_sets import SETS
from benchmarks.open_data import require_data
from learning.core import cycle
from learning.core.learners import one_hot
from learning.core.second_opinions import SecondOpinions
from learning.core.simulated_people import Crowd, SimulatedPeople, make_people, out_of_fold
from learning.core.simulation import Bench, Curve, simulate
from learning.core.successors import Texts, successor_scores


class Noise(NamedTuple):
    """How people err; see ``learning/core/simulated_people.py``."""

    kind: str
    rate: float = 0.0
    annotators: int = 1


CLEAN = Noise("clean")


@dataclass(frozen=True)
class Cell:
    """One seed of one arm on one set. ``budget`` 0 is the set's own; ``eval_share`` of the pool tells how to lean.

    ``second``: part of the answers are second ones, by ``rule``, at most ``most_share``, an item having at most
    ``most_answers``; ``overlap``: so many people answer every item at once; ``falls_back``: as a project does where
    nothing is taught.
    """

    name: str
    arm: str
    seed: int
    temperature: float
    random_share: float
    stop_at: float
    noise: Noise = CLEAN
    budget: int = 0
    eval_share: float = 0.0
    successors: bool = False
    second: bool = False
    falls_back: bool = False
    rule: str = ""
    most_share: float = SecondOpinions.most_share
    most_answers: int = SecondOpinions.most_answers
    overlap: int = 1


@dataclass(frozen=True)
class Finished:
    """A cell with its curve.

    Scores are shares of ``full``: the score of the same learner with all answers, all of them true, or 1 where a curve
    has a budget and no target. ``successors``: scores of other families on the rows that were asked.
    """

    cell: Cell
    curve: Curve
    full: float
    successors: dict[str, float] = field(default_factory=dict)


class Stage(NamedTuple):
    """A seed's own pool and held-out rows of a set."""

    bench: Bench
    truth: np.ndarray
    settings: cycle.Settings
    n_rows: int


def stage(cell: Cell, folder: Path) -> Stage:
    """Cut the encoded set of a cell."""
    data = SETS[cell.name]
    features, labels = (np.load(folder / f"{cell.name}-{part}.npy") for part in ("features", "labels"))
    n_labels = int(labels.max()) + 1
    targets = one_hot(labels, n_labels)
    pool, held_out = pool_and_held_out(cell, len(features))
    bench = Bench(features[pool], targets[pool], features[held_out], targets[held_out], data.metric)
    settings = cycle.Settings(data.kind, n_labels, strategy=cell.arm, batch=data.batch, temperature=cell.temperature)
    return Stage(bench, labels[pool], settings, len(features))


def pool_and_held_out(cell: Cell, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of the set are the seed's pool and which only measure."""
    data = SETS[cell.name]
    order = np.random.default_rng(1_000 + cell.seed).permutation(n_rows)
    return order[: data.n_pool], order[data.n_pool : data.n_pool + data.n_held_out]


def follows_beliefs(noise: Noise) -> bool:
    """Return whether errors lie where a model is unsure: only then one is fitted to make people by."""
    return noise.kind in ("hard", "confusable")


def people_of(cell: Cell, at: Stage, folder: Path) -> SimulatedPeople | None:
    """Return who answers; the model they are made by is fitted once a seed."""
    if cell.noise == CLEAN:
        return None
    if not follows_beliefs(cell.noise):
        alike = np.full(at.bench.targets.shape, 1.0 / at.settings.n_labels)
        crowd = Crowd(at.truth, alike, cell.noise.rate, cell.noise.annotators)
        return make_people(cell.noise.kind, crowd, cell.seed)
    known = folder / f"{cell.name}-{cell.seed}-beliefs.npy"
    if not known.exists():
        rng = np.random.default_rng(cell.seed)
        np.save(known, out_of_fold(at.bench.features, at.truth, at.settings.n_labels, rng))
    crowd = Crowd(at.truth, np.load(known), cell.noise.rate, cell.noise.annotators)
    return make_people(cell.noise.kind, crowd, cell.seed)


def run_cell(cell: Cell, folder: str) -> Finished:
    """Simulate; scores are shares of the score that the same learner reaches with all labels of the seed's pool."""
    at = stage(cell, Path(folder))
    people = people_of(cell, at, Path(folder))
    known = Path(folder) / f"{cell.name}-{cell.seed}-full.json"
    # learning from all rows takes longer than a short curve, and one that is not stopped is compared with nothing
    full = _once(known, lambda: at.bench.full_score(at.settings)) if np.isfinite(cell.stop_at) else 1.0
    curve = simulate(
        at.bench,
        at.settings,
        seed=cell.seed,
        budget=cell.budget or SETS[cell.name].budget,
        random_share=0.0 if cell.arm == "random" else cell.random_share,
        stop_at=cell.stop_at * full,
        people=people,
        eval_share=cell.eval_share,
        falls_back=cell.falls_back,
        second=SecondOpinions(cell.most_share, cell.most_answers, cell.rule or SecondOpinions.rule)
        if cell.second
        else None,
        overlap=cell.overlap,
    )
    others = {}
    if cell.successors:
        texts = SETS[cell.name].texts
        read = texts() if texts else None
        order = pool_and_held_out(cell, at.n_rows)
        both = Texts(*([read[row] for row in rows] for rows in order)) if read else None
        others = successor_scores(at.bench, np.array(curve.rows), at.settings, cell.seed, people, both)
    return Finished(cell, replace(curve, scores=tuple(score / full for score in curve.scores)), full, others)


def _once(known: Path, compute: Callable[[], float]) -> float:
    """Compute once a seed what all arms are measured against; it takes longer than a short curve."""
    if not known.exists():
        known.write_text(repr(compute()), encoding="utf-8")
    return float(known.read_text(encoding="utf-8"))


def kept_as(cell: Cell, keep: Path) -> Path:
    """Return the file of a finished cell; random order depends on neither temperature nor share."""
    chance = "" if cell.arm == "random" else f"-{cell.temperature}-{cell.random_share}"
    noise = "" if cell.noise == CLEAN else "-" + "-".join(map(str, cell.noise))
    further = "".join(f"-{number}" for number in (cell.budget, cell.eval_share) if number)
    others = "".join(f"-{name}" for name in ("successors", "second", "falls_back") if getattr(cell, name))
    others += f"-{cell.most_share}" if cell.most_share != SecondOpinions.most_share else ""
    others += f"-most{cell.most_answers}" if cell.most_answers != SecondOpinions.most_answers else ""
    others += (f"-{cell.rule}" if cell.rule else "") + (f"-overlap{cell.overlap}" if cell.overlap > 1 else "")
    return keep / f"{cell.name}-{cell.arm}-{cell.seed}{chance}-{cell.stop_at}{noise}{further}{others}.json"


def read_kept(cells: list[Cell], keep: Path) -> list[Finished]:
    """Return the cells that an earlier run finished."""
    found = []
    for cell in cells:
        if (path := kept_as(cell, keep)).exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            curve = Curve(cell.arm, cell.seed, tuple(kept["labels"]), tuple(kept["scores"]))
            wrong, rows, items = (tuple(kept.get(name, ())) for name in ("wrong", "rows", "items"))
            curve = replace(curve, wrong=wrong, rows=rows, items=items)
            found.append(Finished(cell, curve, float(kept["full"]), kept.get("successors", {})))
    return found


def write_kept(done: Finished, keep: Path) -> None:
    """Write a finished cell."""
    kept_as(done.cell, keep).write_text(
        json.dumps({**asdict(done.curve), "full": done.full, "successors": done.successors}), encoding="utf-8"
    )


def encode(names: list[str], folder: str) -> list[str]:
    """Encode every set once into ``folder``; return them. Ends with a word where the data is absent."""
    for name in names:
        if (Path(folder) / f"{name}-labels.npy").exists():
            continue
        start = time.monotonic()
        if name != "digits":
            require_data(name)
        features, labels = SETS[name].load()
        np.save(Path(folder) / f"{name}-features.npy", features)
        np.save(Path(folder) / f"{name}-labels.npy", labels)
        print(f"{name}: {len(features):,} x {features.shape[1]} in {time.monotonic() - start:.0f} s", flush=True)
    return names


def run_all(cells: list[Cell], folder: str, jobs: int, minutes: float, keep: Path | None) -> list[Finished]:
    """Run the cells in ``jobs`` processes, seed after seed, and start no more when time is up."""
    done: list[Finished] = []
    start = time.monotonic()
    waiting = iter(cells)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        running = {workers.submit(run_cell, cell, folder) for cell in islice(waiting, jobs)}
        while running:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                done.append(future.result())
                cell, curve = done[-1].cell, done[-1].curve
                if keep:
                    write_kept(done[-1], keep)
                minutes_taken = (time.monotonic() - start) / 60
                print(
                    f"[{len(done)}/{len(cells)}, {minutes_taken:.1f} min] {cell.name} {cell.arm} seed {cell.seed}: "
                    f"{curve.labels[-1]} labels, {curve.scores[-1]:.3f} of {done[-1].full:.4f}",
                    file=sys.stderr,
                    flush=True,
                )
            if time.monotonic() - start < minutes * 60:
                running |= {workers.submit(run_cell, cell, folder) for cell in islice(waiting, len(ready))}
    return done
