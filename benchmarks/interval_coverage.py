"""How often does an interval hold the truth? All that pages, REST and ``simulate`` print, on sets with known truth.

Two models are fitted once on a few hundred rows of each set (``interval_pool.py``); the thousands of other rows are the
population. Eval items are drawn from it (with replacement, seed named) some hundred times, evaluated as a run does it,
and it is counted how often each interval holds the population's value. An interval that no page would print ("too few
to say") is not counted; one of width zero is.

    python -m benchmarks.interval_coverage --keep populations
    python -m benchmarks.interval_coverage --keep populations --sets sms trashnet --draws 1000
    python -m benchmarks.interval_coverage --keep populations --code ../old

The last one measures the evaluation code of another checkout on the same draws. By label: precision, recall, F1 and
average precision by the eval items that have the label, over all labels of a set; a row needs 300 intervals. ``width``
is the mean one, and ``of exact`` that over the mean width of Clopper and Pearson's interval of the same draws where the
number is a share. Exit code 1 when an interval of this checkout holds the truth less than .92 of the time, has width
zero, or is on average wider than 1.25 of the exact one. Reads ``../shared/data``; absent sets are skipped with a word.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import beta

SIZES = (50, 100, 200)
SUPPORTS = ((1, 2), (3, 5), (6, 10), (11, 10**9))
SIX = ["sms", "banking77", "trashnet", "fashion", "adult", "mushroom"]
FURTHER = ["weather", "education", "jokes", "adult_facts", "arguments"]
LEAST, MOST_WIDTH, MIN_COUNTED = 0.92, 1.25, 300
TOO_FEW = 5
SHARES = ("accuracy", "exact_match", "within_one", "precision", "recall")


class Interval(NamedTuple):
    """One interval of one draw. ``part`` is the support of a label, 0 of a whole model."""

    name: str
    part: int
    value: float
    low: float
    high: float
    n: int


class Counted:
    """How often intervals of one name held the truth."""

    def __init__(self) -> None:
        self.counted = self.held = self.told = self.drawn = self.zero = 0
        self.width = self.exact = 0.0

    def add(self, found: Interval, truth: float, *, all_told: bool) -> None:
        """Count one interval; ``all_told`` by code that knew no "too few to say"."""
        self.drawn += 1
        if found.n < (1 if all_told else TOO_FEW):
            return
        self.counted += 1
        self.held += found.low - 1e-9 <= truth <= found.high + 1e-9
        self.zero += found.high - found.low <= 1e-9
        self.width += found.high - found.low
        if found.name in SHARES:
            hits = round(found.value * found.n)
            low, high = beta.ppf([0.025, 0.975], [hits, hits + 1], [found.n - hits + 1, found.n - hits])
            self.exact += (1.0 if hits == found.n else high) - (0.0 if hits == 0 else low)

    @property
    def coverage(self) -> float:
        """Share of the printed intervals that held the truth."""
        return self.held / max(self.counted, 1)

    @property
    def of_exact(self) -> float:
        """Mean width over that of the exact interval; 0 where there is none."""
        return self.width / self.exact if self.exact else 0.0

    @property
    def fails(self) -> bool:
        """Whether the aim is missed beyond two standard errors of the count."""
        slack = 2.0 * (LEAST * (1 - LEAST) / max(self.counted, 1)) ** 0.5
        return self.coverage < LEAST - slack or self.zero > 0 or self.of_exact > MOST_WIDTH


def evaluated(objective: Any, given: Any, targets: Any, rng: np.random.Generator) -> Any:
    """Evaluate as a run does, by the code of either checkout."""
    if objective != "ordinal":
        from learning.core.evaluation.report import evaluate

        return evaluate(given, targets, kind=objective, rng=rng)
    from learning.core.evaluation.objectives import make_objective

    return make_objective(objective).evaluate(given, targets, rng)


def errors_and_losses(objective: str, given: Any, targets: Any) -> tuple[Any, Any]:
    """Return whether each item is wrong (or by how much) and the loss the gate compares."""
    if objective == "ordinal":
        from learning.core.evaluation.objectives import make_objective

        scale = make_objective(objective)
        return scale.errors(given, targets), scale.losses(given, targets)
    losses = ((given.astype(np.float64) - targets) ** 2).sum(axis=1)
    if objective == "multilabel":
        return ((given >= 0.5) != (targets >= 0.5)).any(axis=1).astype(float), losses
    return (given.argmax(axis=1) != targets.argmax(axis=1)).astype(float), losses


def compared(population: Any, rows: Any) -> Iterator[Interval]:
    """Yield the differences to the champion, as the gate prints them."""
    from learning.core.evaluation.paired import paired_loss_test, paired_test

    targets = population.targets[rows]
    (ours, our_losses), (theirs, their_losses) = (
        errors_and_losses(population.objective, given[rows], targets) for given in (population.ours, population.theirs)
    )
    shares = paired_test(ours < theirs, theirs < ours)
    yield Interval("difference", 0, shares.difference, shares.low, shares.high, shares.n)
    rng, worst = np.random.default_rng(0), {}
    try:
        from learning.core.evaluation.objectives import make_objective

        scale = make_objective(population.objective)
        either = (population.ours[rows], population.theirs[rows])
        worst = {"worst": max(float(scale.losses(each, scale.surprise(each)).max()) for each in either)}
    except (ImportError, AttributeError):
        pass  # an older checkout
    losses = paired_loss_test(our_losses, their_losses, rng, **worst)
    yield Interval("loss_difference", 0, losses.difference, losses.low, losses.high, losses.n)


def measured(population: Any, rows: Any, seed: int) -> Iterator[Interval]:
    """Yield every interval of one draw of eval items."""
    rng = np.random.default_rng(seed)
    found = evaluated(population.objective, population.ours[rows], population.targets[rows], rng)
    for name, one in found.metrics.items():
        yield Interval(name, 0, one.value, one.low, one.high, one.n)
    for scores in found.labels:
        for name in ("precision", "recall", "f1", "average_precision") if scores.support else ():
            one = getattr(scores, name, None)
            if one is None:
                continue  # an older checkout
            yield Interval(f"{name}/{scores.label}", scores.support, one.value, one.low, one.high, one.n)
    yield from compared(population, rows)


def truths(population: Any) -> dict[str, float]:
    """Return the population's value of everything that is measured; its calibration error by the plain formula."""
    every = np.arange(len(population.targets))
    known = {one.name: one.value for one in measured(population, every, 0)}
    known["calibration_error"] = calibration_error(population)
    return known


