"""The head of the queue of pairs, for one person: a lap for every answer a pair needs (decision 0028).

A ranking knows the answers that were there when it was made. On the first lap only pairs are given that nobody was
asked about since, on the second those that at most one person was, and on the last whatever has room: no pair takes a
second answer that its ranking knew nothing of while another one has none. Laps are a person's own, so serving needs no
more than the place somebody has reached, ``Member.queue_rank``.
"""

from collections.abc import Collection, Iterator

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling.db.prepared import Prepared
from labeling.models import Epoch, Item, ItemStatus, Pair, PairQueueEntry, Task, TaskState
from labeling.services.serving.cursor import CHANCES_WINDOW, END_OF_QUEUE, FIRST_WINDOW, NEGLIGIBLE, Walker
from labeling.services.serving.pairs.streams import asked, only_given, related

#: Ranks of a lap in ``Member.queue_rank``: lap times this, and the rank last looked at there (-1 before the first).
LAP = 1_000_000
#: As many people as there can be.
ANY = 10_000


def head(walker: Walker, count: int) -> list[PairQueueEntry]:
    """Up to ``count`` entries of the queue whose pairs (loaded, locked) are free, onward from where the person is."""
    if count <= 0 or not walker.has_head:
        return []
    member, project = walker.member, walker.project
    lap, rank = _place(walker)
    member.queue_epoch = project.epoch
    (epoch,) = _epoch(project.pk, project.epoch)
    last = epoch.last_rank  # type: ignore[attr-defined]  # annotated below
    laps = project.overlap if last >= 0 else 0
    kind = {"pictures": walker.pictures, "given": only_given(walker)}
    found: list[PairQueueEntry] = []
    earlier: list[int] = []
    first_window = window = FIRST_WINDOW + 4 * count
    while len(found) < count and lap < laps:
        end, missing = min(last, rank + window), count - len(found)
        more = _head(epoch.pk, member.user_id, rank, end, _asked_since(walker, lap), *earlier, count=missing, **kind)
        found += more
        rank, window = more[-1].rank if len(more) == missing else end, window * 4
        if rank >= last:
            lap, rank, window = lap + 1, -1, first_window
            earlier = [entry.pair_id for entry in found]  # the person's already, though no row says so yet
    for entry in found:
        entry.epoch = epoch
    member.queue_rank = lap * LAP + rank if lap < laps else END_OF_QUEUE
    return found


def _place(walker: Walker) -> tuple[int, int]:
    """The lap the person is on, from 0, and the rank last looked at there."""
    member = walker.member
    if member.queue_epoch != walker.project.epoch:
        return 0, -1
    lap, following = divmod(member.queue_rank + 1, LAP)
    return lap, following - 1


def _asked_since(walker: Walker, lap: int) -> int:
    """How many people may have been asked about a pair since the ranking was made."""
    return lap if lap + 1 < walker.project.overlap else ANY


def chances(walker: Walker, drawn: Collection[int], without: Collection[int]) -> dict[int, float]:
    """The probability with which the queue would have given each of these pairs now instead; 0 if not named.

    As ``Walker.chances``: all that the queue would give sooner would have to be passed over. ``drawn`` have a slot
    taken by the draw itself; ``without`` are further pairs the person was given just now.
    """
    found: dict[int, float] = {}
    passed_over, wanted = 1.0, _queued(walker, drawn) if drawn else set()
    for pair, propensity in _order(walker, sorted(wanted), set(without)) if wanted else ():
        if pair in wanted:
            found[pair] = passed_over * propensity
            wanted.discard(pair)
        else:
            passed_over *= 1.0 - propensity
        if not wanted or passed_over <= NEGLIGIBLE:
            break
    return found


def _queued(walker: Walker, pairs: Collection[int]) -> set[int]:
    project = walker.project
    entries = PairQueueEntry.objects.filter(epoch__project=project, epoch__number=project.epoch, pair__in=pairs)
    return set(entries.values_list("pair_id", flat=True))


