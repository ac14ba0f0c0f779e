"""What a pairwise model is worth on pairs that touch the eval split, beside what people agree on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.core.evaluation.intervals import Estimate, wilson
from learning.core.pairwise import LEFT, RIGHT
from learning.services.pairwise.freeze import Bools, Frozen, Ints, Judged

Doubles = NDArray[np.float64]
ITEMS, CONTEXTS = "accuracy_unseen_items", "accuracy_unseen_contexts"


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


@dataclass(frozen=True)
class Measured:
    """``correct``: per held-out pair whether the candidate had it right; the rest as ModelVersion keeps it."""

    correct: Bools
    constant_correct: Bools
    metrics: dict[str, Any]
    baselines: dict[str, Any]


def held_pairs(data: Frozen) -> HeldPairs:
    """Pairs by item number. A pair people are split evenly about has no truth and is left out."""
    judged = data.judged
    rows = np.flatnonzero(judged.held & ~judged.repeated & ((judged.answer == LEFT) | (judged.answer == RIGHT)))
    n = max(len(data.items), 1)
    left, right = judged.left[rows], judged.right[rows]
    low, high = np.minimum(left, right), np.maximum(left, right)
    codes, first_row, pair = np.unique(low * n + high, return_index=True, return_inverse=True)
    low_won = (judged.answer[rows] == LEFT) == (left == low)
    balance = np.bincount(pair, np.where(low_won, 1.0, -1.0), codes.size)
    decided = balance != 0
    shown = left[first_row]
    truth = (balance > 0) == (shown == codes // n)
    new_context = data.contexts.held[data.items.context[shown]] if len(shown) else np.zeros(0, dtype=bool)
    return HeldPairs(shown[decided], right[first_row][decided], truth[decided], new_context[decided])


def correct_by(scores: Doubles, held: HeldPairs, rng: np.random.Generator) -> Bools:
    """Whether the higher score is the preferred item; equal scores toss a coin."""
    difference = scores[held.left] - scores[held.right]
    toss = rng.random(len(held)) < 0.5
    return np.asarray(np.where(difference == 0, toss, difference > 0) == held.truth)


def measure(scores: Doubles, lengths: Doubles | None, data: Frozen, rng: np.random.Generator) -> Measured | None:
    """None while no held-out pair is answered. ``lengths`` of texts, None for other modalities."""
    held = held_pairs(data)
    if not len(held):
        return None
    correct = correct_by(scores, held, rng)
    # nothing constant does better than the side that was preferred more often on these very pairs
    majority = held.truth if 2 * held.truth.sum() >= len(held) else ~held.truth
    baselines = {"majority": majority, "coin": rng.random(len(held)) < 0.5}
    if lengths is not None:
        baselines["length"] = correct_by(lengths * _longer_wins(lengths, data), held, rng)
    return Measured(
        correct,
        majority,
        metrics_of(correct, held),
        {name: metrics_of(found, held) for name, found in baselines.items()},
    )


def metrics_of(correct: Bools, held: HeldPairs) -> dict[str, Any]:
    """The accuracy on all held-out pairs, then on unseen items of known contexts and on unseen contexts."""
    parts = {"accuracy": np.ones(len(held), dtype=bool), ITEMS: ~held.new_context, CONTEXTS: held.new_context}
    return {
        name: wilson(int(correct[part].sum()), int(part.sum())).as_dict() for name, part in parts.items() if part.any()
    }


def _longer_wins(lengths: Doubles, data: Frozen) -> float:
    """1 when the longer text was preferred more often in what was learned from, else -1."""
    learned = data.learned
    strict = (learned.outcome == LEFT) | (learned.outcome == RIGHT)
    longer_left = np.sign(lengths[learned.left] - lengths[learned.right])[strict]
    won = np.where(learned.outcome[strict] == LEFT, 1.0, -1.0)
    return 1.0 if float(longer_left @ won) >= 0 else -1.0


def agreement(judged: Judged, n_items: int) -> Estimate:
    """How often two people prefer the same item of a pair: a mean over the pairs two or more have answered strictly."""
    rows = np.flatnonzero(~judged.repeated & ((judged.answer == LEFT) | (judged.answer == RIGHT)))
    left, right = judged.left[rows], judged.right[rows]
    low = np.minimum(left, right)
    _, pair = np.unique(low * max(n_items, 1) + np.maximum(left, right), return_inverse=True)
    low_won = np.bincount(pair, (judged.answer[rows] == LEFT) == (left == low)) if rows.size else np.zeros(0)
    answers = np.bincount(pair) if rows.size else np.zeros(0)
    several = answers > 1
    k, w = answers[several], low_won[several]
    same = (w * (w - 1) + (k - w) * (k - w - 1)) / (k * (k - 1))
    return wilson(float(same.sum()), int(several.sum()))
