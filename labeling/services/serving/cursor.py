"""Candidates for one person: index seeks from where that person stands, never a count or a sort of the pool."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling.db.prepared import Prepared
from labeling.models import (
    Epoch,
    Item,
    ItemStatus,
    Member,
    Modality,
    Progress,
    Project,
    QueueEntry,
    Split,
    Task,
    TaskState,
)
from labeling.models.clock import database_now
from labeling.models.item import ItemQuerySet

#: ``Member.queue_rank`` of somebody who has been through the whole head of this epoch.
END_OF_QUEUE = 2**31 - 1
#: Ranks of the queue that are looked at together, and four more for each question wanted; then four times as many.
FIRST_WINDOW = 32
#: Ranks that are looked at for the chance of an item, then eight times as many; and when it is as good as none.
CHANCES_WINDOW = 32
NEGLIGIBLE = 1e-9
#: What a walk may change of a member.
POSITIONS = (
    "pool_position", "eval_position", "queue_epoch", "queue_rank", "pool_exhausted_at", "eval_exhausted_at",
)  # fmt: skip


@dataclass(slots=True)
class Walker:
    """One person in one project, inside the transaction that holds the person's member row."""

    project: Project
    member: Member
    progress: Progress
    #: what the database's clock told when the member was read
    now: datetime = field(default_factory=database_now)

    @property
    def pictures(self) -> bool:
        return self.project.modality == Modality.IMAGE

    def split(self, split: Split, count: int, without: list[int], holds_others: bool) -> list[Item]:
        """Up to ``count`` items of a split, onward from the person's position and once around.

        ``holds_others`` says that the transaction has row locks already: then it must not wait for another row.
        """
        if count <= 0 or self._exhausted(split):
            return []
        who, kind = (self.project.pk, self.member.user_id), {"split": split, "pictures": self.pictures}
        position = getattr(self.member, f"{split}_position")
        found = _onward(*who, position, *without, **kind, count=count)
        if len(found) < count and position >= 0:
            found += _around(*who, position, *without, **kind, count=count - len(found))
        if not found and not holds_others:
            # what was passed over because others held its lock may still be free once they let go
            found = _waiting(*who, *without, **kind) if connection.features.has_select_for_update else []
            if not found:
                setattr(self.member, f"{split}_exhausted_at", self.progress.reopened)
        if found:
            setattr(self.member, f"{split}_position", found[-1].draw_key)
        return found

    def head(self, count: int) -> list[QueueEntry]:
        """Up to ``count`` entries of the queue whose items (loaded) are free, onward from the person's rank."""
        if count <= 0 or not self.has_head:
            return []
        member, number = self.member, self.project.epoch
        if member.queue_epoch != number:
            member.queue_epoch, member.queue_rank = number, -1
        (epoch,) = _epoch(self.project.pk, number)
        last = epoch.last_rank  # type: ignore[attr-defined]  # annotated below
        found: list[QueueEntry] = []
        window = FIRST_WINDOW + 4 * count
        while len(found) < count and member.queue_rank < last:
            end = min(last, member.queue_rank + window)
            missing = count - len(found)
            more = _head(epoch.pk, member.user_id, member.queue_rank, end, count=missing, pictures=self.pictures)
            member.queue_rank = more[-1].rank if len(more) == missing else end
            found += more
            window *= 4
        for entry in found:
            entry.epoch = epoch
        if member.queue_rank >= last:
            member.queue_rank = END_OF_QUEUE
        return found

    def chances(self, drawn: list[int]) -> dict[int, float]:
        """The probability with which the queue would have given each of these items now instead; 0 if not named.

        An entry's own propensity is that at its place in the ranking, after everything before it is gone. From where
        the person stands it is less: every free entry in between would have to be passed over first.
        """
        member, wanted = self.member, set(drawn)
        rank = member.queue_rank if member.queue_epoch == self.project.epoch else -1
        found: dict[int, float] = {}
        passed_over, window, at_end = 1.0, CHANCES_WINDOW, False
        while wanted and passed_over > NEGLIGIBLE and not at_end:
            entries = _ahead(self.project.pk, self.project.epoch, rank, rank + window)
            for item, is_open, propensity in entries:
                if item in wanted:
                    found[item] = passed_over * propensity
                    wanted.discard(item)
                elif is_open:
                    passed_over *= 1.0 - propensity
            rank, window, at_end = rank + window, window * 8, len(entries) < window
        return found

    @property
    def has_head(self) -> bool:
        """Whether the published queue may still have something for this person."""
        at_end = self.member.queue_epoch == self.project.epoch and self.member.queue_rank == END_OF_QUEUE
        return bool(self.project.epoch) and not at_end

    def _exhausted(self, split: Split) -> bool:
        return bool(getattr(self.member, f"{split}_exhausted_at") == self.progress.reopened)


