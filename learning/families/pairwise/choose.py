"""The next pairs: the core draws, this reads which pairs may be asked and writes the queue."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from labeling.models import Pair, Pairs, Project, Reason, Split
from labeling.services.queue import publish as queue
from learning.core.cycle import step_rng
from learning.core.pairwise import PairDraws, PairPosterior, choose_pairs
from learning.families.pairwise.freeze import REASONS, PairData
from learning.models import ModelVersion

#: The size of the queue, in answers until the next run. Every pair of it gets a row: no longer than it must be.
QUEUE_BATCHES = 3
SHORTEST_QUEUE, LONGEST_QUEUE = 200, 2_000
STRATEGY = "information-gain"

Numbers = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Chosen:
    """The head of the queue; ``slots_taken``: how many people each of its pairs had been put to."""

    draws: PairDraws
    slots_taken: NDArray[np.int64]


def next_pairs(project: Project, data: PairData, posterior: PairPosterior, seed: int) -> Chosen:
    """Pairs that close gaps first, then those that tell most. Never a pair of the eval split, and none that was put to
    somebody whose answer this run does not know: what that will tell is taken off before the draw."""
    first, second, is_open, is_given, taken = _asked(project, data)
    under_way = taken > _known_answers(data, first, second)
    given = (is_given > 0) & (is_open > 0)
    draws = choose_pairs(
        posterior,
        data.learned,
        queue_size(project),
        step_rng(seed, "rank"),
        given=(first[given], second[given]) if project.pairs == Pairs.GIVEN else None,
        excluded=(first[is_open == 0], second[is_open == 0]),
        pending=(first[under_way], second[under_way]),
        allowed=~data.items.held,
    )
    by_code = dict(zip(_codes(data, first, second).tolist(), taken.tolist(), strict=True))
    drawn = _codes(data, draws.first, draws.second).tolist()
    return Chosen(draws, np.array([by_code.get(code, 0) for code in drawn], dtype=np.int64))


def _asked(project: Project, data: PairData) -> NDArray[np.int64]:
    """(one item's number, the other's, is open, is given, slots taken) of the pool pairs that have a row."""
    names = ("first", "second", "is_open", "is_given", "slots_taken")
    pairs = Pair.objects.filter(project=project, split=Split.POOL).order_by("pk")
    rows = chain.from_iterable(pairs.values_list(*names).iterator(chunk_size=10_000))
    asked = np.fromiter(rows, dtype=np.int64).reshape(-1, len(names))
    there = np.isin(asked[:, :2], data.items.ids).all(axis=1)
    asked = asked[there]
    asked[:, :2] = np.searchsorted(data.items.ids, asked[:, :2])
    return np.ascontiguousarray(asked.T)


def _codes(data: PairData, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number a pair, whatever its order."""
    return np.asarray(np.minimum(first, second) * len(data.items) + np.maximum(first, second))


def _known_answers(data: PairData, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many answers of those who hold a slot this run knows, by pair."""
    judged = data.judged
    holds = np.isin(judged.reason, [REASONS.index(Reason.RANDOM), REASONS.index(Reason.STRATEGY)])
    codes, counts = np.unique(_codes(data, judged.left[holds], judged.right[holds]), return_counts=True)
    known = dict(zip(codes.tolist(), counts.tolist(), strict=True))
    return np.array([known.get(code, 0) for code in _codes(data, first, second).tolist()], dtype=np.int64)


def queue_size(project: Project) -> int:
    return min(max(QUEUE_BATCHES * project.retrain_every, SHORTEST_QUEUE), LONGEST_QUEUE)


def publish(project_id: int, epoch: int, data: PairData, chosen: Chosen, version: ModelVersion | None) -> bool:
    """Makes the pairs the queue as a whole; False when a newer epoch is out already."""
    draws = chosen.draws
    first, second = data.items.ids[draws.first], data.items.ids[draws.second]
    low, high = np.minimum(first, second), np.maximum(first, second)
    drawn = (low.tolist(), high.tolist(), draws.utilities.tolist(), draws.propensities.tolist())
    return queue.publish(
        project_id,
        epoch,
        entries=list(zip(*drawn, strict=True)),
        strategy=STRATEGY,
        model_version=version.number if version else None,
        pool_size=draws.pool_size,
        slots_taken=chosen.slots_taken.tolist(),
    )
