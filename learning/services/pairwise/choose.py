"""The next pairs: the core draws, this reads which pairs may be asked and writes the queue."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from labeling.models import Pair, Pairs, Project, Split
from labeling.services.pairs import queue
from learning.core.cycle import step_rng
from learning.core.pairwise import PairDraws, PairPosterior, choose_pairs
from learning.models import ModelVersion
from learning.services.pairwise.freeze import Frozen

#: The head of the queue, in answers until the next run. Every pair of it gets a row: no longer than it must be.
HEAD_BATCHES = 3
SHORTEST_HEAD, LONGEST_HEAD = 200, 2_000
STRATEGY = "information-gain"

Numbers = tuple[NDArray[np.int64], NDArray[np.int64]]


def next_pairs(project: Project, data: Frozen, posterior: PairPosterior, seed: int) -> PairDraws:
    """The head of the queue: pairs that close gaps first, then those that tell most. Never a pair of the eval split."""
    asked = np.fromiter(
        chain.from_iterable(
            Pair.objects.filter(project=project, split=Split.POOL)
            .order_by("pk")
            .values_list("first", "second", "is_open", "is_given", "slots_taken", "answers")
            .iterator(chunk_size=10_000)
        ),
        dtype=np.int64,
    ).reshape(-1, 6)
    number = np.searchsorted(data.items.ids, asked[:, :2])
    known = np.isin(asked[:, :2], data.items.ids).all(axis=1)
    first, second = number[known].T if known.any() else np.zeros((2, 0), dtype=np.int64)
    is_open, is_given, taken, answers = asked[known][:, 2:].T
    under_way = (is_open > 0) & (taken > answers)
    given = (is_given > 0) & (is_open > 0)
    return choose_pairs(
        posterior,
        data.learned,
        head_of(project),
        step_rng(seed, "rank"),
        given=(first[given], second[given]) if project.pairs == Pairs.GIVEN else None,
        excluded=(first[is_open == 0], second[is_open == 0]),
        pending=(first[under_way], second[under_way]),
        allowed=~data.items.held,
    )


def head_of(project: Project) -> int:
    return min(max(HEAD_BATCHES * project.retrain_every, SHORTEST_HEAD), LONGEST_HEAD)


def publish(project_id: int, epoch: int, data: Frozen, draws: PairDraws, version: ModelVersion | None) -> bool:
    """Makes the pairs the queue as a whole; False when a newer epoch is out already."""
    first, second = data.items.ids[draws.first], data.items.ids[draws.second]
    low, high = np.minimum(first, second), np.maximum(first, second)
    drawn = (low.tolist(), high.tolist(), draws.utilities.tolist(), draws.propensities.tolist())
    return queue.publish_pairs(
        project_id,
        epoch,
        entries=list(zip(*drawn, strict=True)),
        strategy=STRATEGY,
        model_version=version.number if version else None,
        pool_size=draws.pool_size,
    )
