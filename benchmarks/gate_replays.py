"""How often the gate promotes: 200 replays with a candidate no better than the champion, 200 with one 4 points better.

    python -m benchmarks.gate_replays [--data digits adult fashion banking77] [--replays 200] [--models 4] [--seed 0]

The models are real: the learner and defaults of the worker, fitted on answers drawn at random, in the order of growing
sets (``--models`` orders a data set). Each replay draws 500 held-out items anew and asks the gate of the application
(``learning/services/registry/gate.py``: baselines, paired tests, calibration, 200 eval answers). Constructions:

- **another seed**: as many other answers; of the two the one that is not the better on all held-out items (neither more
  often right nor of smaller squared error) is the candidate.
- **swapped**: two such models whose answers to every item change hands by a coin. The sharpest "no better": not even
  the test's own statistic can tell them apart, and they differ as much as real models do.
- **4 points**: the champion's answers and more of them, where that is worth 3.5 to 4.5 points on all held-out items.
  Neither is worse there than the nearest centroid of its own answers: no other model may be champion.

Beside the gate: this gate without its check against nearest centroid, the exact McNemar test alone at the same level,
and "higher number wins". Exit code 1 when of a "no better" more than 5 % are promoted or of "4 points" fewer than 90 %.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy looks

from benchmarks import label_sets as sets
from learning.core import cycle
from learning.core.evaluation.baselines import majority, nearest_centroid
from learning.core.evaluation.gate import MAX_P_BETTER, NOT_BELOW, Contender
from learning.core.evaluation.intervals import share
from learning.core.evaluation.objectives import make_objective
from learning.core.evaluation.paired import paired_errors
from learning.core.evaluation.report import evaluate
from learning.core.learners import one_hot

N_EVAL = 500
HELD_OUT = 4_000
KIND: Final = "classification"
OBJECTIVE: Final = make_objective(KIND)
NO_BETTER, BETTER = ("another seed", "swapped"), "4 points"
SIZES = {
    "digits": (30, 40, 60, 80, 100, 140, 200, 300),
    "adult": (30, 60, 120, 250, 600, 1_500, 3_000),
    "fashion": (50, 80, 120, 160, 200, 300, 500, 800),
    "banking77": (300, 400, 500, 600, 750, 900),
}
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Probabilities of a candidate and a champion for the same held-out items, and of the nearest centroids of what
    each of them learned from."""

    candidate: Floats
    champion: Floats
    truth: NDArray[np.float64]
    candidate_centroid: Floats
    champion_centroid: Floats


