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

Reads ``../shared/data`` (Fashion-MNIST, Banking77, SMS spam, Adult, TrashNet, weather, electricity, humour); sets that
are absent are skipped with a word.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from learning.core import cycle  # noqa: E402
from learning.core.acquisition import DEFAULT_TEMPERATURE  # noqa: E402
from learning.core.encoders import make_encoder  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402
from learning.core.simulation import Bench, Curve, saving, simulate  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
Features = np.ndarray
Labels = np.ndarray


def digits() -> tuple[Features, Labels]:
    """Return the 1,797 pictures of 8 x 8 grey values that scikit-learn carries."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.data / 16.0).astype(np.float32), found.target


def fashion() -> tuple[Features, Labels]:
    """Return 10,000 pictures of clothes as raw pixels."""
    found = np.load(DATA / "img_fashion_mnist" / "fashion_mnist_train8k_test2k.npz")
    pictures = np.concatenate((found["x_train"], found["x_test"])).reshape(-1, 784)
    return (pictures / 255.0).astype(np.float32), np.concatenate((found["y_train"], found["y_test"]))


def _rows(name: str, file: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name / file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _numbers(labels: list[str]) -> Labels:
    return np.unique(np.array(labels), return_inverse=True)[1]


def banking77() -> tuple[Features, Labels]:
    """Return 13,083 questions to a bank, encoded by the text default."""
    rows = _rows("txt_banking77", "banking77.csv.gz")
    texts = [row["text"] for row in rows]
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _numbers(
        [row["label"] for row in rows]
    )


def sms() -> tuple[Features, Labels]:
    """Return the distinct short messages, 13 % spam, encoded by the text default."""
    rows = list({row["text"]: row for row in _rows("txt_sms_spam", "sms_spam.csv.gz")}.values())
    texts = [row["text"] for row in rows]
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _numbers(
        [row["label"] for row in rows]
    )


def adult() -> tuple[Features, Labels]:
    """Return 12,000 rows of the census, encoded by the table default."""
    rows = _rows("tab_adult", "adult.csv.gz")
    picked = np.random.default_rng(0).choice(len(rows), 12_000, replace=False)
    contents = [{name: value for name, value in rows[row].items() if name not in ("target", "split")} for row in picked]
    features = make_encoder("auto", "tabular").fit(contents, np.random.default_rng(0)).transform(contents)
    return features, _numbers([rows[row]["target"].strip(" .") for row in picked])


def trashnet() -> tuple[Features, Labels]:
    """Return 2,527 photos, encoded by the picture default."""
    from PIL import Image

    pictures, labels = [], []
    with zipfile.ZipFile(DATA / "img_trashnet" / "images.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.lower().endswith(".jpg"):
                pictures.append(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")))
                labels.append(name.split("/")[-2])
    return make_encoder("auto", "image").fit(pictures, np.random.default_rng(0)).transform(pictures), _numbers(labels)


def fashion_photos() -> tuple[Features, Labels]:
    """Return the same pictures of clothes, encoded by the picture default."""
    features, labels = fashion()
    pictures = (features.reshape(-1, 28, 28, 1) * 255).round().astype(np.uint8).repeat(3, axis=3)
    return make_encoder("auto", "image").fit(list(pictures), np.random.default_rng(0)).transform(list(pictures)), labels


def _binned(rows: list[dict[str, str]], column: str, steps: int) -> Labels:
    """Cut a column of numbers into steps that hold equally many rows."""
    values = np.array([float(row[column]) for row in rows])
    return np.searchsorted(np.quantile(values, np.arange(1, steps) / steps), values, side="right")


def _some(name: str, file: str, n: int) -> list[dict[str, str]]:
    rows = _rows(name, file)
    return [rows[row] for row in np.random.default_rng(0).choice(len(rows), n, replace=False)]


def _without(rows: list[dict[str, str]], columns: set[str]) -> Features:
    contents = [{name: value for name, value in row.items() if name not in columns} for row in rows]
    return make_encoder("auto", "tabular").fit(contents, np.random.default_rng(0)).transform(contents)


def weather() -> tuple[Features, Labels]:
    """Return 9,000 days of a weather station and their mean wind speed, in seven steps."""
    rows = _some("stream_weather_noaa", "weather_noaa.csv.gz", 9_000)
    return _without(rows, {"feat_5"}), _binned(rows, "feat_5", 7)


def electricity() -> tuple[Features, Labels]:
    """Return 9,000 half hours of a power market and the price as a rating of seven steps."""
    rows = _some("stream_elec2", "elec2.csv.gz", 9_000)
    return _without(rows, {"nswprice", "class"}), _binned(rows, "nswprice", 7)


def education() -> tuple[Features, Labels]:
    """Return 9,000 rows of the census and how far the person came at school, in six steps: an ordinal column."""
    rows = _some("tab_adult", "adult.csv.gz", 9_000)
    known = {"education", "education_num", "split", "target", "fnlwgt"}
    attained = np.array([int(row["education_num"]) for row in rows])
    return _without(rows, known), np.searchsorted([9, 10, 11, 13, 14], attained, side="right")


def hours() -> tuple[Features, Labels]:
    """Return the same rows and the hours a week the person works: under 35, to 39, 40, to 49, more."""
    rows = _some("tab_adult", "adult.csv.gz", 9_000)
    worked = np.array([float(row["hours_per_week"]) for row in rows])
    return _without(rows, {"hours_per_week", "split", "target", "fnlwgt"}), np.searchsorted(
        [35, 40, 41, 50], worked, side="right"
    )


def age() -> tuple[Features, Labels]:
    """Return the same rows and the person's age in five steps."""
    rows = _some("tab_adult", "adult.csv.gz", 9_000)
    return _without(rows, {"age", "split", "target", "fnlwgt"}), _binned(rows, "age", 5)


