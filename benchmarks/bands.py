"""Bands of predictions for a week: are they as large as people have time for, and as often right as is said?

A model of ``--labels`` answers is asked for eight days. Each day brings a Poisson number of rows nobody has labeled,
and each evening the bands are sized by the days before, as the worker does; the first day has the fixed bands and is
not counted. What a band is said to be right is measured on one half of the eval items and compared with the other half,
which neither the model nor the rate has seen, and with what was asked meanwhile.

Seeds begin at 100: how a rate is told was shaped on others.

    python -m benchmarks.bands
    python -m benchmarks.bands --data sms banking77 --seeds 10 --reviews 40 --a-day 400
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_sets import SETS, Features, Labels  # noqa: E402
from benchmarks.open_data import require_data  # noqa: E402
from learning.core.cycle import Answers, Settings, fit_model  # noqa: E402
from learning.core.evaluation.bands import BANDS, rates, sized  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402

DAYS = 7
FIXED = (0.6, 0.85)
WITHIN = 0.05


def week(features: Features, labels: Labels, arguments: argparse.Namespace, seed: int) -> dict[str, list[list[float]]]:
    """Return by band the sizes of the days, and (said, other half, asked) with their numbers of rows."""
    rng = np.random.default_rng(seed)
    n_labels = int(labels.max()) + 1
    order = rng.permutation(len(labels))
    learned, held, stream = np.split(order, [arguments.labels, arguments.labels + 2 * arguments.held])
    answers = Answers(features[learned], one_hot(labels[learned], n_labels))
    model = fit_model(answers, Settings("classification", n_labels), rng)
    if model is None:
        raise SystemExit("no model")
    probabilities = model.predict(features)
    sure, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels
    days = [rng.choice(stream, rng.poisson(arguments.a_day)) for _ in range(DAYS + 1)]
    low_of_days: list[float] = []
    thresholds, asked, used = FIXED, [], FIXED
    for number, day in enumerate(days):
        if number:
            low_of_days.append(float((sure[day] < thresholds[0]).sum()))
            asked.append(day)
        used = thresholds
        past = np.concatenate(days[: number + 1])
        thresholds = sized(sure[past], len(past) / (number + 1), arguments.reviews) or FIXED
    first, second = held[: arguments.held], held[arguments.held :]
    every = np.concatenate(asked)
    told = rates(sure[first], right[first], used)
    beside = [rates(sure[rows], right[rows], used) for rows in (second, every)]
    found = {"days": [low_of_days]}
    for number, name in enumerate(BANDS):
        there = [share_of(one[number].right, one[number].n) for one in beside]
        found[name] = [[told[number].value or float("nan"), *there, told[number].n, beside[0][number].n]]
    return found


def share_of(right: int, n: int) -> float:
    """Return a share, of nothing NaN."""
    return right / n if n else float("nan")


def run(name: str, arguments: argparse.Namespace) -> None:
    """Print a set."""
    if name != "digits":
        require_data(name)
    features, labels = SETS[name].load()
    found = [week(features, labels, arguments, seed) for seed in range(100, 100 + arguments.seeds)]
    low = np.array([one["days"][0] for one in found])
    print(
        f"{name}: {arguments.labels} answers, 2 x {arguments.held} eval items, {arguments.reviews} reviews of some "
        f"{arguments.a_day} predictions a day, {arguments.seeds} seeds"
    )
    print(
        f"    low a day: mean {low.mean():.1f}, of a week {low.mean(axis=1).min():.1f} to {low.mean(axis=1).max():.1f},"
        f" of a day {low.min():.0f} to {low.max():.0f}"
    )
    for band in BANDS:
        rows = np.array([one[band][0] for one in found])
        said, other, asked = np.nanmean(rows[:, :3], axis=0)
        n = rows[:, 4]
        pooled = np.nansum(np.nan_to_num(rows[:, 1] - rows[:, 0]) * n) / max(1.0, n.sum())
        chance = np.nanmean(np.sqrt(np.maximum(0, rows[:, 1] * (1 - rows[:, 1])) / np.maximum(1, n)))
        far = np.abs(rows[:, 2] - rows[:, 0])
        within = np.mean(far[~np.isnan(far)] <= WITHIN)
        print(
            f"    {band:6s} said {said:.3f}; other half {other:.3f} (said is {pooled:+.3f} off, chance of one seed "
            f"{chance:.3f}, {n.mean():.0f} items); asked {asked:.3f}, within .05 in {within:.0%} of the seeds",
            flush=True,
        )


def main() -> None:
    """Read the arguments and print every set."""
    parser = argparse.ArgumentParser(prog="bands", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["sms", "fashion"], choices=sorted(SETS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--labels", type=int, default=400)
    parser.add_argument("--held", type=int, default=400, help="Eval items of each half.")
    parser.add_argument("--reviews", type=float, default=40)
    parser.add_argument("--a-day", type=int, default=400)
    arguments = parser.parse_args()
    for name in arguments.data:
        run(name, arguments)


if __name__ == "__main__":
    main()
