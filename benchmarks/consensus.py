"""What several answers come to, by each rule and by ``auto``: real crowds, simulated ones, with gold and without.

    python -m benchmarks.consensus [--seeds 20] [--only crowds gold calibration learned speed] [--bare FOLDER]

Printed is the share of items that are right; a tie counts half. Without gold ``auto`` shall be nowhere more than a
point below the majority; with 5 gold questions a person at least .80 on bluebirds, with 20 at least .88, scored on the
rest; what is shown as a probability shall have a calibration error of at most .05 with 100 gold answers; a million
answers by Dawid and Skene's rule shall take at most 2.5 CPU seconds and a seventh of crowd-kit's.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks.consensus_pool import MIXES, AnsweredCrowd, simulated, with_model
from benchmarks.label_sets import digits
from benchmarks.open_data import DATA
from learning.core.aggregation import NO_LABEL, RULES, KnownTruth, Votes, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.dawid_skene import DawidSkene
from learning.core.aggregation.majority import Majority
from learning.core.evaluation.intervals import mean_of_few
from learning.core.learners import make_learner, one_hot

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("crowds", "gold", "calibration", "learned", "speed")
BINS = 15
NOMINAL = RULES.names_for("classification")


class Scores(NamedTuple):
    """Share right of each rule on the items that are scored, and what ``auto`` took."""

    by_rule: dict[str, float]
    auto: float
    took: str


def read(folder: str, file: str) -> list[dict[str, str]]:
    """Return the rows of a compressed csv."""
    with gzip.open(DATA / folder / file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def numbered(rows: list[dict[str, str]], labels: list[str], said: str) -> AnsweredCrowd:
    """Turn rows with item, annotator, an answer and gold into arrays; gold of other values is no gold."""
    items = {name: at for at, name in enumerate(sorted({row["item"] for row in rows}))}
    people = {name: at for at, name in enumerate(sorted({row["annotator"] for row in rows}))}
    truth = np.full(len(items), NO_LABEL)
    for row in rows:
        if row["gold"] in labels:
            truth[items[row["item"]]] = labels.index(row["gold"])
    arrays = [[items[row["item"]], people[row["annotator"]], labels.index(row[said])] for row in rows]
    columns = np.array(arrays).T
    votes = votes_of(*columns, n_items=len(items), n_people=len(people), n_labels=len(labels))
    return AnsweredCrowd(votes, truth, None)


def bluebirds() -> AnsweredCrowd:
    """Return 39 people on 108 pictures."""
    return numbered(read("crowd_bluebirds", "bluebirds.csv.gz"), ["0", "1"], "label")


def arguments() -> AnsweredCrowd:
    """Return which of two arguments convinces more, pairs as items."""
    rows = read("pair_ukp_convarg1", "judgments.csv.gz")
    for row in rows:
        row["item"] = f"{row['topic']} {row['pair_id']}"
    return numbered(rows, ["a1", "a2", "equal"], "choice")


def thinned(crowd: AnsweredCrowd, answers: int, seed: int) -> AnsweredCrowd:
    """Keep some answers of each item, drawn at random."""
    votes = crowd.votes
    rng = np.random.default_rng([seed, answers])
    order = np.lexsort((rng.random(len(votes)), votes.items))
    place = np.arange(len(votes)) - np.searchsorted(votes.items, votes.items)
    kept = np.zeros(len(votes), dtype=bool)
    kept[order[place < answers]] = True
    return AnsweredCrowd(votes.where(kept), crowd.truth, crowd.beliefs)


def scored(crowd: AnsweredCrowd, gold: np.ndarray, seed: int) -> Scores:
    """Score every rule and auto on the items whose truth is known to us and not to them."""
    known = KnownTruth(np.full(crowd.votes.n_items, NO_LABEL), crowd.beliefs)
    known.gold[gold] = crowd.truth[gold]
    rest = np.flatnonzero((crowd.truth != NO_LABEL) & (known.gold == NO_LABEL) & crowd.votes.answered)
    rules = [rule for rule in map(RULES.make, NOMINAL) if rule.fits(known)]
    by_rule = {
        rule.name: 1.0 - float(rule.aggregate(crowd.votes, known).loss(crowd.truth, rest).mean()) for rule in rules
    }
    found = choose(crowd.votes, known, np.random.default_rng(seed))
    return Scores(by_rule, 1.0 - float(found.result.loss(crowd.truth, rest).mean()), found.rule)


def line(name: str, scores: list[Scores]) -> str:
    """Return one line of the table: means over the seeds, and by how much auto differs from the majority."""
    names = [rule for rule in NOMINAL if rule in scores[0].by_rule]
    means = "  ".join(f"{rule} {np.mean([each.by_rule[rule] for each in scores]):.3f}" for rule in names)
    gaps = np.array([each.auto - each.by_rule["majority"] for each in scores])
    took = {rule: sum(each.took == rule for each in scores) for rule in sorted({each.took for each in scores})}
    said = ", ".join(f"{rule} {n}" for rule, n in took.items())
    auto = np.array([each.auto for each in scores])
    return (
        f"{name:34s} auto {auto.mean():.3f} (least {auto.min():.3f}; on majority {gaps.mean():+.3f},"
        f" least {gaps.min():+.3f}; {said})  {means}"
    )


def without_gold(seeds: int) -> Iterator[str]:
    """Yield the lines of crowds whose truth nobody knows."""
    nobody = np.zeros(0, dtype=np.int64)
    if DATA.exists():
        whole = bluebirds()
        yield line("bluebirds, 39 answers", [scored(whole, nobody, 0)])
        for n in (2, 3, 5, 10):
            yield line(
                f"bluebirds, {n} answers", [scored(thinned(whole, n, seed), nobody, seed) for seed in range(seeds)]
            )
        yield line("ukp, all answers", [scored(arguments(), nobody, 0)])
    else:
        yield f"skipped: {DATA.name} is absent"
    for mix in MIXES:
        for n in (2, 3, 5):
            made = [simulated(mix, n_labels=4, answers=n, seed=seed) for seed in range(seeds)]
            yield line(f"{mix}, {n} answers", [scored(crowd, nobody, seed) for seed, crowd in enumerate(made)])
    features, truth = digits()
    for mix in MIXES:
        for n in (2, 3):
            made = [with_model(mix, features, truth, n, seed) for seed in range(min(seeds, 5))]
            yield line(f"{mix}, {n} answers, model", [scored(crowd, nobody, seed) for seed, crowd in enumerate(made)])


def with_gold(seeds: int) -> Iterator[str]:
    """Yield the lines of crowds with gold questions that everybody answered."""
    if DATA.exists():
        whole = bluebirds()
        for n in (5, 10, 20):
            draws = [np.random.default_rng(seed).choice(108, n, replace=False) for seed in range(seeds)]
            yield line(f"bluebirds, {n} gold", [scored(whole, gold, seed) for seed, gold in enumerate(draws)])
            few = [scored(thinned(whole, 5, seed), gold, seed) for seed, gold in enumerate(draws)]
            yield line(f"bluebirds, 5 answers, {n} gold", few)
    for mix in MIXES:
        for n in (20, 100):
            made = [simulated(mix, n_labels=4, answers=3, seed=seed) for seed in range(seeds)]
            draws = [
                np.random.default_rng(seed).choice(crowd.votes.n_items, n, replace=False)
                for seed, crowd in enumerate(made)
            ]
            yield line(
                f"{mix}, 3 answers, {n} gold",
                [scored(crowd, gold, seed) for seed, (crowd, gold) in enumerate(zip(made, draws, strict=True))],
            )


def calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """Return the plain expected calibration error over bins of equal width."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, right - sure, BINS)).sum() / len(sure))