def visibility() -> tuple[Features, Labels]:
    """Return 9,000 days of a weather station and how far one could see, in five steps."""
    rows = _some("stream_weather_noaa", "weather_noaa.csv.gz", 9_000)
    return _without(rows, {"feat_4"}), _binned(rows, "feat_4", 5)


def jokes() -> tuple[Features, Labels]:
    """Return 4,030 one-line jokes, encoded by the text default, and how funny people found them in five steps."""
    rows = _rows("pair_humour", "items.csv.gz")
    texts = [row["text"] for row in rows]
    return make_encoder("auto", "text").fit(texts, np.random.default_rng(0)).transform(texts), _binned(rows, "score", 5)


class DataSet(NamedTuple):
    """How a set is simulated; ``batch`` answers lie between two rankings, ``aim`` is what is hoped for at 95 %.

    The batch is the application's default for ``retrain_every``. Only Banking77 takes larger steps, which save four
    fifths of the time and can only cost the active arm.
    """

    load: Callable[[], tuple[Features, Labels]]
    n_pool: int
    n_held_out: int
    metric: str
    budget: int
    batch: int
    aim: float
    kind: str = "classification"


SETS = {
    "digits": DataSet(digits, 1_200, 597, "accuracy", 600, 20, 0.50),
    "fashion": DataSet(fashion, 5_000, 2_000, "accuracy", 1_500, 20, 0.50),
    "banking77": DataSet(banking77, 5_000, 3_000, "macro_f1", 3_000, 100, 0.70),
    "trashnet": DataSet(trashnet, 1_900, 600, "accuracy", 1_500, 20, 0.70),
    "sms": DataSet(sms, 3_500, 1_500, "macro_f1", 800, 20, 0.70),
    "adult": DataSet(adult, 5_000, 3_000, "accuracy", 400, 20, 0.70),
    "fashion_photos": DataSet(fashion_photos, 5_000, 2_000, "accuracy", 1_500, 20, 0.50),
    "weather": DataSet(weather, 5_000, 3_000, "quadratic_kappa", 600, 20, 0.80, "ordinal"),
    "electricity": DataSet(electricity, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "education": DataSet(education, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "hours": DataSet(hours, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "age": DataSet(age, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "visibility": DataSet(visibility, 5_000, 3_000, "quadratic_kappa", 800, 20, 0.80, "ordinal"),
    "jokes": DataSet(jokes, 3_000, 1_000, "quadratic_kappa", 1_600, 20, 0.80, "ordinal"),
}
ORDINAL_SETS = [name for name in SETS if SETS[name].kind == "ordinal"]
DEFAULT_SETS = [name for name in SETS if name not in ("fashion_photos", *ORDINAL_SETS)]
SHARES = (0.90, 0.95, 0.98)


class Cell(NamedTuple):
    """One seed of one arm on one set."""

    name: str
    arm: str
    seed: int
    temperature: float
    random_share: float
    stop_at: float


def run_cell(cell: Cell, folder: str) -> tuple[Cell, Curve, float]:
    """Simulate; scores are shares of the score that the same learner reaches with all labels of the seed's pool."""
    data = SETS[cell.name]
    features, labels = (np.load(Path(folder) / f"{cell.name}-{part}.npy") for part in ("features", "labels"))
    n_labels = int(labels.max()) + 1
    targets = one_hot(labels, n_labels)
    order = np.random.default_rng(1_000 + cell.seed).permutation(len(features))
    pool, held_out = order[: data.n_pool], order[data.n_pool : data.n_pool + data.n_held_out]
    bench = Bench(features[pool], targets[pool], features[held_out], targets[held_out], data.metric)
    settings = cycle.Settings(data.kind, n_labels, strategy=cell.arm, batch=data.batch, temperature=cell.temperature)
    full = _full_score(bench, settings, Path(folder) / f"{cell.name}-{cell.seed}-full.json")
    curve = simulate(
        bench,
        settings,
        seed=cell.seed,
        budget=data.budget,
        random_share=0.0 if cell.arm == "random" else cell.random_share,
        stop_at=cell.stop_at * full,
    )
    return cell, replace(curve, scores=tuple(score / full for score in curve.scores)), full


def _full_score(bench: Bench, settings: cycle.Settings, known: Path) -> float:
    """Compute once a seed what all arms are measured against; it takes longer than a short curve."""
    if known.exists():
        return float(known.read_text(encoding="utf-8"))
    full = bench.full_score(settings)
    known.write_text(repr(full), encoding="utf-8")
    return full


def kept_as(cell: Cell, keep: Path) -> Path:
    """Return the file of a finished cell; random order depends on neither temperature nor share."""
    chance = "" if cell.arm == "random" else f"-{cell.temperature}-{cell.random_share}"
    return keep / f"{cell.name}-{cell.arm}-{cell.seed}{chance}-{cell.stop_at}.json"


def read_kept(cells: list[Cell], keep: Path) -> list[tuple[Cell, Curve, float]]:
    """Return the cells that an earlier run finished."""
    found = []
    for cell in cells:
        if (path := kept_as(cell, keep)).exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            curve = Curve(cell.arm, cell.seed, tuple(kept["labels"]), tuple(kept["scores"]))
            found.append((cell, curve, float(kept["full"])))
    return found


def write_kept(cell: Cell, curve: Curve, full: float, keep: Path) -> None:
    """Write a finished cell."""
    kept = json.dumps({"labels": curve.labels, "scores": curve.scores, "full": full})
    kept_as(cell, keep).write_text(kept, encoding="utf-8")


def encode(names: list[str], folder: str) -> list[str]:
    """Encode every set once into ``folder``; return the sets that are there."""
    found = []
    for name in names:
        start = time.monotonic()
        if name != "digits" and not DATA.is_dir():
            print(f"{name}: skipped, {DATA.name} is absent")
            continue
        features, labels = SETS[name].load()
        np.save(Path(folder) / f"{name}-features.npy", features)
        np.save(Path(folder) / f"{name}-labels.npy", labels)
        print(f"{name}: {len(features):,} x {features.shape[1]} in {time.monotonic() - start:.0f} s", flush=True)
        found.append(name)
    return found


def run_all(
    cells: list[Cell], folder: str, jobs: int, minutes: float, keep: Path | None
) -> list[tuple[Cell, Curve, float]]:
    """Run the cells in ``jobs`` processes, seed after seed, and start no more when time is up."""
    done: list[tuple[Cell, Curve, float]] = []
    start = time.monotonic()
    waiting = iter(cells)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        running = {workers.submit(run_cell, cell, folder) for cell in islice(waiting, jobs)}
        while running:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                done.append(future.result())
                cell, curve, full = done[-1]
                if keep:
                    write_kept(cell, curve, full, keep)
                minutes_taken = (time.monotonic() - start) / 60
                print(
                    f"[{len(done)}/{len(cells)}, {minutes_taken:.1f} min] {cell.name} {cell.arm} seed {cell.seed}: "
                    f"{curve.labels[-1]} labels, {curve.scores[-1]:.3f} of {full:.4f}",
                    file=sys.stderr,
                    flush=True,
                )
            if time.monotonic() - start < minutes * 60:
                running |= {workers.submit(run_cell, cell, folder) for cell in islice(waiting, len(ready))}
    return done


def report(names: list[str], arms: list[str], done: list[tuple[Cell, Curve, float]]) -> None:
    """Print one line per set and active arm: ratio and interval at every share of the full score."""
    head = " | ".join(f"{share:.0%} of full".center(37) for share in SHARES)
    print(f"\n{'set':14s} {'arm':14s} {'seeds':>5s} {'full':>6s} | {head} | 95 % aim")
    for name in names:
        curves = {
            arm: {cell.seed: curve for cell, curve, _ in done if (cell.name, cell.arm) == (name, arm)}
            for arm in (*arms, "random")
        }
        full = {cell.seed: full for cell, _, full in done if cell.name == name}
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
    given = parser.parse_args()
    arms = [arm for arm in dict.fromkeys(given.arms) if arm != "random"]
    cells = [
        Cell(name, arm, seed, given.temperature, given.random_share, given.stop_at)
        for seed in range(given.seeds)
        for name in given.data
        for arm in (*arms, "random")
    ]
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    done = read_kept(cells, given.keep) if given.keep else []
    kept = {cell for cell, _, _ in done}
    missing = [cell for cell in cells if cell not in kept]
    with TemporaryDirectory() as folder:
        names = encode([name for name in given.data if any(cell.name == name for cell in missing)], folder)
        todo = [cell for cell in missing if cell.name in names]
        done += run_all(todo, folder, given.jobs, given.minutes, given.keep)
    report([name for name in given.data if any(cell.name == name for cell, _, _ in done)], arms, done)


if __name__ == "__main__":
    main()