def _order(walker: Walker, drawn: list[int], given: set[int]) -> Iterator[tuple[int, float]]:
    """(pair, propensity) in the order in which the queue would give them to the person from now on."""
    lap, rank = _place(walker)
    (epoch,) = _epoch(walker.project.pk, walker.project.epoch)
    for at_lap in range(lap, walker.project.overlap):
        asked_since = _asked_since(walker, at_lap)
        for pair, propensity, since in _ahead(walker, epoch, rank, drawn):
            if pair not in given and since - (pair in drawn) <= asked_since:
                given.add(pair)
                yield pair, propensity
        rank = -1


_AHEAD = (
    "SELECT entry.pair_id, entry.propensity, pair.slots_taken - entry.slots_taken"
    f" FROM {PairQueueEntry._meta.db_table} entry JOIN {Pair._meta.db_table} pair ON pair.id = entry.pair_id"
    f" JOIN {Item._meta.db_table} one ON one.id = pair.first_id"
    f" JOIN {Item._meta.db_table} other ON other.id = pair.second_id"
    " WHERE entry.epoch_id = %s AND entry.rank > %s AND entry.rank <= %s AND (pair.is_open OR pair.id IN ({drawn}))"
    f" AND pair.status = '{ItemStatus.ACTIVE}' AND one.status = '{ItemStatus.ACTIVE}'"
    f" AND other.status = '{ItemStatus.ACTIVE}' AND NOT EXISTS (SELECT 1 FROM {Task._meta.db_table} task"
    f" WHERE task.pair_id = pair.id AND task.annotator_id = %s AND task.state <> '{TaskState.EXPIRED}')"
    "{given} ORDER BY entry.rank"
)


def _ahead(walker: Walker, epoch: Epoch, rank: int, drawn: list[int]) -> Iterator[tuple[int, float, int]]:
    """(pair, propensity, slots taken since the ranking) of what the person may be given behind a rank, and of those
    drawn just now: their slot may have been the last one."""
    given = " AND pair.is_given" if only_given(walker) else ""
    sql = _AHEAD.format(drawn=", ".join(["%s"] * len(drawn)), given=given)
    window, last = CHANCES_WINDOW, epoch.last_rank  # type: ignore[attr-defined]  # annotated in _epoch
    while rank < last:
        with connection.cursor() as cursor:
            cursor.execute(sql, [epoch.pk, rank, rank + window, *drawn, walker.member.user_id])
            yield from cursor.fetchall()
        rank, window = rank + window, window * 8


@Prepared
def _epoch(project: int, number: int) -> "QuerySet[Epoch]":
    ranks = PairQueueEntry.objects.filter(epoch=OuterRef("pk")).order_by("-rank").values("rank")[:1]
    last_rank = Coalesce(Subquery(ranks), -1)
    return Epoch.objects.filter(project=project, number=number).order_by().annotate(last_rank=last_rank)


@Prepared
def _head(
    epoch: int, user: int, after: int, end: int, asked_since: int, *without: int, count: int, pictures: bool,
    given: bool,
) -> "QuerySet[PairQueueEntry]":  # fmt: skip
    """A window of ranks; open is spelled out, as in services/serving/cursor."""
    entries = PairQueueEntry.objects.filter(epoch=epoch, rank__gt=after, rank__lte=end).order_by("rank")
    active = {f"pair__{row}status": ItemStatus.ACTIVE for row in ("", "first__", "second__")}
    free = entries.filter(~asked(user, "pair_id"), pair__slots_taken__lt=F("pair__slots_total"), **active)
    free = free.filter(pair__slots_taken__lte=F("slots_taken") + asked_since)
    if given:
        free = free.filter(pair__is_given=True)
    if without:
        free = free.exclude(pair__in=without)
    paths = [f"pair__{path}" for path in related(pictures)]
    return free.select_related("pair", *paths).select_for_update(skip_locked=True, no_key=True, of=("pair",))[:count]
