"""What a pairwise model is worth on pairs that touch the eval split, beside what a constant, a coin and length say."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from learning.core.evaluation.intervals import share
from learning.core.evaluation.report import evaluate
from learning.core.pairwise import LEFT, TIE
from learning.families.pairwise.freeze import Bools, Ints, PairData

Doubles = NDArray[np.float64]
ITEMS, CONTEXTS = "accuracy_unseen_items", "accuracy_unseen_contexts"
#: Of what ``evaluate`` finds; a macro-F1 over "left" and "right" would say nothing.
METRICS = ("accuracy", "log_loss", "brier_loss", "calibration_error")
#: Tells equal scores apart by a coin, far below any difference that is real.
TOSS = 1e-9


@dataclass(frozen=True)
class HeldPairs:
    """Held-out pairs whose strict answers have a majority. ``left`` stood left when the pair was first put;
    ``truth``: most people preferred it. ``new_context``: the whole context is held out."""

    left: Ints
    right: Ints
    truth: Bools
    new_context: Bools

    def __len__(self) -> int:
        return len(self.left)

    @property
    def sha256(self) -> str:
        """Names the eval set: the same pairs with the same truth."""
        return hashlib.sha256(np.stack([self.left, self.right, self.truth.astype(np.int64)]).tobytes()).hexdigest()

    @property
    def targets(self) -> Doubles:
        return np.stack([self.truth, ~self.truth], axis=1).astype(np.float64)


@dataclass(frozen=True)
class MeasuredPairs:
    """``correct``: per held-out pair whether the candidate had it right, ``simple_correct`` whether each baseline that
    looks at the pair had; the rest as ModelVersion keeps it."""

    held: HeldPairs
    probabilities: Doubles
    correct: Bools
    constant_correct: Bools
    metrics: dict[str, Any]
    baselines: dict[str, Any]
    simple_correct: dict[str, Bools]


def held_pairs(data: PairData) -> HeldPairs:
    """Pairs by item number. A pair people are split evenly about has no truth and is left out."""
    judged = data.judged
    rows = np.flatnonzero(judged.held & ~judged.repeated & (judged.answer < TIE))
    n = max(len(data.items), 1)
    left, right = judged.left[rows], judged.right[rows]
    low, high = np.minimum(left, right), np.maximum(left, right)
    codes, first_row, pair = np.unique(low * n + high, return_index=True, return_inverse=True)
    low_won = (judged.answer[rows] == LEFT) == (left == low)
    balance = np.bincount(pair, np.where(low_won, 1.0, -1.0), codes.size)
    decided = balance != 0
    shown = left[first_row]
    truth = (balance > 0) == (shown == codes // n)
    new_context = data.contexts.held[data.items.context[shown]]
    return HeldPairs(shown[decided], right[first_row][decided], truth[decided], new_context[decided])


def probabilities_of(scores: Doubles, held: HeldPairs, rng: np.random.Generator) -> Doubles:
    """Columns: left is preferred, right is; position is left out, equal scores toss a coin."""
    d = scores[held.left] - scores[held.right]
    d = np.where(d == 0, np.where(rng.random(len(held)) < 0.5, TOSS, -TOSS), d)
    return np.stack([expit(d), expit(-d)], axis=1)


def correct_of(probabilities: Doubles, held: HeldPairs) -> Bools:
    return np.asarray((probabilities[:, 0] > probabilities[:, 1]) == held.truth)


def measure(scores: Doubles, lengths: Doubles | None, data: PairData, rng: np.random.Generator) -> MeasuredPairs | None:
    """None while no held-out pair is answered. ``lengths`` of texts, None for other modalities."""
    held = held_pairs(data)
    if not len(held):
        return None
    given = probabilities_of(scores, held, rng)
    correct = correct_of(given, held)
    found = evaluate(given, held.targets, kind="classification", rng=rng).as_dict()["metrics"]
    # nothing constant does better than the side that was preferred more often on these very pairs
    constant = held.truth if 2 * held.truth.sum() >= len(held) else ~held.truth
    baselines = {"majority": constant, "coin": rng.random(len(held)) < 0.5}
    simple = {}
    if lengths is not None:
        simple["length"] = correct_of(probabilities_of(lengths * _longer_wins(lengths, data), held, rng), held)
    metrics = accuracies(correct, held) | {name: found[name] for name in METRICS}
    measured = {name: accuracies(right, held) for name, right in (baselines | simple).items()}
    return MeasuredPairs(held, given, correct, constant, metrics, measured, simple)


def accuracies(correct: Bools, held: HeldPairs) -> dict[str, Any]:
    """On all held-out pairs, then on unseen items of known contexts and on unseen contexts."""
    parts = {"accuracy": np.ones(len(held), dtype=bool), ITEMS: ~held.new_context, CONTEXTS: held.new_context}
    return {
        name: share(int(correct[part].sum()), int(part.sum())).as_dict() for name, part in parts.items() if part.any()
    }


def _longer_wins(lengths: Doubles, data: PairData) -> float:
    """1 when the longer text was preferred more often in what was learned from, by what it weighs, else -1."""
    learned = data.learned
    longer_left = np.sign(lengths[learned.left] - lengths[learned.right])
    won = np.where(learned.outcome == TIE, 0.0, np.where(learned.outcome == LEFT, 1.0, -1.0))
    if data.learned_weights is not None:
        won = won * data.learned_weights
    return 1.0 if float(longer_left @ won) >= 0 else -1.0
