"""Pairs on their way into the queue: whether they may be asked, and their rows."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from labeling.db import pair_rows as rows
from labeling.models import Progress, Project, Split

#: Rows that are made in one transaction.
BATCH_PAIRS = 5_000


class RankedPair(NamedTuple):
    key: rows.Key
    context_id: int


def checked(project_id: int, ranked: Sequence[tuple[int, ...]]) -> list[RankedPair]:
    """Pairs with their context, in the same order. Raises ValueError unless all are distinct, of pool items of one
    context each."""
    keys = [rows.key_of(one, other) for one, other in ranked]
    if len(set(keys)) != len(keys):
        raise ValueError("A pair stands twice in the ranking.")
    found = rows.items_by_id(project_id, {pk for key in keys for pk in key})
    pairs = []
    for key in keys:
        first, second = found.get(key[0]), found.get(key[1])
        if first is None or second is None or first.context_id is None or key[0] == key[1]:
            raise ValueError("The ranking holds pairs of what are not two items of this project.")
        if Split.EVAL in (first.split, second.split):
            raise ValueError("The ranking holds pairs that touch the eval split.")
        if first.context_id != second.context_id:
            raise ValueError("The ranking holds pairs across contexts.")
        pairs.append(RankedPair(key, first.context_id))
    return pairs


def row_ids(project_id: int, pairs: Sequence[RankedPair]) -> list[int]:
    """The id of every pair, those made that were not there: in bounded transactions under the lock of Progress."""
    ids = rows.known([pair.key for pair in pairs])
    missing = [pair for pair in pairs if pair.key not in ids]
    for start in range(0, len(missing), BATCH_PAIRS):
        chunk = missing[start : start + BATCH_PAIRS]
        with transaction.atomic():
            Progress.objects.select_for_update(no_key=True).get(project=project_id)
            raced = rows.known([pair.key for pair in chunk])
            fresh = [(pair.key, pair.context_id, Split.POOL.value) for pair in chunk if pair.key not in raced]
            overlap = Project.objects.values_list("overlap", flat=True).get(pk=project_id)
            ids |= raced | rows.insert(project_id, fresh, overlap=overlap)
            Progress.objects.filter(project=project_id).update(pairs=F("pairs") + len(fresh))
    return [ids[pair.key] for pair in pairs]
