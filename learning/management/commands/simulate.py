"""``manage.py simulate FILE``: would active learning pay on this data? The live cycle, known labels for answers."""

import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from threadpoolctl import threadpool_limits

from labeling.models import FallBack, Modality
from learning.core.cycle import Settings
from learning.core.encoders import ENCODERS
from learning.core.evaluation.interval_words import TOO_FEW, interval_words
from learning.core.evaluation.intervals import mean_of_few
from learning.core.evaluation.objectives import OBJECTIVES, make_objective
from learning.core.learners import LEARNERS
from learning.core.second_opinions import SecondOpinions
from learning.core.simulated_people import SimulatedPeople
from learning.core.simulation import METRICS, Bench, Curve, Saving, saving, simulate
from learning.core.strategies import STRATEGIES
from learning.core.successors import successor_scores
from learning.selectors.estimates import ends, with_note
from learning.services.simulation import curve_plot, erring, inherited, replay
from learning.services.simulation.falling_back import fell_back_told

SHARES = (0.90, 0.95, 0.98)
BAR = 24


@dataclass(frozen=True)
class Arm:
    """The curves of one strategy on one encoder, a seed each; what other families made of the same answers."""

    encoder: str
    strategy: str
    curves: list[Curve]
    successors: list[dict[str, float]] = field(default_factory=list)


