"""A label that one or three items in a hundred have: how soon it is found, how often, and what a model makes of it.

Pools are drawn from short messages (spam), the census (well paid), mushrooms (poisonous), pictures of clothes (one
sort, bags), and on request from days of weather (rain), prices of power (falling), insects (one of six) and
typing (one of four people): 2,000 rows with 20 or 60 positives (of typing 1,000 with 10 or 30),
and up to 1,500 rows with as large a share to measure on. The live cycle of ``learning/core/cycle.py`` with the default
strategy, twenty answers between two rankings.

* questions until the first positive, over ``(N + 1) / (K + 1)``, what random order needs on average: mean, 90th
  percentile (of random order that is 2.2 itself) and worst. No model is needed to find it: ``--cold`` stops there.
* positives among the first 400 answers over what random order finds on average, and the least of all pools;
* F1 on the rows held out at the default answer, at the threshold the model suggests (out of fold), and at the best
  there is; average precision, and pools where it is above twice the base rate and the F1 at the threshold still 0.

    python -m benchmarks.core_rare --cold --pools 30
    python -m benchmarks.core_rare --pools 10 --data sms adult
    python -m benchmarks.core_rare --pools 10 --code CHECKOUT      (learn and choose with other code)
    python -m benchmarks.core_rare --pools 10 --data adult --shuffled      (nothing can be learned)
    python -m benchmarks.core_rare --pools 30 --first-pool 200 --data rain insects keystroke      (nothing was tuned on)

Reads ``../shared/data``; sets that are absent are skipped with a word.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
if "--code" in sys.argv:  # before anything of the code is imported; the benchmarks stay those of this tree
    sys.path.insert(0, str(Path(sys.argv[sys.argv.index("--code") + 1]).resolve()))

import numpy as np

from learning.core import cycle
from learning.core.learners import one_hot
from learning.core.pools import ArrayPool

N_POOL, N_HELD_OUT, BUDGET, BATCH = 2_000, 1_500, 400, 20
#: Tables of ``core_fallback`` and which of their labels is the rare one.
FURTHER = {"rain": 1, "price": 1, "insects": 0, "keystroke": 0}


@dataclass(frozen=True)
class RarePool:
    """Rows to ask about and rows to measure on."""

    features: np.ndarray
    has: np.ndarray
    held_out: np.ndarray
    held_out_has: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """What came of one pool."""

    first: int
    found: int
    f1: float = 0.0
    f1_suggested: float = 0.0
    f1_best: float = 0.0
    average_precision: float = 0.0
    base: float = 1.0
    expected: tuple[float, float] = (1.0, 1.0)
    """Of random order: questions until the first positive, and positives in the budget."""


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return features and who has the rare label."""
    from benchmarks import label_sets

    makers = {"sms": label_sets.sms, "adult": label_sets.adult, "mushroom": label_sets.mushroom}
    if name in makers:
        features, labels = makers[name]()
        return features, labels == 1
    if name == "bags":
        features, labels = label_sets.fashion()
        return features, labels == 8
    from benchmarks.core_fallback import TABLES

    features, labels = TABLES[name]()
    return features, labels == FURTHER[name]


