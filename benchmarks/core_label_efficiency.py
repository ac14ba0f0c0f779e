"""Answers the default strategy needs, over what random needs, to reach 90, 95 and 98 % of full accuracy.

One set of defaults for every data set, the live cycle of ``learning/core/cycle.py``, several seeds. Every seed draws
its own pool and held-out rows, both arms see the same.

    python benchmarks/core_label_efficiency.py --data digits fashion --seeds 10

Reads ``../shared/data`` (Fashion-MNIST, Banking77, SMS spam, Adult, TrashNet); sets that are absent are skipped with a
word.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from learning.core import cycle
from learning.core.encoders import make_encoder
from learning.core.learners import one_hot
from learning.core.simulation import Bench, Curve, saving, simulate

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
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


# Data, pool rows, held-out rows, metric, budget of answers, answers between two rankings.
SETS: dict[str, tuple[Callable[[], tuple[Features, Labels]], int, int, str, int, int]] = {
    "digits": (digits, 1_200, 597, "accuracy", 600, 10),
    "fashion": (fashion, 5_000, 2_000, "accuracy", 1_500, 20),
    "banking77": (banking77, 5_000, 3_000, "macro_f1", 3_000, 100),
    "sms": (sms, 3_500, 1_500, "macro_f1", 800, 10),
    "adult": (adult, 5_000, 3_000, "accuracy", 400, 10),
    "trashnet": (trashnet, 1_900, 600, "accuracy", 1_500, 20),
}


def curves_of(
    name: str, arms: list[str], n_seeds: int, random_share: float, minutes: float, temperature: float, stop_at: float
) -> tuple[dict[str, list[Curve]], list[float]]:
    """Simulate every arm with every seed; scores are shares of the seed's score with all labels."""
    load, n_pool, n_held_out, metric, budget, batch = SETS[name]
    features, labels = load()
    n_labels = int(labels.max()) + 1
    targets = one_hot(labels, n_labels)
    settings = cycle.Settings("classification", n_labels, batch=batch, temperature=temperature)
    curves: dict[str, list[Curve]] = {arm: [] for arm in arms}
    full_scores = []
    start = time.monotonic()
    for seed in range(n_seeds):
        order = np.random.default_rng(1_000 + seed).permutation(len(features))
        pool, held_out = order[:n_pool], order[n_pool : n_pool + n_held_out]
        bench = Bench(features[pool], targets[pool], features[held_out], targets[held_out], metric)
        full_scores.append(bench.full_score(settings))
        for arm in arms:
            curve = simulate(
                bench,
                replace(settings, strategy=arm),
                seed=seed,
                budget=budget,
                random_share=0.0 if arm == "random" else random_share,
                stop_at=stop_at * full_scores[-1],
            )
            curves[arm].append(replace(curve, scores=tuple(score / full_scores[-1] for score in curve.scores)))
        if time.monotonic() - start > minutes * 60:
            print(f"{name}: time is up after {seed + 1} of {n_seeds} seeds")
            break
    return curves, full_scores


def measure(
    name: str, arms: list[str], n_seeds: int, random_share: float, minutes: float, temperature: float, stop_at: float
) -> None:
    """Simulate and print the savings."""
    start = time.monotonic()
    curves, full = curves_of(name, arms, n_seeds, random_share, minutes, temperature, stop_at)
    _, n_pool, _, metric, _, batch = SETS[name]
    took = f"{time.monotonic() - start:.0f} s"
    print(f"{name}: pool {n_pool}, {metric} with all labels {np.mean(full):.4f}, {len(full)} seeds, {batch=}, {took}")
    for share in (share for share in (0.90, 0.95, 0.98) if share < stop_at):
        for arm in arms:
            if arm == "random":
                continue
            found = saving(curves[arm], curves["random"], 1.0, share, np.random.default_rng(0))
            labels = f"{found.labels:6.0f} of {found.labels_random:6.0f} labels"
            bound = f" (bound: {found.censored} curves ended early)" if found.censored else ""
            ratio = f"{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"
            print(f"  {share:.0%} {arm:15s} {labels}: {ratio}{bound}", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", choices=SETS, default=["digits", "fashion"])
    parser.add_argument("--arms", nargs="+", default=["auto"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--random-share", type=float, default=0.0, help="of the active arms' picks; live it is 0.1")
    parser.add_argument("--minutes", type=float, default=20, help="per data set")
    parser.add_argument("--temperature", type=float, default=cycle.DEFAULT_TEMPERATURE)
    parser.add_argument("--stop-at", type=float, default=0.985, help="share of the full score at which a curve may end")
    arguments = parser.parse_args()
    for name in arguments.data:
        if name != "digits" and not DATA.is_dir():
            print(f"{name}: skipped, {DATA.name} is absent")
            continue
        arms = [*dict.fromkeys([*arguments.arms, "random"])]
        measure(
            name,
            arms,
            arguments.seeds,
            arguments.random_share,
            arguments.minutes,
            arguments.temperature,
            arguments.stop_at,
        )


if __name__ == "__main__":
    main()
