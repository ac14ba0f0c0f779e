"""Publishes the head of a ranking. Learning calls it; annotators see the old one or the new one, never both."""

import math
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.models import F

from labeling.models import Epoch, Item, PairQueueEntry, Project, QueueEntry, Split
from labeling.services.jobs.attempts import FencedOff

#: Rows a clean-up statement removes at most.
BATCH_ENTRIES = 5_000
#: Rows of one INSERT; five parameters each, and SQLite takes 32,766.
INSERT_ENTRIES = 1_000

Entry = tuple[int, float, float]
#: Writes the entries of the epoch with this id.
Insert = Callable[[int], None]


@transaction.atomic
def reserve_epoch(project_id: int) -> int:
    """The next epoch number; whoever reserved before can no longer publish."""
    project = Project.objects.filter(pk=project_id)
    project.update(reserved_epoch=F("reserved_epoch") + 1)
    return project.values_list("reserved_epoch", flat=True).get()


def publish(
    project_id: int, number: int, entries: Sequence[Entry], strategy: str, model_version: int | None, pool_size: int
) -> bool:
    """Makes ``[(item_id, utility, propensity)]``, best first, the project's queue; False when fenced off.

    Repeating it with the same number changes nothing and is True. Entries of older epochs are removed afterwards.
    Raises ValueError for entries that are not distinct pool items with finite utility and propensity in (0, 1].
    """
    _check(project_id, entries)
    published = publish_entries(
        project_id, number, lambda epoch: _insert(epoch, entries), strategy, model_version, pool_size
    )
    if published:
        remove_old_entries(project_id, number)
    return published


def publish_entries(
    project_id: int,
    number: int,
    insert: Insert,
    strategy: str,
    model_version: int | None,
    pool_size: int,
) -> bool:
    """An epoch whose entries ``insert(epoch id)`` writes, visible as a whole; False when fenced off."""
    try:
        return _publish(project_id, number, insert, strategy, model_version, pool_size)
    except FencedOff:
        return False


def _check(project_id: int, entries: Sequence[Entry]) -> None:
    if any(not math.isfinite(utility) or not 0 < propensity <= 1 for _, utility, propensity in entries):
        raise ValueError("Utilities must be finite and propensities in (0, 1].")
    ids = list({item_id for item_id, _, _ in entries})
    if len(ids) != len(entries):
        raise ValueError("An item stands twice in the ranking.")
    pool = Item.objects.filter(project=project_id, split=Split.POOL)  # the eval split is never ranked (invariant 4)
    chunks = [ids[start : start + BATCH_ENTRIES] for start in range(0, len(ids), BATCH_ENTRIES)]
    if sum(pool.filter(pk__in=chunk).count() for chunk in chunks) != len(ids):
        raise ValueError("The ranking holds items that are not in the pool of this project.")


@transaction.atomic
def _publish(
    project_id: int,
    number: int,
    insert: Insert,
    strategy: str,
    model_version: int | None,
    pool_size: int,
) -> bool:
    project = Project.objects.only("epoch", "reserved_epoch").get(pk=project_id)
    if project.epoch == number:
        return True
    if project.reserved_epoch != number:
        return False
    epoch = Epoch.objects.create(
        project_id=project_id, number=number, strategy=strategy, model_version=model_version, pool_size=pool_size
    )
    insert(epoch.pk)
    # the switch; if somebody reserved while the entries were written, it finds no row and all of this is undone
    switched = Project.objects.filter(pk=project_id, reserved_epoch=number, epoch__lt=number).update(epoch=number)
    if not switched:
        raise FencedOff
    return True


def _insert(epoch_pk: int, entries: Sequence[Entry]) -> None:
    """Plain SQL, many rows a statement: a tenth of the time of model instances."""
    table = QueueEntry._meta.db_table
    ranked = [(epoch_pk, rank, *entry) for rank, entry in enumerate(entries)]
    with connection.cursor() as cursor:
        for start in range(0, len(ranked), INSERT_ENTRIES):
            rows = ranked[start : start + INSERT_ENTRIES]
            values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
            cursor.execute(
                f"INSERT INTO {table} (epoch_id, rank, item_id, utility, propensity) VALUES {values}",
                [value for row in rows for value in row],
            )


def remove_old_entries(
    project_id: int, number: int, entries: type[QueueEntry] | type[PairQueueEntry] = QueueEntry
) -> int:
    """Removes the entries of all epochs but ``number`` and the one before it, which may still be being read.

    What somebody published meanwhile is newer than ``number`` and stays.
    """
    newest = Epoch.objects.filter(project=project_id).order_by("-number").values_list("pk", flat=True)
    old = entries.objects.filter(epoch__project=project_id, epoch__number__lt=number)
    old = old.exclude(epoch__in=list(newest[:2]))
    removed = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH_ENTRIES]):
        removed += entries.objects.filter(pk__in=pks)._raw_delete("default")
    return removed
