"""What people's answers to the pool come to by the rule there is evidence for, as of a run.

The eval split has no part in it, neither by its answers nor by its gold: what measures a model is the majority of
people, and what it learns from has seen nothing of that (decision 0105).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from labeling.consensus import Ballots
from labeling.selectors.known_truth import EvidenceSeen, blind_decisions, gold_labels
from labeling.selectors.machines.votes import machine_ballots
from learning.models import Run
from learning.selectors.weighed_consensus import weigh_ballots
from learning.services.quality.pool_consensus import PoolConsensus


class Ballot(NamedTuple):
    """An answer by its number, who gave it, and the number of its label."""

    annotation_id: int
    person: int
    label: int


def weighed_pool(
    run: Run, given: Mapping[int, list[Ballot]], reviews: Mapping[int, int], labels: tuple[str, ...]
) -> PoolConsensus | None:
    """Of items by ordinal with answers of people; None where nobody has answered. ``reviews``: by the number of a
    reviewer's answer in force the ordinal of its item. A function of what stood at the moment of the run."""
    if not given:
        return None
    seen = EvidenceSeen.of_json(run.evidence_seen)
    position = {name: number for number, name in enumerate(labels)}
    row_of = {ordinal: row for row, ordinal in enumerate(given)}
    known = {
        row_of[at]: position[label] for at, label in _known(run, seen, reviews) if at in row_of and label in position
    }
    number_of: dict[int, int] = {}
    rows = [
        (row, number_of.setdefault(ballot.person, len(number_of)), ballot.label)
        for row, of_item in enumerate(given.values())
        for ballot in of_item
    ]
    items, people, said = zip(*rows, strict=True)
    machines = machine_ballots(
        run.project, row_of, position, seen, last_annotation_id=run.last_annotation_id, of_pool=True
    )
    sizes = (len(given), len(number_of), len(labels))
    found = weigh_ballots(Ballots(items, people, said, sorted(known.items()), *sizes, machines))
    if known:
        found = replace(found, reason=f"{found.reason} Of {len(known):,} of these items the truth is known.")
    answers = [sum(ballot.annotation_id for ballot in of_item) for of_item in given.values()]
    weights = {one.name: weight for one, weight in zip(machines, found.machine_weights, strict=True)}
    return PoolConsensus(
        np.array(list(given), dtype=np.int64), np.array(answers, dtype=np.int64), labels, found, weights
    )


def _known(run: Run, seen: EvidenceSeen, reviews: Mapping[int, int]) -> Iterator[tuple[int, str]]:
    """What is known to be true by ordinal, gold last: it goes before a review."""
    decided = (one for one in blind_decisions(run.project) if reviews.get(one.annotation_id) == one.ordinal)
    return chain(((one.ordinal, one.label) for one in decided), gold_labels(run.project, seen))
