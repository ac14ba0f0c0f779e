"""Candidates for one person: index seeks from where that person stands, never a count or a sort of the pool."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef

from labeling.models import Item, Member, Modality, Progress, Project, QueueEntry, Split, Task, TaskState
from labeling.models.item import ItemQuerySet

#: ``Member.queue_rank`` of somebody who has been through the whole head of this epoch.
END_OF_QUEUE = 2**31 - 1
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

    def free(self, without: Iterable[int] = ()) -> ItemQuerySet:
        """Open items this person has not been asked about."""
        items = Item.objects.filter(~self._asked("pk"), project=self.project)
        if without := list(without):
            items = items.exclude(pk__in=without)
        return items.select_related("asset") if self.project.modality == Modality.IMAGE else items

    def split(self, split: Split, count: int, without: list[int], holds_others: bool) -> list[Item]:
        """Up to ``count`` items of a split, onward from the person's position and once around.

        ``holds_others`` says that the transaction has row locks already: then it must not wait for another row.
        """
        if count <= 0 or self._exhausted(split):
            return []
        items = self.free(without).open_in(split).order_by("draw_key")
        position = getattr(self.member, f"{split}_position")
        found = list(_locked(items.filter(draw_key__gt=position)[:count]))
        if len(found) < count:
            found += _locked(items.filter(draw_key__lte=position)[: count - len(found)])
        if not found and not holds_others:
            # what was passed over because others held its lock may still be free once they let go
            found = list(_locked(items[:1], wait=True)) if connection.features.has_select_for_update else []
            if not found:
                setattr(self.member, f"{split}_exhausted_at", self.progress.reopened)
        if found:
            setattr(self.member, f"{split}_position", found[-1].draw_key)
        return found

    def head(self, count: int) -> list[QueueEntry]:
        """Up to ``count`` entries of the queue whose items (loaded) are free, onward from the person's rank."""
        if count <= 0 or not self.has_head:
            return []
        if self.member.queue_epoch != self.project.epoch:
            self.member.queue_epoch, self.member.queue_rank = self.project.epoch, -1
        entries = (
            QueueEntry.objects.filter(epoch__project=self.project, epoch__number=self.project.epoch)
            .filter(~self._asked("item_id"), item__project=self.project, item__split=Split.POOL, item__is_open=True)
            .filter(rank__gt=self.member.queue_rank)
            .order_by("rank")
            .select_related("epoch", "item", *(["item__asset"] if self.project.modality == Modality.IMAGE else []))
        )
        found = list(entries.select_for_update(skip_locked=True, no_key=True, of=("item",))[:count])
        self.member.queue_rank = found[-1].rank if len(found) == count else END_OF_QUEUE
        return found

    @property
    def has_head(self) -> bool:
        """Whether the published queue may still have something for this person."""
        at_end = self.member.queue_epoch == self.project.epoch and self.member.queue_rank == END_OF_QUEUE
        return bool(self.project.epoch) and not at_end

    def _asked(self, item: str) -> Exists:
        """Whether the person was asked about the item; a question that expired may be put again."""
        asked = Task.objects.filter(item=OuterRef(item), annotator=self.member.user_id)
        return Exists(asked.exclude(state=TaskState.EXPIRED))

    def _exhausted(self, split: Split) -> bool:
        return bool(getattr(self.member, f"{split}_exhausted_at") == self.progress.reopened)


def _locked(items: ItemQuerySet, *, wait: bool = False) -> ItemQuerySet:
    """The rows with their locks; those locked by others are passed over unless ``wait``. SQLite serialises instead."""
    return items.select_for_update(skip_locked=not wait, no_key=True, of=("self",))
