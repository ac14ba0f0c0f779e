"""What people's answers to the pool come to by the rule there is evidence for, as of a run.

The eval split has no part in it, neither by its answers nor by its gold: what measures a model is the majority of
people, and what it learns from has seen nothing of that (decision 0105).
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np

from labeling.consensus import Ballots
from labeling.selectors.known_truth import EvidenceSeen, blind_decisions, gold_labels
from labeling.selectors.machines.votes import machine_ballots
from learning.models import Run
from learning.selectors.weighed_consensus import weigh_ballots
from learning.services.quality.pool_consensus import PoolConsensus


def weighed_pool(
    run: Run, given: "array[int]", reviews: Mapping[int, int], labels: tuple[str, ...]
) -> PoolConsensus | None:
    """``given`` holds four numbers an answer of people, by item: the item's ordinal, the answer's number, who gave it
    and the number of its label, so that a million answers are 32 MB; None where there is none. ``reviews``: by the
    number of a reviewer's answer in force the ordinal of its item. A function of what stood at the moment of the run.
    """
    if not given:
        return None
    seen = EvidenceSeen.of_json(run.evidence_seen)
    position = {name: number for number, name in enumerate(labels)}
    of_items, of_answers, people, said = np.frombuffer(given, dtype=np.int64).reshape(-1, 4).T
    ordinals, items = np.unique(of_items, return_inverse=True)
    row_of = {ordinal: row for row, ordinal in enumerate(ordinals.tolist())}
    known = {
        row_of[at]: position[label] for at, label in _known(run, seen, reviews) if at in row_of and label in position
    }
    # people are numbered as they come
    _, first, of_people = np.unique(people, return_index=True, return_inverse=True)
    numbers = np.argsort(np.argsort(first))[of_people]
    machines = machine_ballots(
        run.project, row_of, position, seen, last_annotation_id=run.last_annotation_id, of_pool=True
    )
    sizes = (len(ordinals), len(first), len(labels))
    rows, voters, votes = (array("q", column.astype(np.int64).tobytes()) for column in (items, numbers, said))
    found = weigh_ballots(Ballots(rows, voters, votes, sorted(known.items()), *sizes, machines))
    if known:
        found = replace(found, reason=f"{found.reason} Of {len(known):,} of these items the truth is known.")
    answers = np.zeros(len(ordinals), dtype=np.int64)
    np.add.at(answers, items, of_answers)
    weights = {one.name: weight for one, weight in zip(machines, found.machine_weights, strict=True)}
    return PoolConsensus(ordinals, answers, labels, found, weights)


def _known(run: Run, seen: EvidenceSeen, reviews: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """What is known to be true by ordinal, gold last: it goes before a review."""
    decided = (one for one in blind_decisions(run.project) if reviews.get(one.annotation_id) == one.ordinal)
    return chain(((one.ordinal, one.label) for one in decided), gold_labels(run.project, seen))
