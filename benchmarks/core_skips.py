"""Questions about rows that belong to no label: 20 intents of Banking77 in scope, a fifth of the pool from the others.

Whoever is asked skips what is out of scope and answers the rest truthfully. Questions come one by one as the
application draws them: a tenth at random, the others from the head of the ranking, with the propensity it records; a
new model and ranking after every 20 questions. Arms: random order, the default strategy as if nobody had skipped, and
the default strategy taught by the skips. Each prints

* ``out of scope``: share of questions 61 to 240 about rows that are out of scope (a fifth of the pool is);
* ``accuracy``: of the model after 240 questions, on 600 texts in scope that are asked about by nobody;
* ``questions per label``: 240 over the answers they brought;
* ``weighted``: how often the interval of the errors of a model made elsewhere, weighted by what the export would say
  (LURE, over the weights' mean), holds its error on the pool's rows in scope, and the mean difference in points; then
  the same of the plain mean of weight times error.

    python -m benchmarks.core_skips --seeds 10
    python -m benchmarks.core_skips --seeds 5 --first-seed 20 --data fashion      (nothing was tuned on)

``fashion``: five sorts of clothes as raw pixels in scope, a fifth of the pool from the other five.

Exit code 1 when the taught arm asks about more than 1.25 times the pool's share, needs more than 1.35 questions a
label, or its accuracy is below that of the untaught arm by an interval that excludes zero. Reads ``../shared/data``.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.label_sets import banking77, fashion  # noqa: E402
from benchmarks.open_data import DATA  # noqa: E402
from learning.core import cycle  # noqa: E402
from learning.core.evaluation.intervals import mean_of_few  # noqa: E402
from learning.core.evaluation.lure import lure_estimate, lure_weights  # noqa: E402
from learning.core.learners import one_hot  # noqa: E402
from learning.core.pools import ArrayPool  # noqa: E402
from learning.core.simulation import accuracy  # noqa: E402
from learning.core.skips import Skipped, fit_skip_model  # noqa: E402
from learning.core.strategies import Draws  # noqa: E402

#: How a set is read, and how many of its labels are in scope.
SETS = {"banking77": (banking77, 20), "fashion": (fashion, 5)}
OUT_OF_SCOPE = 0.2
HELD_OUT, ELSEWHERE = 600, 200
QUESTIONS, BATCH, COUNTED_FROM, HEAD = 240, 20, 60, 2_000
RANDOM_SHARE = 0.1
MAX_RATIO, MAX_QUESTIONS = 1.25, 1.35


@dataclass(frozen=True)
class World:
    """A pool, who is out of scope in it, and rows in scope beside it."""

    pool: ArrayPool
    targets: np.ndarray
    outside: np.ndarray
    held_out: tuple[np.ndarray, np.ndarray]
    elsewhere: cycle.Answers


@dataclass(frozen=True)
class Found:
    """What one arm came to on one seed. ``on_after``: questions when skips began to teach, 0 for never."""

    outside: float
    accuracy: float
    per_label: float
    weighted_error: float
    is_held: bool
    plain_error: float
    plain_is_held: bool
    on_after: int


def world_of(features: np.ndarray, labels: np.ndarray, n_labels: int, seed: int) -> World:
    rng = np.random.default_rng(1_000 + seed)
    chosen = np.sort(rng.choice(int(labels.max()) + 1, n_labels, replace=False))
    is_inside = np.isin(labels, chosen)
    inside, outside = rng.permutation(np.flatnonzero(is_inside)), rng.permutation(np.flatnonzero(~is_inside))
    own = np.where(is_inside, np.searchsorted(chosen, labels), 0)
    targets = one_hot(np.minimum(own, n_labels - 1), n_labels)
    held, rest = inside[:HELD_OUT], inside[HELD_OUT:]
    elsewhere, rest = rest[:ELSEWHERE], rest[ELSEWHERE:]
    n_outside = round(rest.size * OUT_OF_SCOPE / (1 - OUT_OF_SCOPE))
    rows = rng.permutation(np.concatenate((rest, outside[:n_outside])))
    return World(
        ArrayPool(features[rows]),
        targets[rows],
        ~is_inside[rows],
        (features[held], targets[held]),
        cycle.Answers(features[elsewhere], targets[elsewhere]),
    )


class Questions:
    """What was asked so far, one draw after the other, with the propensity that the application would record."""

    def __init__(self, world: World, seed: int, strategy: str) -> None:
        self._rng = np.random.default_rng(seed)
        self._random_share = 1.0 if strategy == "random" else RANDOM_SHARE
        self.open = np.ones(world.pool.n_rows, dtype=bool)
        self.asked: list[int] = []
        self.propensities: list[float] = []
        self.pool_sizes: list[int] = []

    def ask(self, ranking: Draws, n: int) -> None:
        """Ask ``n`` questions of one ranking."""
        head = dict(zip(ranking.rows.tolist(), ranking.propensities.tolist(), strict=True))
        for _ in range(n):
            rows = np.flatnonzero(self.open)
            at_random = self._rng.random() < self._random_share
            row = int(self._rng.choice(rows)) if at_random else next(iter(head))
            by_queue = 0.0
            if row in head:
                ahead = list(head).index(row)
                passed = np.prod([1.0 - chance for chance in list(head.values())[:ahead]])
                by_queue = head.pop(row) * float(passed if ahead else 1.0)
            uniform = 1.0 / rows.size
            self.asked.append(row)
            self.pool_sizes.append(rows.size)
            self.propensities.append(self._random_share * uniform + (1.0 - self._random_share) * by_queue)
            self.open[row] = False


def run(world: World, strategy: str, is_taught: bool, seed: int) -> Found:
    settings = cycle.Settings("classification", world.targets.shape[1], strategy=strategy, batch=BATCH, head=HEAD)
    questions = Questions(world, seed, strategy)
    model, on_after = None, 0
    while True:
        asked = np.array(questions.asked, dtype=np.int64)
        answered, skipped = asked[~world.outside[asked]], asked[world.outside[asked]]
        answers = cycle.Answers(world.pool.features[answered], world.targets[answered])
        turn = seed * 1_000_003 + asked.size
        unlabeled = cycle.sample_pool(world.pool, questions.open, cycle.step_rng(turn, "sample"))
        model = cycle.fit_model(answers, settings, cycle.step_rng(turn, "fit"), unlabeled)
        if asked.size >= QUESTIONS:
            break
        skips = None
        if is_taught and skipped.size:
            known = Skipped(world.pool.features[skipped])
            skips = fit_skip_model(answers.features, known, cycle.step_rng(turn, "skips"))
            on_after = on_after or (asked.size if skips.is_on else 0)
        rng = cycle.step_rng(turn, "rank")
        ranking = cycle.rank_pool(world.pool, questions.open, answers, model, settings, rng, skips)
        questions.ask(ranking, BATCH)
    assert model is not None
    features, targets = world.held_out
    is_outside = world.outside[asked]
    return Found(
        float(is_outside[COUNTED_FROM:].mean()),
        accuracy(model.predict(features), targets, "classification"),
        asked.size / answered.size,
        *weighted(world, questions, seed),
        on_after,
    )


def weighted(world: World, questions: Questions, seed: int) -> tuple[float, bool, float, bool]:
    """How far the weighted error of a model made elsewhere is from its error in scope, and whether the interval holds
    it: with weights over their mean, and as they are."""
    settings = cycle.Settings("classification", world.targets.shape[1], learner="logistic")
    model = cycle.fit_model(world.elsewhere, settings, cycle.step_rng(seed, "elsewhere"))
    assert model is not None
    wrong = model.predict(world.pool.features).argmax(axis=1) != world.targets.argmax(axis=1)
    asked = np.array(questions.asked)
    answered = np.flatnonzero(~world.outside[asked])
    weights = lure_weights(np.array(questions.propensities)[answered], np.array(questions.pool_sizes)[answered])
    errors = wrong[asked[answered]].astype(float)
    truth = float(wrong[~world.outside].mean())
    even, plain = lure_estimate(errors, weights / weights.mean()), lure_estimate(errors, weights)
    is_held = [found.low <= truth <= found.high for found in (even, plain)]
    return even.value - truth, is_held[0], plain.value - truth, is_held[1]


ARMS = {"random": ("random", False), "auto, untaught": ("auto", False), "auto, taught": ("auto", True)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--data", choices=list(SETS), default="banking77")
    given = parser.parse_args()
    if not DATA.is_dir():
        print(f"skipped: {DATA.name} is absent")
        return 0
    load, n_labels = SETS[given.data]
    features, labels = load()
    found: dict[str, list[Found]] = {arm: [] for arm in ARMS}
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        world = world_of(features, labels, n_labels, seed)
        for arm, (strategy, is_taught) in ARMS.items():
            found[arm].append(run(world, strategy, is_taught, seed))
            print(f"seed {seed} {arm}: {found[arm][-1]}", flush=True)
    share = float(world.outside.mean())
    print(f"\n{given.seeds} seeds, {share:.1%} of {world.pool.n_rows:,} rows out of scope, {QUESTIONS} questions")
    print(f"{'':<16}{'out of scope 61-240':>22}{'accuracy':>22}{'questions a label':>22}  weighted")
    for arm, rows in found.items():
        cells = [words([getattr(row, name) for row in rows]) for name in ("outside", "accuracy", "per_label")]
        off = [100 * float(np.mean([getattr(row, name) for row in rows])) for name in ("weighted_error", "plain_error")]
        held = [sum(getattr(row, name) for row in rows) for name in ("is_held", "plain_is_held")]
        told = "; plain ".join(f"{n} of {len(rows)}, {error:+.1f}" for n, error in zip(held, off, strict=True))
        print(f"{arm:<16}" + "".join(f"{cell:>22}" for cell in cells) + f"  {told}")
    taught, untaught = found["auto, taught"], found["auto, untaught"]
    gains = mean_of_few([new.accuracy - old.accuracy for new, old in zip(taught, untaught, strict=True)], 1e-3)
    ratio = float(np.mean([row.outside for row in taught])) / share
    per_label = float(np.mean([row.per_label for row in taught]))
    print(f"out of scope over the pool's share {ratio:.2f} (at most {MAX_RATIO}), {per_label:.2f} questions a label")
    print(f"accuracy, taught less untaught {100 * gains.value:+.1f} [{100 * gains.low:+.1f}, {100 * gains.high:+.1f}]")
    print(f"taught from question {[row.on_after for row in taught]}")
    return int(not (ratio <= MAX_RATIO and per_label <= MAX_QUESTIONS and gains.high >= 0))


def words(values: list[float]) -> str:
    found = mean_of_few(values, 1e-3)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


if __name__ == "__main__":
    sys.exit(main())