def calibration_error(population: Any) -> float:
    """Return the expected calibration error of a population, in 15 bins of equal width."""
    given, targets = population.ours.astype(np.float64), population.targets
    if population.objective == "multilabel":
        sure, right = np.maximum(given, 1 - given).ravel(), ((given >= 0.5) == (targets >= 0.5)).ravel()
    else:
        sure, right = given.max(axis=1), given.argmax(axis=1) == targets.argmax(axis=1)
    bins = np.minimum((sure * 15).astype(int), 14)
    return float(np.abs(np.bincount(bins, right - sure, 15)).sum() / sure.size)


def count(
    population: Any, sizes: list[int], draws: int, seed: int, *, all_told: bool
) -> dict[tuple[str, str, int], Counted]:
    """Draw and count, by name, support and number of eval items."""
    known = truths(population)
    table: dict[tuple[str, str, int], Counted] = {}
    rng = np.random.default_rng(seed)
    for n in sizes:
        for draw in range(draws):
            rows = rng.integers(len(population.targets), size=n)
            for found in measured(population, rows, draw):
                name = found.name.split("/")[0]
                key = (name, support_words(found.part), n)
                truth = known.get(found.name)
                if truth is not None:
                    table.setdefault(key, Counted()).add(found._replace(name=name), truth, all_told=all_told)
    return table


def support_words(support: int) -> str:
    """Return the bracket of a label's support, empty for a whole model."""
    if not support:
        return ""
    low, high = next(ends for ends in SUPPORTS if ends[0] <= support <= ends[1])
    return f"{low}-{high}" if high < 10**9 else f"{low}+"


