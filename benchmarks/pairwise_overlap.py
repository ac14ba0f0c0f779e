"""Kendall's tau after equally many judgments with three answers a pair: down one queue, or its head in laps.

    python -m benchmarks.pairwise_overlap [--seeds 10] [--judgments 900]

100 items of spread 1.5, a new ranking after every 30 judgments, the prior's precision learned by all arms alike. "one
queue" finishes the first pairs of a ranking before others begin; "laps" gives each of its pairs one answer first
(record 0028); "new only" never asks about a pair again. "again": share of judgments of a pair that had one already.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from benchmarks.pairwise_selection import BATCH, ITEMS, SPREAD, answers
from learning.core.pairwise import Judgments, Prior, choose_pairs, fit_strengths, gaussian_posterior, learn_precision

OVERLAP = 3
ARMS = ("one queue", "laps", "new only")
Ints = NDArray[np.int64]


def asked_of(arm: str, first: Ints, second: Ints, taken: Ints) -> tuple[Ints, Ints]:
    """The pairs of the next judgments, of a ranking, by the order in which the arm gives them out."""
    room = OVERLAP - taken[first, second] if arm == "one queue" else np.ones(first.size, dtype=np.int64)
    rows = np.repeat(np.arange(first.size), room)[:BATCH]
    return first[rows], second[rows]


def run(seed: int, arm: str, most: int) -> tuple[list[float], float]:
    """Tau after every batch, and the share of judgments of a pair that had one already."""
    truth = np.random.default_rng(seed).normal(size=ITEMS) * SPREAD
    rng = np.random.default_rng([seed, 1])
    rows = np.zeros((3, 0), dtype=np.int64)
    taken = np.zeros((ITEMS, ITEMS), dtype=np.int64)
    prior, fitted, learn_at, taus = Prior(0.0, 1.0), None, BATCH, []
    for count in range(0, most + 1, BATCH):
        judgments = Judgments(rows[0], rows[1], rows[2], ITEMS)
        if count >= learn_at:
            prior, learn_at = learn_precision(judgments, prior, start=fitted), int(count * 1.25)
        fitted = fit_strengths(judgments, prior=prior, start=fitted, tolerance=1e-6)
        taus.append(float(kendalltau(fitted.scores, truth)[0]) if count else 0.0)
        posterior = gaussian_posterior(judgments, fitted, prior=prior)
        first, second = np.nonzero(taken >= (1 if arm == "new only" else OVERLAP))
        draws = choose_pairs(posterior, judgments, BATCH, rng, excluded=(first, second))
        first, second = asked_of(arm, draws.first, draws.second, taken)
        np.add.at(taken, (first, second), 1)
        swap = rng.random(first.size) < 0.5
        left, right = np.where(swap, second, first), np.where(swap, first, second)
        rows = np.concatenate([rows, np.stack([left, right, answers(truth, left, right, rng)])], axis=1)
    return taus, float(np.maximum(taken - 1, 0).sum() / taken.sum())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--judgments", type=int, default=900, help="of a run")
    options = parser.parse_args()
    curves, start = {}, time.process_time()
    for arm in ARMS:
        found = [run(seed, arm, options.judgments) for seed in range(options.seeds)]
        curves[arm] = np.array([taus for taus, _ in found])
        again = float(np.mean([share for _, share in found]))
        print(f"{arm}: {again:.0%} again, {time.process_time() - start:.0f} CPU s so far", flush=True)
    for count in sorted({options.judgments // 3, options.judgments * 2 // 3, options.judgments}):
        at = count // BATCH
        line = f"{count} judgments:"
        for arm in ARMS:
            more = curves[arm][:, at] - curves["one queue"][:, at]
            half = 1.96 * float(more.std(ddof=1)) / options.seeds**0.5 if options.seeds > 1 else float("nan")
            line += f" {arm} {curves[arm][:, at].mean():.3f}"
            line += "" if arm == "one queue" else f" ({more.mean():+.3f} +- {half:.3f})"
        print(line)


if __name__ == "__main__":
    main()
