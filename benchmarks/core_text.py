"""Macro-F1 on Banking77 (77 intents) from 770 random answers, encoder and learner as installed by default.

    python benchmarks/core_text.py --seeds 5

The encoder is fitted on the 10,003 training texts without their labels; the score is of the 3,080 test texts.
Reads ``../shared/data``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time

import numpy as np

from benchmarks.open_data import DATA
from learning.core import cycle
from learning.core.encoders import make_encoder
from learning.core.learners import one_hot
from learning.core.pools import ArrayPool
from learning.core.simulation import macro_f1

FILE = DATA / "txt_banking77" / "banking77.csv.gz"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--answers", type=int, default=770)
    arguments = parser.parse_args()
    if not FILE.exists():
        print(f"skipped: {FILE.name} is absent")
        return
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    parts = {part: [row for row in rows if row["split"] == part] for part in ("train", "test")}
    names = sorted({row["label"] for row in rows})
    truth = {part: np.array([names.index(row["label"]) for row in own]) for part, own in parts.items()}
    start = time.process_time()
    encoder = make_encoder("auto", "text").fit([row["text"] for row in parts["train"]], np.random.default_rng(0))
    fitted = time.process_time()
    features = {part: encoder.transform([row["text"] for row in own]) for part, own in parts.items()}
    speed = len(rows) / (time.process_time() - fitted)
    print(f"{encoder.version} fitted in {fitted - start:.1f} CPU s, encodes {speed:.0f} texts per CPU s")
    settings = cycle.Settings("classification", len(names))
    targets = one_hot(truth["test"], len(names))
    scores = []
    for seed in range(arguments.seeds):
        picked = np.random.default_rng(seed).choice(len(parts["train"]), arguments.answers, replace=False)
        answers = cycle.Answers(features["train"][picked], one_hot(truth["train"][picked], len(names)))
        eligible = np.ones(len(parts["train"]), dtype=bool)
        eligible[picked] = False
        unlabeled = cycle.sample_pool(ArrayPool(features["train"]), eligible, cycle.step_rng(seed, "sample"))
        start = time.process_time()
        model = cycle.fit_model(answers, settings, cycle.step_rng(seed, "fit"), unlabeled)
        assert model is not None
        scores.append(macro_f1(model.predict(features["test"]), targets, "classification"))
        facts = f"C {model.facts['inverse_penalty']}, spreading {model.facts.get('spreading_share')}"
        print(
            f"seed {seed}: macro-F1 {scores[-1]:.4f} ({facts}, fit {time.process_time() - start:.1f} CPU s)", flush=True
        )
    print(f"macro-F1 {np.mean(scores):.4f}, lowest {min(scores):.4f}, {len(scores)} seeds, {arguments.answers} answers")


if __name__ == "__main__":
    main()