def report(name: str, table: dict[tuple[str, str, int], Counted]) -> int:
    """Print one line an interval, and return how many of them miss the aim."""
    missed = 0
    for (measure, support, n), found in table.items():
        if found.counted < (MIN_COUNTED if support else 1):
            if support and not found.counted:
                print(f"{name:<12} {measure:<24} {support:<6} {n:>4}  too few to say, all {found.drawn:,}")
            continue
        missed += found.fails
        width = found.width / found.counted
        exact = f"{found.of_exact:6.2f}" if found.of_exact else "     -"
        words = "  MISSED" if found.fails else ""
        print(
            f"{name:<12} {measure:<24} {support:<6} {n:>4}  {found.coverage:.3f}  width {width:.3f} {exact} of exact"
            f"  zero {found.zero / found.counted:.0%}  told {found.counted / found.drawn:.0%}{words}",
            flush=True,
        )
    return missed


def seeds(draws: int, seed: int) -> dict[tuple[str, str, int], Counted]:
    """Answers that a strategy needs over random's, from five and ten of 2,000 pairs of learning curves with noise.

    Both curves of a seed share how hard its pool is; no model is fitted, so that thousands are to be had.
    """
    from learning.core.simulation import Curve, saving

    rng = np.random.default_rng(seed)
    labels = tuple(range(20, 801, 20))
    drawn: dict[str, list[Curve]] = {"active": [], "random": []}
    for number in range(2_000):
        hard = np.exp(rng.normal(scale=0.25))
        for arm, speed in (("active", 2.0), ("random", 1.0)):
            scale = 40.0 * hard * np.exp(rng.normal(scale=0.15)) / speed
            scores = np.exp(-((np.array(labels) / scale) ** -0.8)) + rng.normal(scale=0.006, size=len(labels))
            drawn[arm].append(Curve(arm, number, labels, tuple(scores.tolist())))
    truth = saving(drawn["active"], drawn["random"], 0.95, 0.95).ratio
    table: dict[tuple[str, str, int], Counted] = {}
    for n in (5, 10):
        for _ in range(draws):
            some = rng.choice(2_000, n, replace=False)
            ours, theirs = ([drawn[arm][row] for row in some] for arm in ("active", "random"))
            one = saving(ours, theirs, 0.95, 0.95)
            interval = Interval("ratio_of_arms", 0, one.ratio, one.low, one.high, n)
            table.setdefault(("ratio_of_arms", "", n), Counted()).add(interval, truth, all_told=False)
    return table


def arms(draws: int, seed: int) -> dict[tuple[str, str, int], Counted]:
    """Does choosing pay: models of 60 and of 40 answers, each with its five refits, measured on the same digits."""
    from sklearn.datasets import load_digits

    from learning.core.evaluation.arms import compare_arms, groups_of
    from learning.core.learners import one_hot

    found = load_digits()
    features, labels = found.data / 16.0, found.target
    targets = one_hot(labels, 10) - 0.1
    rng = np.random.default_rng(seed)

    def right(rows: Any) -> Any:
        gram = features[rows].T @ features[rows] + np.eye(features.shape[1])
        return (features @ np.linalg.solve(gram, features[rows].T @ targets[rows])).argmax(axis=1) == labels

    fitted = []
    for _ in range(draws):
        both = []
        for n in (60, 40):
            rows, group = rng.choice(len(labels), n, replace=False), groups_of(n)
            both.append((right(rows), np.array([right(rows[group != number]) for number in range(5)])))
        fitted.append(both)
    truth = float(np.mean([ours[0].mean() - theirs[0].mean() for ours, theirs in fitted]))
    table: dict[tuple[str, str, int], Counted] = {}
    for n in SIZES:
        for (ours, ours_without), (theirs, theirs_without) in fitted:
            held = rng.integers(len(labels), size=n)
            told = compare_arms(ours[held], theirs[held], ours_without[:, held], theirs_without[:, held])
            interval = Interval("arms", 0, told.value, told.low, told.high, n)
            table.setdefault(("arms", "", n), Counted()).add(interval, truth, all_told=False)
    return table


