"""Publishes the head of a ranking. Learning calls it; annotators see the old one or the new one, never both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from labeling.models import Epoch, Project, QueueEntry, Reason
from labeling.services.jobs.attempts import FencedOff
from labeling.services.serving.queue_pass import PASS_RANKS
from labeling.services.serving.sources import SubjectSource, source_of
from labeling.services.serving.sources.opinions import MOST_OPINIONS

#: Rows a clean-up statement removes at most.
BATCH_ENTRIES = 5_000
#: Rows of one INSERT; six parameters each, and SQLite takes 32,766.
INSERT_ENTRIES = 1_000

#: What is asked about (an item, or two of a context), its utility and its propensity.
RankedEntry = tuple[int, float, float] | tuple[int, int, float, float]


@dataclass(frozen=True, slots=True)
class RankedHead:
    """The rows of a queue, best first: ``(row id, utility, propensity, slots taken)``."""

    source: SubjectSource
    rows: Sequence[tuple[int, float, float, int]]
    strategy: str
    model_version: int | None
    pool_size: int
    leaning: float | None
    again: int = 0
    opinions: int = 0
    asks_again: float = 0.0


@transaction.atomic
def reserve_epoch(project_id: int) -> int:
    """The next epoch number; whoever reserved before can no longer publish."""
    project = Project.objects.filter(pk=project_id)
    project.update(reserved_epoch=F("reserved_epoch") + 1)
    return project.values_list("reserved_epoch", flat=True).get()


def publish(
    project_id: int,
    number: int,
    entries: Sequence[RankedEntry],
    strategy: str,
    model_version: int | None,
    pool_size: int,
    slots_taken: Sequence[int] | None = None,
    leaning: float | None = None,
    again: int = 0,
    opinions: int = 0,
    asks_again: float = 0.0,
) -> bool:
    """Makes ``[(item, utility, propensity)]``, of pairs ``[(one item, other item, utility, propensity)]``, best first,
    the project's queue; False when fenced off.

    ``slots_taken``: the answers of each that the ranking knew of (0 where left out); what was asked beyond them waits
    for a later pass. ``leaning``: the share of questions to be drawn at random from now on, where it is above the
    project's; None leaves it. ``opinions``: how many of the first are known items that are worth a second opinion,
    which are to be the share ``asks_again`` of the questions. ``again``: how many of those behind them are items that a
    person has put again. Pairs without a row get one.
    Repeating it with the same number changes nothing and is True. Entries of older epochs are removed
    afterwards. Raises ValueError for what is not distinct or not of the pool, for pairs across contexts, and for
    utilities and propensities that are none.
    """
    project = Project.objects.only("kind", "pairs", "epoch", "reserved_epoch").get(pk=project_id)
    source = source_of(project)
    if opinions > MOST_OPINIONS:
        raise ValueError(f"At most {MOST_OPINIONS:,} second opinions.")
    if len(entries) >= PASS_RANKS:
        raise ValueError(f"A ranking holds fewer than {PASS_RANKS:,}.")
    numbers: list[tuple[float, float]] = [entry[-2:] for entry in entries]
    if any(not math.isfinite(utility) or not 0 < propensity <= 1 for utility, propensity in numbers):
        raise ValueError("Utilities must be finite and propensities in (0, 1].")
    checked = source.checked(project_id, [entry[:-2] for entry in entries])
    if number not in (project.reserved_epoch, project.epoch):
        return False
    known = [0] * len(entries) if slots_taken is None else slots_taken
    ids = source.row_ids(project_id, checked)
    rows = [(pk, *of, taken) for pk, of, taken in zip(ids, numbers, known, strict=True)]
    try:
        share = asks_again if opinions else 0.0
        ranking = RankedHead(source, rows, strategy, model_version, pool_size, leaning, again, opinions, share)
        published = _publish(project_id, number, ranking)
    except FencedOff:
        return False
    if published:
        _remove_old_entries(source, project_id, number)
    return published


@transaction.atomic
def _publish(project_id: int, number: int, ranking: RankedHead) -> bool:
    project = Project.objects.only("epoch", "reserved_epoch").get(pk=project_id)
    if project.epoch == number:
        return True
    if project.reserved_epoch != number:
        return False
    epoch = Epoch.objects.create(
        project_id=project_id, number=number, strategy=ranking.strategy, model_version=ranking.model_version,
        pool_size=ranking.pool_size,
    )  # fmt: skip
    _insert(epoch.pk, ranking)
    opinions, entries = ranking.opinions, QueueEntry.objects.filter(epoch=epoch)
    if opinions:
        entries.filter(rank__lt=opinions).update(reason=Reason.SECOND_OPINION)
    if ranking.again:
        entries.filter(rank__gte=opinions, rank__lt=opinions + ranking.again).update(reason=Reason.RELABEL)
    # the switch; if somebody reserved while the entries were written, it finds no row and all of this is undone
    leans: dict[str, float] = {} if ranking.leaning is None else {"leaning": ranking.leaning}
    unpublished = Project.objects.filter(pk=project_id, reserved_epoch=number, epoch__lt=number)
    switched = unpublished.update(epoch=number, asks_again=ranking.asks_again, **leans)
    if not switched:
        raise FencedOff
    return True


def _insert(epoch_pk: int, ranking: RankedHead) -> None:
    """Plain SQL, many rows a statement: a tenth of the time of model instances."""
    names = f"epoch_id, rank, {ranking.source.name}_id, utility, propensity, slots_taken"
    ranked = [(epoch_pk, rank, *row) for rank, row in enumerate(ranking.rows)]
    with connection.cursor() as cursor:
        for start in range(0, len(ranked), INSERT_ENTRIES):
            rows = ranked[start : start + INSERT_ENTRIES]
            values = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows))
            cursor.execute(
                f"INSERT INTO {ranking.source.entries._meta.db_table} ({names}) VALUES {values}",
                [value for row in rows for value in row],
            )


def _remove_old_entries(source: SubjectSource, project_id: int, number: int) -> int:
    """Removes the entries of all epochs but ``number`` and the one before it, which may still be being read.

    What somebody published meanwhile is newer than ``number`` and stays.
    """
    entries: Any = source.entries._default_manager
    newest = Epoch.objects.filter(project=project_id).order_by("-number").values_list("pk", flat=True)
    old = entries.filter(epoch__project=project_id, epoch__number__lt=number)
    old = old.exclude(epoch__in=list(newest[:2]))
    removed = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH_ENTRIES]):
        removed += entries.filter(pk__in=pks)._raw_delete("default")
    return removed
