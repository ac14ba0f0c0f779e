"""Publishes a ranking of pairs, with the fencing of services/queue."""

import math
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F, Q

from labeling.db import pair_rows as rows
from labeling.models import PairQueueEntry, Progress, Project, Split
from labeling.services.queue.publish import BATCH_ENTRIES, INSERT_ENTRIES, publish_entries, remove_old_entries
from labeling.services.serving.pairs.head import LAP

Entry = tuple[int, int, float, float]


def publish_pairs(
    project_id: int,
    number: int,
    entries: Sequence[Entry],
    strategy: str,
    model_version: int | None,
    pool_size: int,
    slots_taken: Sequence[int] | None = None,
) -> bool:
    """Makes ``[(one item, other item, utility, propensity)]``, best first, the project's queue; False when fenced off.

    ``slots_taken``: how many people each pair had been put to when it was ranked (0 where left out); those asked since
    make it wait for a later lap. Pairs without a row get one. Repeating it with the same number changes nothing and is
    True. Raises ValueError for pairs that are not distinct, touch the eval split or two contexts, and for utilities and
    propensities that are none.
    """
    wanted = _checked(project_id, entries)
    known = [0] * len(entries) if slots_taken is None else slots_taken
    mine = Q(reserved_epoch=number) | Q(epoch=number)
    if not Project.objects.filter(mine, pk=project_id).exists():
        return False
    ids = _with_rows(project_id, wanted)
    ranked = [
        (ids[key], utility, propensity, taken)
        for key, (_, _, utility, propensity), taken in zip(wanted, entries, known, strict=True)
    ]
    published = publish_entries(
        project_id, number, lambda epoch: _insert(epoch, ranked), strategy, model_version, pool_size
    )
    if published:
        remove_old_entries(project_id, number, PairQueueEntry)
    return published


def _checked(project_id: int, entries: Sequence[Entry]) -> dict[rows.Key, int]:
    """The context of every pair, in the order of the entries."""
    if len(entries) >= LAP:
        raise ValueError(f"A ranking of pairs holds fewer than {LAP:,}.")
    if any(not math.isfinite(utility) or not 0 < propensity <= 1 for _, _, utility, propensity in entries):
        raise ValueError("Utilities must be finite and propensities in (0, 1].")
    keys = [rows.key_of(one, other) for one, other, _, _ in entries]
    if len(set(keys)) != len(keys):
        raise ValueError("A pair stands twice in the ranking.")
    found = rows.items_by_id(project_id, {pk for key in keys for pk in key})
    contexts: dict[rows.Key, int] = {}
    for key in keys:
        first, second = found.get(key[0]), found.get(key[1])
        if first is None or second is None or first.context_id is None or key[0] == key[1]:
            raise ValueError("The ranking holds pairs of what are not two items of this project.")
        if Split.EVAL in (first.split, second.split):
            raise ValueError("The ranking holds pairs that touch the eval split.")
        if first.context_id != second.context_id:
            raise ValueError("The ranking holds pairs across contexts.")
        contexts[key] = first.context_id
    return contexts


def _with_rows(project_id: int, wanted: dict[rows.Key, int]) -> dict[rows.Key, int]:
    """The id of every pair, those made that were not there: in bounded transactions under the lock of Progress."""
    ids = rows.known(wanted.keys())
    missing = [key for key in wanted if key not in ids]
    for start in range(0, len(missing), BATCH_ENTRIES):
        chunk = missing[start : start + BATCH_ENTRIES]
        with transaction.atomic():
            Progress.objects.select_for_update(no_key=True).get(project=project_id)
            raced = rows.known(chunk)
            fresh = [(key, wanted[key], Split.POOL.value) for key in chunk if key not in raced]
            overlap = Project.objects.values_list("overlap", flat=True).get(pk=project_id)
            ids |= raced | rows.insert(project_id, fresh, overlap=overlap)
            Progress.objects.filter(project=project_id).update(pairs=F("pairs") + len(fresh))
    return ids


def _insert(epoch_pk: int, ranked: list[tuple[int, float, float, int]]) -> None:
    table = PairQueueEntry._meta.db_table
    with connection.cursor() as cursor:
        for start in range(0, len(ranked), INSERT_ENTRIES):
            chunk = [(epoch_pk, start + at, *entry) for at, entry in enumerate(ranked[start : start + INSERT_ENTRIES])]
            values = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(chunk))
            cursor.execute(
                f"INSERT INTO {table} (epoch_id, rank, pair_id, utility, propensity, slots_taken) VALUES {values}",
                [value for row in chunk for value in row],
            )