#: True shares of the two parts of a difference, and how many of either were seen.
SUMS = ((0.02, 0.02), (0.1, 0.02), (0.3, 0.1), (0.5, 0.2), (0.9, 0.3), (0.5, 0.5))
SIZES_OF_SUMS = ((5, 5), (10, 40), (40, 20), (200, 100))


def sums(draws: int, seed: int) -> dict[tuple[str, str, int], Counted]:
    """Sums of numbers that were measured apart: second opinions beside eval items, what the next answers make right.

    The parts are drawn from known shares: a difference of two, and the three that :func:`next_hour` adds, one of which
    is the difference of two models on the same items.
    """
    from learning.core.evaluation.intervals import share
    from learning.core.evaluation.intervals_difference import paired_difference, weighted_sum

    rng = np.random.default_rng(seed)
    table: dict[tuple[str, str, int], Counted] = {}

    def note(name: str, n: int, truth: float, one: Any) -> None:
        found = Interval(name, 0, one.value, one.low, one.high, n)
        table.setdefault((name, "", n), Counted()).add(found, truth, all_told=False)

    for first, second in SUMS:
        for n, m in SIZES_OF_SUMS:
            for ours, theirs in zip(rng.binomial(n, first, draws), rng.binomial(m, second, draws), strict=True):
                one = weighted_sum((1.0, share(ours, n)), (-1.0, share(theirs, m)))
                note(f"difference {first:g} - {second:g}", min(n, m), first - second, one)
    for rate, right, gained, lost in ((0.02, 0.4, 0.05, 0.02), (0.1, 0.6, 0.04, 0.03), (0.3, 0.5, 0.1, 0.05)):
        for n in SIZES:
            truth = -100 * rate - 100 * right + 300 * (gained - lost)
            for _ in range(draws):
                more, less, _ = rng.multinomial(n, (gained, lost, 1 - gained - lost))
                parts = share(rng.binomial(n, rate), n), share(rng.binomial(40, right), 40)
                gain = paired_difference(int(more), int(less), n)
                one = weighted_sum((-100.0, parts[0]), (-100.0, parts[1]), (300.0, gain))
                note(f"three parts, rate {rate:g}", n, truth, one)
    return table


#: What is drawn instead of read.
MADE = {"seeds": seeds, "arms": arms, "sums": sums}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=[*SIX, *FURTHER, *MADE])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--seed", type=int, default=58)
    parser.add_argument("--keep", type=Path, default=Path("populations"), help="Folder of the fitted populations.")
    parser.add_argument("--code", type=Path, help="Another checkout whose intervals are measured.")
    options = parser.parse_args()
    if options.code:
        sys.path.insert(0, str(options.code.resolve()))
    missed = 0
    for name in options.sets:
        start = time.monotonic()
        if name in MADE:
            missed += report(name, MADE[name](options.draws, options.seed))
            print(f"{name}: {time.monotonic() - start:.0f} s\n", flush=True)
            continue
        try:
            population = read(name, options.keep)
        except FileNotFoundError as error:
            print(f"{name}: skipped, {error}")
            continue
        if options.code and population.objective == "ordinal":
            print(f"{name}: skipped, an older checkout knows no scale")
            continue
        table = count(population, options.sizes, options.draws, options.seed, all_told=bool(options.code))
        missed += report(name, table)
        print(f"{name}: {len(population.targets):,} rows, {time.monotonic() - start:.0f} s\n", flush=True)
    print(f"{missed} missed the aim")
    sys.exit(1 if missed and not options.code else 0)


class Kept(NamedTuple):
    """A population as ``interval_pool`` keeps it, read without any code of this checkout."""

    objective: str
    ours: Any
    theirs: Any
    targets: Any


def read(name: str, keep: Path) -> Kept:
    """Return a population, which is made first where it is not kept yet."""
    if not (keep / f"{name}.npz").exists():
        from benchmarks.interval_pool import make

        make(name, keep)
    with np.load(keep / f"{name}.npz") as found:
        return Kept(str(found["objective"]), found["ours"], found["theirs"], found["targets"].astype(np.float64))


if __name__ == "__main__":
    main()