@dataclass
class Tally:
    """Of how many replays: promoted by the gate, by McNemar's test alone, by the higher number."""

    replays: int = 0
    gate: int = 0
    constant_only: int = 0
    mcnemar: int = 0
    higher: int = 0
    differ: float = 0.0

    def add(self, other: "Tally") -> None:
        for name in ("replays", "gate", "constant_only", "mcnemar", "higher", "differ"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def trained(name: str, n_orders: int, seed: int) -> Iterator[dict[int, Pair]]:
    """By number of answers: a model of each of two independent orders, as a pair. One dict a split of the data."""
    features, labels = getattr(sets, name)()
    n_labels = int(labels.max()) + 1
    settings = cycle.Settings(KIND, n_labels=n_labels)
    for number in range(n_orders):
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(len(features))
        n_held = min(HELD_OUT, len(order) // 2)
        held, pool = order[:n_held], order[n_held:]
        sample = features[rng.choice(pool, min(1_000, len(pool)), replace=False)]
        orders = [rng.permutation(pool) for _ in range(2)]

        def answers_of(
            rows: NDArray[np.int64], number: int = number, held: Any = held, sample: Any = sample
        ) -> tuple[Floats, Floats]:
            known = cycle.Answers(features[rows], one_hot(labels[rows], n_labels))
            model = cycle.fit_model(known, settings, np.random.default_rng(number), sample)
            assert model is not None
            centroid = nearest_centroid(known.features, known.targets, features[held]).astype(np.float32)
            return np.asarray(model.predict(features[held])), centroid

        truth = one_hot(labels[held], n_labels)
        first, second = orders
        made = {size: (answers_of(first[:size]), answers_of(second[:size])) for size in SIZES[name]}
        yield {
            size: Pair(ours, theirs, truth, our_centroid, their_centroid)
            for size, ((ours, our_centroid), (theirs, their_centroid)) in made.items()
        }


def pairs(found: list[dict[int, Pair]], construction: str) -> list[Pair]:
    """The pairs of trained models that fit a construction."""
    if construction == BETTER:
        return [pair for by_size in found for pair in _four_points_apart(by_size) if _no_worse_than_centroids(pair)]
    twins = [pair for by_size in found for pair in by_size.values()]
    return twins if construction == "swapped" else [pair for twin in twins for pair in _no_better(twin)]


def _four_points_apart(by_size: dict[int, Pair]) -> Iterator[Pair]:
    for few, champion in by_size.items():
        for more, candidate in by_size.items():
            for new, old in ((candidate, champion), (_turned(candidate), _turned(champion))):
                gain = _accuracy(new.candidate, old.truth) - _accuracy(old.candidate, old.truth)
                if more > few and 0.035 <= gain <= 0.045:
                    yield Pair(new.candidate, old.candidate, old.truth, new.candidate_centroid, old.candidate_centroid)


def _turned(pair: Pair) -> Pair:
    return Pair(pair.champion, pair.candidate, pair.truth, pair.champion_centroid, pair.candidate_centroid)


def _no_worse_than_centroids(pair: Pair) -> bool:
    sides = ((pair.candidate, pair.candidate_centroid), (pair.champion, pair.champion_centroid))
    return all(_accuracy(given, pair.truth) >= _accuracy(centroid, pair.truth) for given, centroid in sides)


def _no_better(twin: Pair) -> Iterator[Pair]:
    for pair in (twin, _turned(twin)):
        one, other = pair.candidate, pair.champion
        worse = OBJECTIVE.losses(one, twin.truth).mean() >= OBJECTIVE.losses(other, twin.truth).mean()
        if worse and _accuracy(one, twin.truth) <= _accuracy(other, twin.truth):
            yield pair


def _accuracy(given: Floats, truth: NDArray[np.float64]) -> float:
    return float((OBJECTIVE.errors(given, truth) == 0).mean())


def replay(pair: Pair, construction: str, rng: np.random.Generator) -> Tally:
    """One draw of eval items and one verdict."""
    from learning.families.labels.evaluation import MeasuredLabels
    from learning.models import Status
    from learning.services.registry import gate

    rows = rng.choice(len(pair.truth), N_EVAL, replace=True)
    ours, theirs, truth = pair.candidate[rows], pair.champion[rows], pair.truth[rows]
    if construction == "swapped":
        coin = (rng.random(N_EVAL) < 0.5)[:, None]
        ours, theirs = np.where(coin, theirs, ours), np.where(coin, ours, theirs)
    candidate, champion = (Contender(given, evaluate(given, truth, kind=KIND, rng=rng)) for given in (ours, theirs))
    constant = majority(truth, N_EVAL).astype(np.float32)
    simple = {"nearest_centroid": pair.candidate_centroid[rows]}
    measured = MeasuredLabels(ours, candidate.evaluation, constant, truth, 0.0, {}, OBJECTIVE, simple)
    verdict = gate.verdict_on(measured, candidate, gate.Rivals(champion=champion), rng)
    others = [check["passed"] for check in verdict.numbers["checks"] if not check["name"].startswith(NOT_BELOW)]
    test = paired_errors(OBJECTIVE.errors(theirs, truth), ours=OBJECTIVE.errors(ours, truth))
    return Tally(
        1, int(verdict.status == Status.CHAMPION), int(all(others)), int(test.p_better <= MAX_P_BETTER),
        int(test.difference > 0), (test.only_candidate + test.only_champion) / test.n,
    )  # fmt: skip


def tally(found: list[Pair], construction: str, replays: int, rng: np.random.Generator) -> Tally:
    total = Tally()
    for _ in range(replays):
        total.add(replay(found[int(rng.integers(len(found)))], construction, rng))
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--replays", type=int, default=200)
    parser.add_argument("--models", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    setup()
    shares = dict.fromkeys((*NO_BETTER, BETTER), Tally())
    print(f"{options.replays} replays of {N_EVAL} eval items; level {MAX_P_BETTER}; promoted by …")
    print(f"{'data':<10} {'construction':<13} {'pairs':>5} {'differ':>7} {'gate':>6} {'95 % interval':>15} "
          f"{'constant only':>14} {'McNemar':>8} {'higher number':>14}")  # fmt: skip
    for name in options.data:
        try:
            found = list(trained(name, options.models, options.seed))
        except FileNotFoundError as missing:
            print(f"{name:<10} skipped: {missing.filename} is absent")
            continue
        for construction in shares:
            fitting = pairs(found, construction)
            if not fitting:
                print(f"{name:<10} {construction:<13} no pair of models fits")
                continue
            counted = tally(fitting, construction, options.replays, np.random.default_rng([options.seed, 1]))
            line(name, construction, len(fitting), counted)
            total = Tally()
            total.add(shares[construction])
            total.add(counted)
            shares[construction] = total
    for construction, total in shares.items():
        line("all", construction, 0, total)
    held = all(total.gate <= 0.05 * total.replays for name, total in shares.items() if name != BETTER)
    return 0 if held and shares[BETTER].gate >= 0.9 * shares[BETTER].replays else 1


def line(name: str, construction: str, n_pairs: int, counted: Tally) -> None:
    found = share(counted.gate, counted.replays)
    counts = (counted.differ, counted.gate, counted.constant_only, counted.mcnemar, counted.higher)
    differ, gate, constant_only, mcnemar, higher = (count / max(counted.replays, 1) for count in counts)
    interval = f"{found.low:.1%} to {found.high:.1%}"
    print(
        f"{name:<10} {construction:<13} {n_pairs or '':>5} {differ:>7.1%} {gate:>6.1%} {interval:>15}"
        f" {constant_only:>14.1%} {mcnemar:>8.1%} {higher:>14.1%}",
        flush=True,
    )


def setup() -> None:
    """Django's settings, without a database: the gate is a service of the application."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
