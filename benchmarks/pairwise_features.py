"""Items nobody judged, ordered by their features after 300 judgments of others: share of pairs in the right order.

    python benchmarks/pairwise_features.py --seeds 20

1,000 items with 10 features, all of them informative: weights and features are standard normal and judgments follow
Bradley-Terry. 700 items may be judged, pairs drawn at random; the other 300 are ordered by the fitted model, compared
with their true order. Printed beside it: strengths of spread 1.5, and half a unit that no feature tells.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from learning.core.pairwise import Judgments, fit_ranking

ITEMS, JUDGED, FEATURES = 1000, 700, 10


def accuracy(seed: int, count: int, spread: float | None, unsaid: float) -> float:
    """Return the share of unseen pairs in the right order."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ITEMS, FEATURES)).astype(np.float32)
    weights = rng.normal(size=FEATURES)
    if spread is not None:
        weights *= spread / np.linalg.norm(weights)
    truth = x @ weights + unsaid * rng.normal(size=ITEMS)
    left = rng.integers(0, JUDGED, count)
    right = (left + rng.integers(1, JUDGED, count)) % JUDGED
    outcome = (rng.random(count) > 1.0 / (1.0 + np.exp(truth[right] - truth[left]))).astype(int)
    scores = fit_ranking(Judgments(left, right, outcome, ITEMS), [x]).strengths.scores[JUDGED:]
    first, second = np.triu_indices(ITEMS - JUDGED, 1)
    unseen = truth[JUDGED:]
    return float(np.mean((scores[first] > scores[second]) == (unseen[first] > unseen[second])))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--judgments", type=int, default=300)
    arguments = parser.parse_args()
    cases = [("standard normal weights", None, 0.0), ("spread 1.5", 1.5, 0.0), ("half a unit unsaid", None, 0.5)]
    for name, spread, unsaid in cases:
        start = time.process_time()
        values = np.array([accuracy(seed, arguments.judgments, spread, unsaid) for seed in range(arguments.seeds)])
        half = 1.96 * values.std(ddof=1) / np.sqrt(values.size)
        print(
            f"{name}: accuracy on unseen items {values.mean():.4f} +- {half:.4f}, lowest {values.min():.3f},"
            f" {values.size} seeds, {(time.process_time() - start) / values.size:.2f} CPU s a fit"
            + (" (at least .94)" if spread is None and not unsaid else ""),
            flush=True,
        )


if __name__ == "__main__":
    main()