def _asked(user: int, item: str) -> Exists:
    """Whether the person was asked about the item; a question that expired may be put again."""
    return Exists(Task.objects.filter(item=OuterRef(item), annotator=user).exclude(state=TaskState.EXPIRED))


def free_items(project: int, user: int, *without: int, split: Split, pictures: bool) -> ItemQuerySet:
    """Open items of a split about which the person has not been asked, in the order of the draw."""
    items = Item.objects.filter(~_asked(user, "pk"), project=project).open_in(split).order_by("draw_key")
    if without:
        items = items.exclude(pk__in=without)
    return items.select_related("asset") if pictures else items


def _locked(items: ItemQuerySet, *, wait: bool = False) -> ItemQuerySet:
    """The rows with their locks; those locked by others are passed over unless ``wait``. SQLite serialises instead."""
    return items.select_for_update(skip_locked=not wait, no_key=True, of=("self",))


@Prepared
def _onward(
    project: int, user: int, position: int, *without: int, split: Split, pictures: bool, count: int
) -> ItemQuerySet:
    items = free_items(project, user, *without, split=split, pictures=pictures)
    return _locked(items.filter(draw_key__gt=position))[:count]


@Prepared
def _around(
    project: int, user: int, position: int, *without: int, split: Split, pictures: bool, count: int
) -> ItemQuerySet:
    items = free_items(project, user, *without, split=split, pictures=pictures)
    return _locked(items.filter(draw_key__lte=position))[:count]


@Prepared
def _waiting(project: int, user: int, *without: int, split: Split, pictures: bool) -> ItemQuerySet:
    return _locked(free_items(project, user, *without, split=split, pictures=pictures), wait=True)[:1]


_AHEAD = (
    f"SELECT entry.item_id, item.is_open, entry.propensity FROM {QueueEntry._meta.db_table} entry"
    f" JOIN {Epoch._meta.db_table} epoch ON epoch.id = entry.epoch_id"
    f" JOIN {Item._meta.db_table} item ON item.id = entry.item_id"
    " WHERE epoch.project_id = %s AND epoch.number = %s AND entry.rank > %s AND entry.rank <= %s ORDER BY entry.rank"
)


def _ahead(project: int, number: int, after: int, end: int) -> list[tuple[int, bool, float]]:
    """(item, is_open, propensity) of a window of ranks."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [project, number, after, end])
        return [(item, bool(is_open), propensity) for item, is_open, propensity in cursor.fetchall()]


@Prepared
def _epoch(project: int, number: int) -> "QuerySet[Epoch]":
    ranks = QueueEntry.objects.filter(epoch=OuterRef("pk")).order_by("-rank").values("rank")[:1]
    last_rank = Coalesce(Subquery(ranks), -1)
    return Epoch.objects.filter(project=project, number=number).order_by().annotate(last_rank=last_rank)


@Prepared
def _head(epoch: int, user: int, after: int, end: int, *, count: int, pictures: bool) -> "QuerySet[QueueEntry]":
    """A window of ranks: bounded even when PostgreSQL, without statistics of a new epoch yet, reads and sorts it all.

    Open is spelled out, not ``is_open``: PostgreSQL may then not begin at the index of all open items.
    """
    entries = QueueEntry.objects.filter(epoch=epoch, rank__gt=after, rank__lte=end).order_by("rank")
    pool = entries.filter(item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    free = pool.filter(~_asked(user, "item_id"), item__slots_taken__lt=F("item__slots_total"))
    related = free.select_related("item__asset" if pictures else "item")
    return related.select_for_update(skip_locked=True, no_key=True, of=("item",))[:count]
