"""Asking 100 rows of 1,000,000 x 384 float32, against one matrix product of the same shape.

    OMP_NUM_THREADS=2 python benchmarks/core_query.py --rows 1000000

Prints the median of three runs each and the peak memory beyond the pool.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from learning.core import cycle
from learning.core.learners import FittedLearner, make_learner, one_hot
from learning.core.pools import ArrayPool


def seconds(work: Callable[[], object]) -> float:
    """Return the median wall time of three runs after one to warm up."""
    times = []
    for _ in range(4):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--labels", type=int, default=10)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    features = np.empty((arguments.rows, arguments.dimension), dtype=np.float32)
    for start in range(0, arguments.rows, 65_536):
        part = features[start : start + 65_536]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
    slopes = rng.standard_normal((arguments.dimension, arguments.labels), dtype=np.float32)
    labels = (features[:1_000] @ slopes).argmax(axis=1)
    targets = one_hot(labels, arguments.labels)
    answers = cycle.Answers(features[:1_000], targets)
    model = make_learner("logistic").fit(features[:1_000], targets, kind="classification", rng=rng)
    eligible = np.ones(arguments.rows, dtype=bool)
    eligible[:1_000] = False
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    product = seconds(lambda: features @ slopes)
    print(f"one product {arguments.rows} x {arguments.dimension} x {arguments.labels}: {product:.3f} s")
    scale = make_learner("ordinal_logistic").fit(features[:1_000], targets, kind="classification", rng=rng)
    asked = [(name, "classification", model) for name in ("margin", "least_confidence", "entropy", "diverse_margin")]
    asked += [(name, "ordinal", scale) for name in ("diverse_error", "even_steps")]
    for strategy, kind, fitted in asked:
        settings = cycle.Settings(kind, arguments.labels, strategy, head=100, batch=100)

        def ask(settings: cycle.Settings = settings, fitted: FittedLearner = fitted) -> object:
            return cycle.rank_pool(ArrayPool(features), eligible, answers, fitted, settings, np.random.default_rng(1))

        took = seconds(ask)
        print(f"{strategy:17s} 100 of {arguments.rows}: {took:.3f} s, {took / product:.2f} of the product", flush=True)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory beyond the pool: {(after - before) / 1024:.0f} MB of {features.nbytes / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