def pool_of(features: np.ndarray, has: np.ndarray, percent: int, seed: int) -> RarePool:
    """Draw a pool and held-out rows with the same share of positives."""
    rng = np.random.default_rng([percent, seed])
    n_pool = N_POOL if len(has) > N_POOL else 1_000
    k = n_pool * percent // 100
    positives, others = rng.permutation(np.flatnonzero(has)), rng.permutation(np.flatnonzero(~has))
    held = min(N_HELD_OUT * (100 - percent) // 100, others.size - (n_pool - k))
    held_k = held * percent // (100 - percent)
    pool = rng.permutation(np.concatenate((positives[:k], others[: n_pool - k])))
    out = np.concatenate((positives[k : k + held_k], others[n_pool - k : n_pool - k + held]))
    return RarePool(features[pool], has[pool], features[out], has[out])


def replay(pool: RarePool, seed: int, arm: str, learner: str, *, cold: bool) -> Outcome:
    """Ask until the budget is spent, or until the first positive."""
    targets = one_hot(pool.has.astype(int), 2)
    rows_of = ArrayPool(pool.features)
    settings = cycle.Settings("classification", 2, arm, learner, head=BATCH, batch=BATCH)
    n_pool = len(pool.has)
    eligible, rows = np.ones(n_pool, bool), np.zeros(0, dtype=np.int64)
    model, first = None, 0
    expected = (n_pool + 1) / (pool.has.sum() + 1), BUDGET * pool.has.mean()
    while rows.size < (n_pool if cold else BUDGET):
        answers = cycle.Answers(pool.features[rows], targets[rows])
        turn = seed * 1_000_003 + rows.size
        picked = cycle.rank_pool(rows_of, eligible, answers, model, settings, cycle.step_rng(turn, "rank")).rows
        eligible[picked] = False
        rows = np.concatenate((rows, picked))
        if not first and pool.has[rows].any():
            first = 1 + int(np.flatnonzero(pool.has[rows])[0])
            if cold:
                return Outcome(first, 1, expected=expected)
        answers = cycle.Answers(pool.features[rows], targets[rows])
        unlabeled = cycle.sample_pool(rows_of, eligible, cycle.step_rng(turn, "sample"))
        model = cycle.fit_model(answers, settings, cycle.step_rng(turn, "fit"), unlabeled)
    assert model is not None  # there were answers
    likely = model.predict(pool.held_out)[:, 1].astype(np.float64)
    thresholds = model.facts.get("thresholds") or [None, None]
    suggested = thresholds[1] if thresholds[1] is not None else 0.5
    truth = pool.held_out_has
    return Outcome(
        first or BUDGET,
        int(pool.has[rows].sum()),
        f1_at(likely, truth, 0.5),
        f1_at(likely, truth, suggested),
        max(f1_at(likely, truth, float(each)) for each in np.unique(likely[truth])),
        average_precision(likely, truth),
        float(truth.mean()),
        expected,
    )


def f1_at(likely: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    """Return the F1 of giving the label from a probability on."""
    given = likely >= threshold
    return float(2 * (given & truth).sum() / max(given.sum() + truth.sum(), 1))


def average_precision(likely: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean, over the positives, of the share of positives among all that are as likely."""
    each = [float(truth[likely >= level].mean()) for level in likely[truth]]
    return float(np.mean(each))


def line_of(outcomes: list[Outcome], *, cold: bool) -> str:
    """Say what came of all pools."""
    first = np.array([each.first / each.expected[0] for each in outcomes])
    error = first.std(ddof=1) / len(first) ** 0.5 if len(first) > 1 else np.nan
    said = f"first {first.mean():.2f} ± {error:.2f}, p90 {np.quantile(first, 0.9):.2f}, worst {first.max():.2f}"
    if cold:
        return said
    found = np.array([each.found / each.expected[1] for each in outcomes])
    mean = {
        name: np.mean([getattr(each, name) for each in outcomes])
        for name in ("f1", "f1_suggested", "f1_best", "average_precision")
    }
    lost = sum(each.f1_suggested == 0 and each.average_precision > 2 * each.base for each in outcomes)
    return (
        f"{said} | found {found.mean():.2f}, least {found.min():.2f} | F1 {mean['f1']:.2f}, suggested "
        f"{mean['f1_suggested']:.2f}, best {mean['f1_best']:.2f}; AP {mean['average_precision']:.2f}, {lost} lost"
    )


def main() -> None:
    """Read the arguments, replay and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        nargs="+",
        choices=["sms", "adult", "mushroom", "bags", *FURTHER],
        default=["sms", "adult", "mushroom"],
    )
    parser.add_argument("--percent", nargs="+", type=int, default=[1, 3])
    parser.add_argument("--pools", type=int, default=30)
    parser.add_argument("--first-pool", type=int, default=0, help="number of the first one; each is another draw")
    parser.add_argument("--arms", nargs="+", default=["auto"])
    parser.add_argument("--learner", default="logistic_spreading", help="auto compares five from 200 answers on")
    parser.add_argument("--cold", action="store_true", help="only until the first positive")
    parser.add_argument("--shuffled", action="store_true", help="deal the label anew: nothing can be learned")
    parser.add_argument("--code", type=Path, metavar="CHECKOUT", help="learn and choose with the code of that folder")
    parser.add_argument("--minutes", type=float, default=60, help="no pool is started after that")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    end = time.monotonic() + 60 * given.minutes
    for name in given.data:
        try:
            features, has = load(name)
        except FileNotFoundError as absent:
            print(f"{name}: skipped, {absent.filename} is absent")
            continue
        if given.shuffled:
            has = np.random.default_rng(0).permutation(has)
        for percent in given.percent:
            for arm in given.arms:
                start, outcomes = time.monotonic(), []
                for seed in range(given.first_pool, given.first_pool + given.pools):
                    if time.monotonic() > end:
                        break
                    pool = pool_of(features, has, percent, seed)
                    outcomes.append(replay(pool, seed, arm, given.learner, cold=given.cold))
                if outcomes:
                    took = (time.monotonic() - start) / len(outcomes)
                    said = line_of(outcomes, cold=given.cold)
                    print(f"{name:9s}{percent} % {arm}, {len(outcomes)} pools: {said} ({took:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