class Command(BaseCommand):
    help = "Replays labeled data (csv, jsonl, zip of folders) through the live cycle and compares query strategies."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path, help="csv, tsv, jsonl (also .gz), or a zip of pictures in folders.")
        parser.add_argument("--modality", choices=[replay.AUTO, *Modality.values], default=replay.AUTO)
        parser.add_argument("--label", default="label", help="Column of the true label.")
        parser.add_argument("--text", default="text", help="Column of the text.")
        parser.add_argument("--strategies", nargs="+", default=["auto"], choices=STRATEGIES.names())
        parser.add_argument("--encoders", nargs="+", default=["auto"], choices=["auto", *ENCODERS.names()])
        parser.add_argument("--learner", default="auto", choices=["auto", *LEARNERS.names()])
        parser.add_argument("--seeds", type=int, default=3, help="Each draws its own pool and its own questions.")
        parser.add_argument("--budget", type=int, default=400, help="Answers to give.")
        parser.add_argument("--batch", type=int, default=20, help="Answers between two rankings (retrain_every).")
        parser.add_argument("--random-share", type=float, default=0.1)
        parser.add_argument(
            "--holdout", default="0.2", help="Share of the rows that only measures, or a file that is the measure."
        )
        parser.add_argument(
            "--kind", choices=[name for name in OBJECTIVES.names() if make_objective(name).one_answer],
            default="classification", help="What a label is; ordinal: a step of a scale, labels are numbers.",
        )  # fmt: skip
        parser.add_argument("--metric", choices=list(METRICS), help="Default: what suits the kind.")
        parser.add_argument("--noise", choices=erring.WAYS, help="People who err in this way; without it nobody errs.")
        parser.add_argument("--rate", type=float, default=0.2, help="Of wrong answers, over all rows and people.")
        parser.add_argument("--annotators", type=int, default=5, help="People who err.")
        parser.add_argument(
            "--second-answers", action="store_true",
            help="With --noise: strategies may ask somebody else about a row again; random order asks each row once.",
        )  # fmt: skip
        parser.add_argument(
            "--fall-back", choices=FallBack.values, default=FallBack.AUTO,
            help="Whether auto asks at random where choosing teaches nothing.",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, help="Folder for curves.png, curves.csv and savings.csv.")

    def handle(self, *args: Any, **options: Any) -> None:
        check(options)
        try:
            with threadpool_limits(limits=1):
                self.compare(options)
        except (replay.Unusable, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped.") from None

    def compare(self, options: dict[str, Any]) -> None:
        for registry, named in ((STRATEGIES, options["strategies"]), (LEARNERS, [options["learner"]])):
            fit = ("auto", *registry.names_for(options["kind"]))
            if unfit := [name for name in named if name not in fit]:
                raise CommandError(f"{unfit[0]} is for another kind; of {options['kind']}: {', '.join(fit)}")
        options["metric"] = options["metric"] or make_objective(options["kind"]).simulated_by
        data = replay.read(options["file"], options["modality"], options["label"], options["text"])
        share, holdout = 0.0, None
        if (number := as_share(options["holdout"])) is not None:
            share = number
        else:
            holdout = replay.read(Path(options["holdout"]), data.modality, options["label"], options["text"])
        encoders = list(dict.fromkeys(replay.encoder_for(name, data.modality) for name in options["encoders"]))
        replay.cut(data, holdout, share, 0)  # what cannot be cut is said before anything is computed
        if options["out"]:
            options["out"].mkdir(parents=True, exist_ok=True)
        twice = f", {data.duplicates:,} duplicates left out" if data.duplicates else ""
        self.stdout.write(f"{len(data):,} rows ({data.modality}), {len(set(data.labels))} labels{twice}")
        if found := erring_of(options):
            self.stdout.write(found.told())
        arms, full = self.curves(data, holdout, share, encoders, options)
        savings = self.table(arms, full, options["metric"])
        if options["out"]:
            write(options["out"], options["file"].stem, options["metric"], arms, full, savings)
            self.stdout.write(f"Curves and table: {options['out']}/curves.png, curves.csv, savings.csv")
        else:
            self.stdout.write("Add --out FOLDER for the curves as PNG and CSV.")

    def curves(
        self, data: replay.LabeledFile, holdout: replay.LabeledFile | None, share: float, encoders: list[str],
        options: dict[str, Any],
    ) -> tuple[list[Arm], dict[str, float]]:  # fmt: skip
        """All curves, and the mean score with every row labeled by encoder."""
        strategies = list(dict.fromkeys([*options["strategies"], "random"]))
        arms = [Arm(encoder, strategy, []) for encoder in encoders for strategy in strategies]
        full: dict[str, list[float]] = {encoder: [] for encoder in encoders}
        bar = ProgressBar(self, len(arms) * options["seeds"])
        for seed in range(options["seeds"]):
            parts = replay.cut(data, holdout, share, seed)
            for encoder in encoders:
                bar.show(f"encoding by {encoder}", 0.0)
                bench = replay.make_bench(parts, encoder, options["metric"], seed, options["kind"])
                settings = Settings(
                    options["kind"], bench.targets.shape[1], learner=options["learner"], batch=options["batch"]
                )
                bar.show("learning from every row", 0.0)
                full[encoder].append(bench.full_score(settings))
                found = erring_of(options)
                people = found.people(bench, seed) if found else None
                for arm in (arm for arm in arms if arm.encoder == encoder):
                    curve = self.replay(bench, people, arm, seed, options, bar)
                    arm.curves.append(curve)
                    if not options["second_answers"]:  # other families would learn from as many rows, not answers
                        rows, texts = np.array(curve.rows), inherited.texts_of(parts)
                        arm.successors.append(successor_scores(bench, rows, settings, seed, people, texts))
        return arms, {encoder: float(np.mean(scores)) for encoder, scores in full.items()}

    def replay(
        self, bench: Bench, people: SimulatedPeople | None, arm: Arm, seed: int, options: dict[str, Any],
        bar: "ProgressBar",
    ) -> Curve:  # fmt: skip
        budget = min(options["budget"], len(bench.features))
        name = f"{arm.strategy} on {arm.encoder}, seed {seed}"

        def progress(labels: int, score: float) -> None:
            bar.show(f"{name}: {labels:,} of {budget:,} answers, {score:.3f}", labels / budget)

        settings = Settings(
            options["kind"], bench.targets.shape[1], strategy=arm.strategy, learner=options["learner"],
            batch=options["batch"],
        )  # fmt: skip
        share = 0.0 if arm.strategy == "random" else options["random_share"]
        curve = simulate(
            bench, settings, seed=seed, budget=budget, random_share=share, people=people,
            eval_share=erring.EVAL_SHARE if people else 0.0, progress=progress,
            falls_back=options["fall_back"] == FallBack.AUTO,
            second=SecondOpinions() if options["second_answers"] and arm.strategy != "random" else None,
        )  # fmt: skip
        bar.finish(f"{name}: {curve.scores[-1]:.3f} after {curve.labels[-1]:,} answers")
        return curve

    def table(self, arms: list[Arm], full: dict[str, float], metric: str) -> list[tuple[Arm, Saving]]:
        """Prints the answers needed for each share of the full score, their ratio to random's, and a verdict."""
        found = []
        for encoder, score in full.items():
            self.stdout.write(f"\n{encoder}: {metric} {score:.3f} with every row labeled")
            self.stdout.write(f"{'strategy':<18}{'to reach':>9}{'answers':>9}{'random':>8}{'ratio':>7}  95 % interval")
            own = [arm for arm in arms if arm.encoder == encoder]
            (random,) = (arm for arm in own if arm.strategy == "random")
            for arm in (arm for arm in own if arm is not random):
                for share in SHARES:
                    row = saving(arm.curves, random.curves, score, share)
                    found.append((arm, row))
                    if row.censored == len(arm.curves) + len(random.curves):
                        self.stdout.write(f"{arm.strategy:<18}{share:>8.0%}  no curve came this far")
                        continue
                    unreached = f"  ({row.censored} curves ended below: a bound)" if row.censored else ""
                    self.stdout.write(
                        f"{arm.strategy:<18}{share:>8.0%}{row.labels:>10.0f}{row.labels_random:>8.0f}{row.ratio:>7.2f}"
                        f"  {interval_words(row.low, row.high, len(arm.curves), 2)}{unreached}"
                    )
                self.stdout.write(verdict(arm, found[-2][1], len(arm.curves)))
                if told := fell_back_told(arm.strategy, arm.curves):
                    self.stdout.write(told)
                n_answers = arm.curves[0].labels[-1]
                if arm.successors:
                    known = arm.successors, random.successors
                    self.stdout.write(inherited.told(arm.strategy, n_answers, metric, *known))
                if sum(curve.seconds for curve in arm.curves):  # nobody was simulated where no time went by
                    self.stdout.write(erring.errors_told(arm.strategy, arm.curves, random.curves))
        return found


def check(options: dict[str, Any]) -> None:
    """Raises CommandError for numbers no simulation can run on."""
    for name, least in (("seeds", 1), ("batch", 1), ("budget", 2)):
        if options[name] < least:
            raise CommandError(f"--{name} must be at least {least}.")
    if not 0 <= options["rate"] < 0.5:
        raise CommandError("--rate must be at least 0 and below 0.5.")
    if options["annotators"] < (2 if options["noise"] == "one_bad" else 1):
        raise CommandError(f"--annotators: {options['annotators']} are too few.")
    if options["second_answers"] and (not options["noise"] or options["annotators"] < SecondOpinions().most_answers):
        raise CommandError(f"--second-answers needs --noise and {SecondOpinions().most_answers} --annotators.")
    if not 0 <= options["random_share"] <= 1:
        raise CommandError("--random-share must lie between 0 and 1.")
    share = as_share(options["holdout"])
    if share is not None and not 0 < share < 1:
        raise CommandError("--holdout must lie between 0 and 1, or be a file.")
    if share is None and not Path(options["holdout"]).is_file():
        raise CommandError(f"--holdout: {options['holdout']} is neither a share nor a file.")
    if options["out"] and options["out"].exists() and not options["out"].is_dir():
        raise CommandError(f"--out: {options['out']} is not a folder.")


def erring_of(options: dict[str, Any]) -> erring.Erring | None:
    way = options["noise"]
    return erring.Erring(way, options["rate"], options["annotators"]) if way else None


def as_share(given: str) -> float | None:
    try:
        return float(given)
    except ValueError:
        return None


def verdict(arm: Arm, row: Saving, seeds: int) -> str:
    """One sentence about 95 % of the full score."""
    interval = f"{row.low:.0%} to {row.high:.0%}"
    if row.censored:
        return f"{arm.strategy}: not every curve reached 95 %: give more answers (--budget) for a verdict."
    if seeds < 2:
        return f"{arm.strategy} needs {row.ratio:.0%} of random's answers for 95 %; one seed has no interval."
    if seeds < TOO_FEW:
        return f"{arm.strategy} needs {row.ratio:.0%} of random's answers for 95 %; {seeds} seeds say no more."
    if row.high < 1:
        return f"{arm.strategy} pays here: {row.ratio:.0%} ({interval}) of random's answers for 95 %."
    if row.low > 1:
        return f"{arm.strategy} does not pay here: {row.ratio:.0%} ({interval}) of random's answers for 95 %."
    return f"{arm.strategy}: no clear difference from random for 95 % ({row.ratio:.0%}, {interval}); try more seeds."


class ProgressBar:
    """One line that renews itself on a terminal; elsewhere a line for each finished curve."""

    def __init__(self, command: BaseCommand, total: int) -> None:
        self._write: Callable[..., Any] = command.stderr.write
        self._total, self._done, self._started = total, 0, time.monotonic()
        self._live = sys.stderr.isatty()

    def show(self, text: str, part: float) -> None:
        if self._live:
            self._write(f"\r{self._head(self._done + part)} {text}"[:118].ljust(118), ending="")

    def finish(self, text: str) -> None:
        self._done += 1
        if self._live:
            self._write("\r" + " " * 118 + "\r", ending="")
        self._write(f"{self._done}/{self._total} {text}")

    def _head(self, done: float) -> str:
        filled = round(BAR * done / self._total)
        left = (time.monotonic() - self._started) * (self._total - done) / done if done else 0.0
        clock = f" {left / 60:.0f} min left" if left >= 90 else f" {left:.0f} s left" if done else ""
        return f"[{'#' * filled}{'.' * (BAR - filled)}]{clock}"


def write(
    folder: Path, title: str, metric: str, arms: list[Arm], full: dict[str, float], savings: list[tuple[Arm, Saving]]
) -> None:
    """curves.csv, savings.csv and curves.png."""
    with (folder / "curves.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["encoder", "strategy", "seed", "labels", metric])
        for arm in arms:
            for curve in arm.curves:
                points = zip(curve.labels, curve.scores, strict=True)
                rows.writerows((arm.encoder, arm.strategy, curve.seed, *point) for point in points)
    with (folder / "savings.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["encoder", "strategy", "share", "labels", "labels_random", "ratio", "low", "high", "censored", "note"]
        )
        for arm, row in savings:
            told = with_note({"low": row.low, "high": row.high, "n": len(arm.curves)})
            rows.writerow(
                [arm.encoder, arm.strategy, row.share, row.labels, row.labels_random, row.ratio, told["low"],
                 told["high"], row.censored, told["note"]]
            )  # fmt: skip
    panels = [
        curve_plot.Panel(encoder, [line(arm) for arm in arms if arm.encoder == encoder], score)
        for encoder, score in full.items()
    ]
    curve_plot.save(folder / "curves.png", title, metric.replace("_", " "), panels)


def line(arm: Arm) -> curve_plot.Line:
    """The mean over seeds with its interval, where it has one; all curves of a run have the same numbers of labels."""
    means = [mean_of_few(scores) for scores in zip(*(curve.scores for curve in arm.curves), strict=True)]
    known = [ends({**mean.as_dict(), "high": min(mean.high, 1.0)}) for mean in means]
    return curve_plot.Line(arm.strategy, arm.curves[0].labels, [mean.value for mean in means], known)
