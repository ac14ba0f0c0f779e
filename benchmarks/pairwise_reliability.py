"""Annotators who answer at random: Kendall tau with their reliability fitted, against plain Bradley-Terry.

    python benchmarks/pairwise_reliability.py --seeds 20

1,000 items of spread 1.5; 50 annotators, a fifth of whom toss a coin; standing left is worth .4 to the others. Compared
where plain Bradley-Terry (the same prior, no position, nobody weighed) gets a tau of .89, some 96,000 judgments. What
standing left is worth is also estimated from 1,000 judgments, of 20 annotators on 100 items, and of 50 on 1,000.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import kendalltau

from learning.core.arrays import DoubleArray
from learning.core.pairwise import (
    Judgments,
    Prior,
    fit_crowd,
    fit_strengths,
    gaussian_posterior,
    learn_precision,
    position_effect,
)  # fmt: skip

ITEMS, SPREAD, PEOPLE, POSITION = 1000, 1.5, 50, 0.4


def judged(
    seed: int, count: int, n_items: int = ITEMS, careless: float = 0.2, people: int = PEOPLE
) -> tuple[DoubleArray, Judgments]:
    """Return strengths and judgments, some of them by people who toss a coin."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n_items) * SPREAD
    left = rng.integers(0, n_items, count)
    right = (left + rng.integers(1, n_items, count)) % n_items
    annotator = rng.integers(0, people, count)
    follows = 1.0 / (1.0 + np.exp(truth[right] - truth[left] - POSITION))
    chance = np.where(annotator < careless * people, 0.5, follows)
    return truth, Judgments(left, right, (rng.random(count) > chance).astype(int), n_items, annotator)


def taus(seed: int, count: int) -> tuple[float, float, float]:
    """Return tau of the plain model and of ours, and the fitted position."""
    truth, judgments = judged(seed, count)
    prior = Prior(0.0, SPREAD**-2)
    plain = fit_strengths(judgments, prior=prior, tolerance=1e-6)
    crowd = fit_crowd(judgments, prior=learn_precision(judgments, prior, position=True, start=plain))
    both = (kendalltau(scores, truth)[0] for scores in (plain.scores, crowd.strengths.scores))
    return *both, crowd.strengths.position


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--judgments", type=int, nargs="*", default=[40_000, 96_000])
    arguments = parser.parse_args()
    for count in arguments.judgments:
        start = time.process_time()
        rows = np.array([taus(seed, count) for seed in range(arguments.seeds)])
        gap = rows[:, 1] - rows[:, 0]
        half = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap))
        print(
            f"{count} judgments: tau plain {rows[:, 0].mean():.4f}, reliability fitted {rows[:, 1].mean():.4f}"
            f" ({gap.mean():+.4f} +- {half:.4f}, lowest {gap.min():+.4f}), position {rows[:, 2].mean():.3f}"
            f" ({(time.process_time() - start) / arguments.seeds:.1f} CPU s a seed)",
            flush=True,
        )
    for n_items, people, careless in ((100, 20, 0.0), (100, 20, 0.2), (1000, 50, 0.0), (1000, 50, 0.2)):
        prior, values = Prior(0.0, SPREAD**-2), []
        for seed in range(arguments.seeds):
            _, judgments = judged(seed, 1000, n_items, careless, people)
            crowd = fit_crowd(judgments, prior=prior)
            posterior = gaussian_posterior(judgments, crowd.strengths, prior=prior, weights=crowd.weights)
            values.append(position_effect(judgments, posterior, weights=crowd.weights).value)
        print(
            f"position from 1,000 judgments, {n_items} items, {people} annotators, {careless:.0%} careless:"
            f" {np.mean(values):.3f} (truth {POSITION} +- .1), standard deviation {np.std(values, ddof=1):.3f}"
        )


if __name__ == "__main__":
    main()
