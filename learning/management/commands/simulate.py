"""``manage.py simulate FILE``: would active learning pay on this data? The live cycle, known labels for answers."""

import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from threadpoolctl import threadpool_limits

from labeling.models import Modality
from learning.core.cycle import Settings
from learning.core.encoders import ENCODERS
from learning.core.simulation import METRICS, Bench, Curve, saving, simulate
from learning.core.strategies import STRATEGIES
from learning.services import replay

SHARES = (0.90, 0.95, 0.98)


class Command(BaseCommand):
    help = "Replays labeled data (csv, jsonl, zip of folders) through the live cycle and compares query strategies."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--modality", choices=Modality.values, default="text")
        parser.add_argument("--label", default="label", help="Column of the true label.")
        parser.add_argument("--text", default="text", help="Column of the text.")
        parser.add_argument("--strategies", nargs="+", default=["auto"], choices=STRATEGIES.names())
        parser.add_argument("--encoder", default="auto", choices=["auto", *ENCODERS.names()])
        parser.add_argument("--seeds", type=int, default=3)
        parser.add_argument("--budget", type=int, default=400, help="Answers to give.")
        parser.add_argument("--batch", type=int, default=20, help="Answers between two rankings (retrain_every).")
        parser.add_argument("--random-share", type=float, default=0.1)
        parser.add_argument("--holdout", type=float, default=0.2, help="Share of the rows that only measures.")
        parser.add_argument("--metric", choices=list(METRICS), default="macro_f1")
        parser.add_argument("--out", type=Path, help="Writes the curves as CSV.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seeds"] < 1 or options["batch"] < 1 or not 0 < options["holdout"] < 1:
            raise CommandError("--seeds and --batch must be at least 1, --holdout between 0 and 1.")
        try:
            with threadpool_limits(limits=1):
                self.compare(options)
        except (replay.Unusable, OSError, UnicodeDecodeError, ValueError) as error:
            raise CommandError(str(error)) from error

    def compare(self, options: dict[str, Any]) -> None:
        data = replay.read(options["file"], options["modality"], options["label"], options["text"])
        self.stdout.write(f"{len(data.labels):,} rows, {len(set(data.labels))} labels; encoding…")
        arms = list(dict.fromkeys([*options["strategies"], "random"]))
        curves: dict[str, list[Curve]] = {arm: [] for arm in arms}
        full_scores = []
        for seed in range(options["seeds"]):
            bench = replay.make_bench(
                data, options["modality"], options["encoder"], options["metric"], options["holdout"], seed
            )
            full_scores.append(bench.full_score(self.settings(bench, "random", options)))
            for arm in arms:
                curves[arm].append(self.replay(bench, arm, seed, options))
        full_score = float(np.mean(full_scores))
        self.stdout.write(f"{options['metric']} with every pool row labeled: {full_score:.3f}")
        self.table(curves, full_score)
        if options["out"]:
            write_curves(options["out"], curves)
            self.stdout.write(f"curves: {options['out']}")

    def settings(self, bench: Bench, arm: str, options: dict[str, Any]) -> Settings:
        return Settings("classification", bench.targets.shape[1], strategy=arm, batch=options["batch"])

    def replay(self, bench: Bench, arm: str, seed: int, options: dict[str, Any]) -> Curve:
        started = time.perf_counter()
        budget = min(options["budget"], len(bench.features))

        def progress(labels: int, score: float) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{arm} seed {seed}: {labels:,} of {budget:,} answers, {score:.3f} ", ending="")

        settings = self.settings(bench, arm, options)
        share = 0.0 if arm == "random" else options["random_share"]
        curve = simulate(bench, settings, seed=seed, budget=budget, random_share=share, progress=progress)
        seconds = time.perf_counter() - started
        last = f"{curve.scores[-1]:.3f} after {curve.labels[-1]:,} answers"
        self.stderr.write(f"\r{arm} seed {seed}: {last}, {seconds:.1f} s".ljust(70))
        return curve

    def table(self, curves: dict[str, list[Curve]], full_score: float) -> None:
        """Answers needed for a share of the full score, and their ratio to random's with its interval."""
        self.stdout.write(f"{'strategy':<16}{'share':>7}{'answers':>10}{'random':>10}{'ratio':>8}   95 % interval")
        rng = np.random.default_rng(0)
        for arm, found in curves.items():
            if arm == "random":
                continue
            for share in SHARES:
                row = saving(found, curves["random"], full_score, share, rng)
                unreached = f"   {row.censored} curves ended below" if row.censored else ""
                self.stdout.write(
                    f"{arm:<16}{share:>7.0%}{row.labels:>10.0f}{row.labels_random:>10.0f}{row.ratio:>8.2f}"
                    f"   {row.low:.2f} to {row.high:.2f}{unreached}"
                )


def write_curves(path: Path, curves: dict[str, list[Curve]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["strategy", "seed", "labels", "score"])
        for arm, found in curves.items():
            for curve in found:
                writer.writerows((arm, curve.seed, *point) for point in zip(curve.labels, curve.scores, strict=True))
