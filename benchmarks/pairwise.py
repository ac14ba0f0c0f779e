"""Bradley-Terry at size against evalica's, agreement with choix, coverage of the standard errors.

    python benchmarks/pairwise.py --with-peers peers/bin/python

The peers are no dependency of Querent. ``--with-peers`` names a Python that has them (``python -m venv peers &&
peers/bin/pip install evalica choix``); it is given the very same judgments in this run. Without it only our own
figures are measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from learning.core.arrays import DoubleArray
from learning.core.pairwise import Judgments, answer_probabilities, fit_strengths, standard_errors

PEERS = """
import json, sys, time
import numpy as np
import choix, evalica
data = np.load(sys.argv[1])
left, right, outcome = data["left"], data["right"], data["outcome"]
winners = np.where(outcome == 0, evalica.Winner.X, evalica.Winner.Y)
xs, ys = left.tolist(), right.tolist()
start = time.process_time()
result = evalica.bradley_terry(xs, ys, winners.tolist())
seconds = time.process_time() - start
scores = np.log([result.scores[i] for i in range(int(data["n"]))])
wins = [(int(a), int(b)) if o == 0 else (int(b), int(a)) for a, b, o in zip(data["l"], data["r"], data["o"])]
small = choix.opt_pairwise(int(data["k"]), wins, method="Newton-CG", tol=1e-12)
small = choix.ilsr_pairwise(int(data["k"]), wins, initial_params=small, tol=1e-12)
np.savez(sys.argv[2], evalica=scores, choix=small)
print(json.dumps({"seconds": seconds, "evalica": evalica.__version__}))
"""


def judged(
    n_items: int, count: int, rng: np.random.Generator, position: float, log_nu: float
) -> tuple[DoubleArray, Judgments]:
    """Return drawn strengths of mean 0 and judgments by the model itself."""
    scores = rng.normal(size=n_items)
    scores -= scores.mean()
    left = rng.integers(0, n_items, count)
    right = (left + rng.integers(1, n_items, count)) % n_items
    p = answer_probabilities(scores[left] - scores[right] + position, log_nu).cumsum(axis=1)
    return scores, Judgments(left, right, (rng.random(count)[:, None] > p[:, :2]).sum(axis=1), n_items)


def coverage(simulations: int) -> None:
    """Print how often 95 % intervals hold the truth: 20 items, 800 judgments with ties and position."""
    inside = []
    for seed in range(simulations):
        scores, judgments = judged(20, 800, np.random.default_rng([2, seed]), 0.4, -0.5)
        fitted = fit_strengths(judgments, position=True)
        inside.append(np.abs(fitted.scores - scores) < 1.959964 * standard_errors(judgments, fitted, position=True))
    share = float(np.mean(inside))
    print(f"standard errors: 95 % intervals hold the truth in {share:.4f} of {simulations} x 20 (.95 +- .02)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--with-peers", metavar="PYTHON", help="a Python with evalica and choix")
    arguments = parser.parse_args()
    _, large = judged(arguments.items, arguments.judgments, np.random.default_rng(0), 0.0, -np.inf)
    _, small = judged(30, 1000, np.random.default_rng(1), 0.0, -np.inf)
    start, wall = time.process_time(), time.perf_counter()
    fitted = fit_strengths(large)
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    size = f"{arguments.items} items, {arguments.judgments} judgments"
    print(f"{size}: fitted in {seconds:.2f} CPU s, {wall:.2f} s ({fitted.iterations} Newton steps; at most 2.5 s)")
    start = time.process_time()
    again = fit_strengths(large, start=fitted)
    print(f"  from the last fit: {time.process_time() - start:.2f} CPU s ({again.iterations} steps)")
    start = time.process_time()
    errors = standard_errors(large, fitted)
    print(f"  standard errors: {time.process_time() - start:.2f} CPU s, median {np.median(errors):.3f}")
    coverage(arguments.simulations)
    if not arguments.with_peers:
        print("peers left out; python -m venv peers && peers/bin/pip install evalica choix")
        print("  then: python benchmarks/pairwise.py --with-peers peers/bin/python")
        return
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "given.npz"), Path(folder, "made.npz")
        np.savez(
            given, left=large.left, right=large.right, outcome=large.outcome, n=np.array(large.n_items),
            l=small.left, r=small.right, o=small.outcome, k=np.array(small.n_items),
        )  # fmt: skip
        command = [arguments.with_peers, "-c", PEERS, str(given), str(made)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        with np.load(made) as theirs:
            evalica, choix = theirs["evalica"], theirs["choix"]
    gap = np.abs(fitted.scores - (evalica - evalica.mean())).max()
    ratio = said["seconds"] / seconds
    print(f"evalica {said['evalica']}: {said['seconds']:.2f} CPU s, {ratio:.1f} x ours; scores within {gap:.1e}")
    gap = np.abs(fit_strengths(small).scores - (choix - choix.mean())).max()
    print(f"choix, {small.n_items} items and {len(small)} judgments: scores within {gap:.1e} (at most 1e-6)")


if __name__ == "__main__":
    main()