def calibrated(name: str, crowds: list[AnsweredCrowd]) -> str:
    """Return the calibration error of what auto shows on the rest, with 100 gold items."""
    errors, raw, took, sures, rights = [], [], [], [], []
    for seed, crowd in enumerate(crowds):
        known = KnownTruth(np.full(crowd.votes.n_items, NO_LABEL), crowd.beliefs)
        candidates = np.flatnonzero((crowd.truth != NO_LABEL) & crowd.votes.answered)
        gold = np.random.default_rng([seed, 1]).choice(candidates, 100, replace=False)
        known.gold[gold] = crowd.truth[gold]
        rest = np.setdiff1d(candidates, gold)
        found = choose(crowd.votes, known, np.random.default_rng(seed))
        assert found.scale is not None  # 100 are enough
        right = 1.0 - found.result.loss(crowd.truth, rest)
        errors.append(calibration_error(found.confidence[rest], right))
        raw.append(calibration_error(found.result.confidence[rest], right))
        took.append(found.rule)
        sures.append(found.confidence[rest])
        rights.append(right)
    pooled = calibration_error(np.concatenate(sures), np.concatenate(rights))
    return (
        f"{name:34s} shown {np.mean(errors):.3f} (largest {np.max(errors):.3f}; pooled {pooled:.3f}), of the rule"
        f" itself {np.mean(raw):.3f}; {', '.join(sorted(set(took)))}"
    )


def calibrations(seeds: int) -> Iterator[str]:
    """Yield the lines of what is shown as a probability."""
    for mix in MIXES:
        for n in (3, 5):
            yield calibrated(
                f"{mix}, {n} answers", [simulated(mix, 4, n, seed, n_items=2_000) for seed in range(seeds)]
            )
    if DATA.exists():
        yield calibrated("ukp, all answers", [arguments()] * min(seeds, 10))
        yield calibrated("bluebirds (8 are left)", [bluebirds()] * seeds)


