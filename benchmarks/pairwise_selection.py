"""Judgments that chosen pairs need, over what random pairs need, for the same Kendall tau; milliseconds a chosen pair.

    python benchmarks/pairwise_selection.py --seeds 20

100 items of spread 1.5, one judgment a pair, batches of 30 as the queue publishes them, the prior's precision learned
by both arms alike. "as served" mixes in one random pair in ten, as tasks are served. The same tau is the one that
random pairs reach with 20 judgments an item; others are printed beside it. Intervals: bootstrap over seeds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import kendalltau

from learning.core.arrays import DoubleArray
from learning.core.pairwise import Judgments, Prior, choose_pairs, fit_strengths, gaussian_posterior, learn_precision

ITEMS, SPREAD, BATCH, PER_ITEM = 100, 1.5, 30, 20
ARMS = {"random": None, "chosen": 0.0, "as served": 0.1}


def answers(truth: DoubleArray, left: np.ndarray, right: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Answer by Bradley-Terry: 0 left, 1 right."""
    return (rng.random(left.size) > 1.0 / (1.0 + np.exp(truth[right] - truth[left]))).astype(int)


def run(seed: int, share: float | None, most: int) -> DoubleArray:
    """Return tau after every batch."""
    truth = np.random.default_rng(seed).normal(size=ITEMS) * SPREAD
    rng = np.random.default_rng([seed, 1])
    rows: list[np.ndarray] = []
    asked = np.zeros((ITEMS, ITEMS), dtype=bool)
    everything = np.triu_indices(ITEMS, 1)
    prior, fitted, taus = Prior(0.0, 1.0), None, []
    learn_at: float = BATCH
    for count in range(0, most + 1, BATCH):
        left, right, outcome = np.concatenate(rows, axis=1) if rows else np.zeros((3, 0), dtype=int)
        judgments = Judgments(left, right, outcome, ITEMS)
        if count >= learn_at:
            prior, learn_at = learn_precision(judgments, prior, start=fitted), count * 1.25
        fitted = fit_strengths(judgments, prior=prior, start=fitted, tolerance=1e-6)
        taus.append(kendalltau(fitted.scores, truth)[0] if count else 0.0)
        if share is None:
            picked = rng.choice(np.flatnonzero(~asked[everything]), BATCH, replace=False)
            first, second = everything[0][picked], everything[1][picked]
        else:
            posterior = gaussian_posterior(judgments, fitted, prior=prior)
            one, other = np.nonzero(asked)
            draws = choose_pairs(posterior, judgments, BATCH, rng, excluded=(one, other), random_share=share)
            first, second = draws.first, draws.second
        asked[first, second] = True
        swap = rng.random(first.size) < 0.5
        left, right = np.where(swap, second, first), np.where(swap, first, second)
        rows.append(np.stack([left, right, answers(truth, left, right, rng)]))
    return np.array(taus)


def needed(taus: DoubleArray, goal: float) -> float:
    """Judgments for a tau: logarithm of judgments as a line in tau, fitted to the batches within .04 of the goal."""
    near = (np.abs(taus - goal) < 0.04) & (np.arange(taus.size) > 0)
    if near.sum() < 3 or taus.max() < goal:
        return float("nan")
    counts = BATCH * np.flatnonzero(near)
    return float(np.exp(np.polyfit(taus[near] - goal, np.log(counts), 1)[1]))


def cost(n_items: int, batch: int) -> None:
    """Print CPU milliseconds a pair in a large context."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=n_items) * SPREAD
    left = rng.integers(0, n_items, 5 * n_items)
    right = (left + rng.integers(1, n_items, left.size)) % n_items
    judgments = Judgments(left, right, answers(truth, left, right, rng), n_items)
    prior = Prior(0.0, SPREAD**-2)
    fitted = fit_strengths(judgments, prior=prior)
    start = time.process_time()
    posterior = gaussian_posterior(judgments, fitted, prior=prior)
    known = time.process_time()
    draws = choose_pairs(posterior, judgments, batch, rng, excluded=(left, right))
    end = time.process_time()
    print(
        f"{n_items} items in one context, {left.size} judgments, batch of {batch}: {1e3 * (end - start) / batch:.2f} ms"
        f" CPU a pair (posterior {known - start:.2f} s, draw {end - known:.2f} s, {draws.pool_size} candidates;"
        " at most 5 ms)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--most", type=int, default=2400, help="judgments a run")
    parser.add_argument("--batch", type=int, default=200, help="pairs a published batch, for the cost")
    arguments = parser.parse_args()
    cost(10_000, arguments.batch)
    curves = {}
    for name, share in ARMS.items():
        start = time.process_time()
        curves[name] = np.stack([run(seed, share, arguments.most) for seed in range(arguments.seeds)])
        print(f"{name}: {arguments.seeds} seeds, {time.process_time() - start:.0f} CPU s", flush=True)
    middle = float(curves["random"].mean(axis=0)[PER_ITEM * ITEMS // BATCH])
    resamples = np.random.default_rng(0).integers(arguments.seeds, size=(1000, arguments.seeds))
    for goal in (0.7, 0.75, 0.8, middle):
        by_random = needed(curves["random"].mean(axis=0), goal)
        line = f"tau {goal:.3f}: random {by_random:.0f}"
        for name in list(ARMS)[1:]:
            own = needed(curves[name].mean(axis=0), goal)
            ratios = [
                needed(curves[name][some].mean(axis=0), goal) / needed(curves["random"][some].mean(axis=0), goal)
                for some in resamples
            ]
            low, high = np.nanquantile(ratios, [0.025, 0.975])
            line += f"; {name} {own:.0f}, {1 - own / by_random:.0%} fewer [{1 - high:.0%}, {1 - low:.0%}]"
        print(line + (" <- 20 judgments an item; at least 25 % fewer" if goal == middle else ""))


if __name__ == "__main__":
    main()
