"""The head of the queue, for one person: a pass for every answer a row needs (decisions 0028 and 0051).

A ranking knows the answers that were there when it was made. On the first pass only rows are given that nobody was
asked about since, on the second those that at most one person was, and on the last whatever has room: nothing takes a
second answer that its ranking knew nothing of while something else has none. Passes are a person's own, so serving
needs no more than the place somebody has reached, ``Member.queue_rank``.
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Epoch, Split
from labeling.services.serving.cursor import END_OF_QUEUE, AnnotatorCursor
from labeling.services.serving.sources import Entry, SubjectSource
from labeling.services.serving.sources.base import asked

#: Ranks of a pass in ``Member.queue_rank``: pass times this, and the rank last looked at there (-1 before the first).
PASS_RANKS = 1_000_000
#: As many people as there can be.
ANY = 10_000
#: Ranks of the queue that are looked at together, and four more for each question wanted; then four times as many.
FIRST_WINDOW = 32
#: Ranks that are looked at for the chance of a row, then eight times as many; and when it is as good as none.
CHANCES_WINDOW = 32
NEGLIGIBLE = 1e-9


def head(source: SubjectSource, cursor: AnnotatorCursor, count: int) -> list[Entry]:
    """Up to ``count`` entries of the queue whose rows (loaded, locked) are free, onward from where the person is."""
    if count <= 0 or not cursor.has_head:
        return []
    member, project = cursor.member, cursor.project
    queue_pass, rank = _place(cursor)
    member.queue_epoch = project.epoch
    (epoch,) = _epoch(project.pk, project.epoch, source=source)
    last = epoch.last_rank  # type: ignore[attr-defined]  # annotated below
    passes = project.overlap if last >= 0 else 0
    kind = {"source": source, "pictures": cursor.pictures}
    found: list[Any] = []
    earlier: list[int] = []
    first_window = window = FIRST_WINDOW + 4 * count
    while len(found) < count and queue_pass < passes:
        end, missing = min(last, rank + window), count - len(found)
        since = _asked_since(cursor, queue_pass)
        more = _head(epoch.pk, member.user_id, rank, end, since, *earlier, **kind, count=missing)
        found += more
        rank, window = more[-1].rank if len(more) == missing else end, window * 4
        if rank >= last:
            queue_pass, rank, window = queue_pass + 1, -1, first_window
            earlier = [getattr(entry, source.name).pk for entry in found]  # the person's, though no task says so yet
    for entry in found:
        entry.epoch = epoch
    member.queue_rank = queue_pass * PASS_RANKS + rank if queue_pass < passes else END_OF_QUEUE
    return found


def _place(cursor: AnnotatorCursor) -> tuple[int, int]:
    """The pass the person is on, from 0, and the rank last looked at there."""
    member = cursor.member
    if member.queue_epoch != cursor.project.epoch:
        return 0, -1
    queue_pass, following = divmod(member.queue_rank + 1, PASS_RANKS)
    return queue_pass, following - 1


def _asked_since(cursor: AnnotatorCursor, queue_pass: int) -> int:
    """How many people may have been asked about a row since the ranking was made."""
    return queue_pass if queue_pass + 1 < cursor.project.overlap else ANY


def chances(
    source: SubjectSource, cursor: AnnotatorCursor, drawn: Collection[int], without: Collection[int] = ()
) -> dict[int, float]:
    """The probability with which the queue would have given each of these rows now instead; 0 if not named.

    An entry's own propensity is that at its place in the ranking, after everything before it is gone. From where the
    person stands it is less: all that the queue would give sooner would have to be passed over. ``drawn`` have a slot
    taken by the draw itself; ``without`` are further rows the person was given just now.
    """
    found: dict[int, float] = {}
    queued = _queued(cursor.project.pk, cursor.project.epoch, *sorted(drawn), source=source) if drawn else []
    passed_over, wanted = 1.0, {row for row, _, _ in queued}
    for row, propensity in _order(source, cursor, queued, set(without)) if queued else ():
        if row in wanted:
            found[row] = passed_over * propensity
            wanted.discard(row)
        else:
            passed_over *= 1.0 - propensity
        if not wanted or passed_over <= NEGLIGIBLE:
            break
    return found


def _order(
    source: SubjectSource, cursor: AnnotatorCursor, queued: list[tuple[Any, ...]], given: set[int]
) -> Iterator[tuple[int, float]]:
    """(row, propensity) in the order in which the queue would give them to the person from now on, as far as the rows
    go that were drawn just now and stand in it: ``queued`` as (row, rank, epoch)."""
    queue_pass, rank = _place(cursor)
    passes = cursor.project.overlap
    drawn, epoch = sorted(row for row, _, _ in queued), queued[0][2]
    for at_pass in range(queue_pass, passes):
        asked_since = _asked_since(cursor, at_pass)
        last = END_OF_QUEUE if at_pass + 1 < passes else max(rank for _, rank, _ in queued)
        limit = CHANCES_WINDOW
        while window := _ahead(epoch, cursor.member.user_id, rank, last, *drawn, source=source, limit=limit):
            for row, propensity, since, _ in window:
                if row not in given and since - (row in drawn) <= asked_since:
                    given.add(row)
                    yield row, propensity
            if len(window) < limit:
                break
            rank, limit = window[-1][-1], limit * 8
        rank = -1


@PreparedRows
def _queued(project: int, number: int, *rows: int, source: SubjectSource) -> "QuerySet[Any, Any]":
    """(row, rank, epoch) of those rows that stand in the queue."""
    entries = source.entries._default_manager.filter(source.in_turn, epoch__project=project, epoch__number=number)
    entries = entries.order_by()
    return entries.filter(**{f"{source.name}__in": rows}).values_list(f"{source.name}_id", "rank", "epoch_id")


@PreparedRows
def _ahead(
    epoch: int, user: int, rank: int, last: int, *drawn: int, source: SubjectSource, limit: int
) -> "QuerySet[Any, Any]":
    """(row, propensity, slots taken since the ranking, rank) of what the person may be given behind a rank, and of what
    was drawn just now: its slot may have been the last one."""
    at = source.name
    entries = source.entries._default_manager.filter(source.in_turn, epoch=epoch, rank__gt=rank, rank__lte=last)
    entries = entries.order_by("rank")
    may_be_given = Q(**{f"{at}__is_open": True}) | Q(**{f"{at}__in": drawn})
    free = entries.filter(may_be_given, ~asked(source, user, f"{at}_id"), **source.usable(f"{at}__"))
    since = F(f"{at}__slots_taken") - F("slots_taken")
    return free.values_list(f"{at}_id", "propensity", since, "rank")[:limit]


@Prepared
def _epoch(project: int, number: int, *, source: SubjectSource) -> "QuerySet[Epoch]":
    ranks = source.entries._default_manager.filter(epoch=OuterRef("pk")).order_by("-rank").values("rank")[:1]
    last_rank = Coalesce(Subquery(ranks), -1)
    return Epoch.objects.filter(project=project, number=number).order_by().annotate(last_rank=last_rank)


@Prepared
def _head(
    epoch: int, user: int, after: int, end: int, asked_since: int, *without: int, source: SubjectSource,
    pictures: bool, count: int,
) -> "QuerySet[Any]":  # fmt: skip
    """A window of ranks: bounded even when PostgreSQL, without statistics of a new epoch yet, reads and sorts it all.

    Open is spelled out, not ``is_open``: PostgreSQL may then not begin at the index of all open items.
    """
    at = source.name
    entries = source.entries._default_manager.filter(source.in_turn, epoch=epoch, rank__gt=after, rank__lte=end)
    entries = entries.order_by("rank")
    pool = entries.filter(**{f"{at}__split": Split.POOL}, **source.usable(f"{at}__"))
    slots_taken = f"{at}__slots_taken"
    free = pool.filter(~asked(source, user, f"{at}_id"), **{f"{slots_taken}__lt": F(f"{at}__annotations_required")})
    free = free.filter(**{f"{slots_taken}__lte": F("slots_taken") + asked_since})
    if without:
        free = free.exclude(**{f"{at}__in": without})
    return free.select_related(*source.shown(pictures)).select_for_update(skip_locked=True, no_key=True, of=(at,))[
        :count
    ]