def learned(seeds: int) -> Iterator[str]:
    """Yield what models come to that learned 600 digits by the majority's shares, by ``auto``'s posterior, and by its
    label alone (of a tie by the shares): the share right of those digits that nobody was asked about, and what the
    label gains over the shares, with Student's interval over seeds."""
    features, truth = digits()
    n_labels = int(truth.max()) + 1
    for mix in MIXES:
        for answers, n_gold in ((1, 100), (3, 0), (3, 100)):
            found, took = [], []
            for seed in range(seeds):
                rng = np.random.default_rng([seed, answers, n_gold])
                rows = rng.permutation(len(truth))
                asked, rest = rows[:600], rows[600:]
                crowd = simulated(mix, n_labels, answers, seed, truth=truth[asked])
                known = KnownTruth(np.full(len(asked), NO_LABEL))
                known.gold[:n_gold] = crowd.truth[:n_gold]
                auto = choose(crowd.votes, known, np.random.default_rng(seed))
                shares = Majority().aggregate(crowd.votes, known).posterior
                label = np.where(
                    auto.result.labels[:, None] == NO_LABEL, shares, one_hot(auto.result.labels.clip(0), n_labels)
                )
                models = [
                    make_learner("logistic").fit(
                        features[asked], targets, kind="classification", rng=np.random.default_rng(seed)
                    )
                    for targets in (shares, auto.result.posterior, label)
                ]
                found.append([(model.predict(features[rest]).argmax(axis=1) == truth[rest]).mean() for model in models])
                took.append(auto.rule)
            said, rules = np.mean(found, axis=0), ", ".join(f"{rule} {took.count(rule)}" for rule in sorted(set(took)))
            gaps = np.array(found)[:, 1] - np.array(found)[:, 0]
            gain = mean_of_few(np.array(found)[:, 2] - np.array(found)[:, 0], 1e-3)
            yield (
                f"{mix}, {answers} answers, {n_gold} gold: majority {said[0]:.3f}, posterior {said[1]:.3f}"
                f" (least gain {gaps.min():+.3f}), label {said[2]:.3f}"
                f" ({gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]) ({rules})"
            )


def million(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return items, people and labels of a million answers by a thousand people in no order, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 10, 200_000)
    items, people = np.repeat(np.arange(200_000), 5), rng.integers(0, 1_000, 1_000_000)
    labels = np.where(
        rng.random(1_000_000) < rng.uniform(0.4, 0.95, 1_000)[people], truth[items], rng.integers(0, 10, 1_000_000)
    )
    order = rng.permutation(1_000_000)
    return items[order], people[order], labels[order], truth


def peer() -> None:
    """Fit crowd-kit's rule to the same million; prints its CPU seconds."""
    # what it imports for texts, and nothing here needs: 14 MB
    for name in ("nltk", "nltk.translate", "nltk.translate.gleu_score"):
        sys.modules[name] = ModuleType(name)
    import pandas as pd
    from crowdkit.aggregation import DawidSkene as Theirs

    items, people, labels, truth = million()
    answers = pd.DataFrame({"task": items, "worker": people, "label": labels})
    start = time.process_time()
    found = Theirs(100).fit_predict(answers)
    spent = time.process_time() - start
    print(f"{spent:.2f} {(found.sort_index().to_numpy() == truth).mean():.4f}")


def speed(bare: Path) -> Iterator[str]:
    """Yield what a million answers take, beside crowd-kit where it is."""
    items, people, labels, truth = million()
    start = time.process_time()
    votes: Votes = votes_of(items, people, labels, n_items=200_000, n_people=1_000, n_labels=10)
    found = DawidSkene().aggregate(votes, KnownTruth(np.full(200_000, NO_LABEL)))
    ours = time.process_time() - start
    yield f"1,000,000 answers, Dawid-Skene: {ours:.2f} CPU s, {(found.labels == truth).mean():.4f} right"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        f"import sys; sys.path.append({str(bare)!r}); from benchmarks.consensus import peer; peer()",
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        yield f"crowd-kit: skipped ({ran.stderr.strip().splitlines()[-1]})"
        return
    theirs, right = map(float, ran.stdout.split())
    yield f"crowd-kit: {theirs:.2f} CPU s, {right:.4f} right; {theirs / ours:.1f} times ours"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--bare", type=Path, default=Path(sys.prefix) / "bare", help="where crowd-kit is installed")
    given = parser.parse_args()
    lines = {
        "crowds": lambda: without_gold(given.seeds),
        "gold": lambda: with_gold(given.seeds),
        "calibration": lambda: calibrations(given.seeds),
        "learned": lambda: learned(given.seeds),
        "speed": lambda: speed(given.bare),
    }
    for part in given.only:
        print(f"-- {part}")
        for text in lines[part]():
            print(text, flush=True)


if __name__ == "__main__":
    main()
