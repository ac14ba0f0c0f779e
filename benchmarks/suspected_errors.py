"""Are the answers that are suspected first really wrong?

Of random rows of a set one answer in ten is made wrong: by any other label (``uniform``), or by the label that a model
of all true answers finds likeliest after the true one (``confusable``). Then the answers are ordered by
``learning/core/quality/suspected_errors.py``, which does not know which.

    python -m benchmarks.suspected_errors --seeds 10
    python -m benchmarks.suspected_errors --data sms banking77 --errors confusable --answers 3000 --keep /tmp/sets

Prints how many of the first 5 % are wrong and how many of all wrong ones stand in the first 10 %, with Student's
interval over seeds. A set's own mistakes count as right answers here, so precision is a little better than it says.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.core_fallback import TABLES, loaded  # noqa: E402
from benchmarks.label_sets import SETS, Features, Labels  # noqa: E402
from learning.core.arrays import BoolArray, IntArray  # noqa: E402
from learning.core.evaluation.intervals import mean_of_few  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402
from learning.core.quality.suspected_errors import suspected_errors  # noqa: E402
from learning.core.simulated_people import out_of_fold  # noqa: E402

FIRST, WIDER = 0.05, 0.1


def planted(
    features: Features, labels: Labels, errors: str, rate: float, rng: np.random.Generator
) -> tuple[IntArray, BoolArray]:
    """Return answers of which a share is wrong, and which."""
    n_labels = int(labels.max()) + 1
    wrong = rng.random(len(labels)) < rate
    if errors == "uniform":
        other = (labels + rng.integers(1, n_labels, size=len(labels))) % n_labels
    else:
        beliefs = out_of_fold(features, labels, n_labels, rng)
        beliefs[np.arange(len(labels)), labels] = -1.0
        other = beliefs.argmax(axis=1)
    return np.where(wrong, other, labels), wrong


def measured(
    features: Features, labels: Labels, errors: str, rate: float, answers: int, seed: int
) -> tuple[float, float]:
    """Return the share of wrong ones among the first, and the share of all wrong ones that stand in a wider part."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(features))[:answers]
    rows = features[chosen]
    given, wrong = planted(rows, labels[chosen], errors, rate, rng)
    targets = one_hot(given, int(labels.max()) + 1)
    found = suspected_errors(rows, targets, np.arange(len(rows)), "classification", rng)
    if found is None:
        raise SystemExit("too few answers to judge by")
    first, wider = (found.rows[: round(share * len(rows))] for share in (FIRST, WIDER))
    return float(wrong[first].mean()), float(wrong[wider].sum() / max(wrong.sum(), 1))


def main() -> None:
    """Read the arguments, plant, order and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=[*TABLES, *SETS], default=[*SETS])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=100, help="the shares were chosen on seeds 0 to 3")
    parser.add_argument("--answers", type=int, default=1_000)
    parser.add_argument("--errors", choices=("uniform", "confusable"), default="uniform")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write encoded sets there, read those it holds")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    for name in given.data:
        start = time.process_time()
        features, labels = loaded(name, given.keep)
        seeds = range(given.first_seed, given.first_seed + given.seeds)
        found = [measured(features, labels, given.errors, given.rate, given.answers, seed) for seed in seeds]
        precision, recall = (mean_of_few([each[part] for each in found], 1e-3) for part in (0, 1))
        print(
            f"{name:10s} of the first {FIRST:.0%} wrong {precision.value:.2f} [{precision.low:.2f}, "
            f"{precision.high:.2f}]; of all wrong ones in the first {WIDER:.0%} {recall.value:.2f} [{recall.low:.2f}, "
            f"{recall.high:.2f}] ({time.process_time() - start:.0f} CPU s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
