"""Known items that the published queue puts to one person more (decision 0090).

Such an item is closed: whoever is asked brings the slot along, so that nothing else can take it. It is asked about once
a ranking, for the ranking does not know what the second opinion came to.
"""

from collections.abc import Sequence
from typing import Any, cast

from django.db.models import F, Q, QuerySet

from labeling.db.prepared import Prepared, PreparedUpdate
from labeling.models import AskedAgain, Item, ItemStatus, QueueEntry, Reason, Split
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.sources.base import Pick, SubjectSource, asked

#: A ranking names so many at most; they have its first ranks, so that looking for one reads no others.
MOST_OPINIONS = 256

#: What the others of a queue's entries are.
OTHERS = ~Q(reason=Reason.SECOND_OPINION)


def find(source: SubjectSource, cursor: AnnotatorCursor, count: int, picks: Sequence[Pick]) -> list[Any]:
    """Up to ``count`` entries about items that the person was not asked about and nobody else since the ranking."""
    without = [pick.row.pk for pick in picks if not pick.is_new]
    project, user = cursor.project, cursor.member.user_id
    constants = {"source": source, "pictures": cursor.pictures, "count": count, "most_answers": project.most_answers}
    return _entries(project.pk, project.epoch, user, *without, **constants)


def bring_slots(picks: Sequence[Pick], project_id: int) -> int:
    """Gives each of the locked items that has none a slot, and keeps that the queue wanted it; of how many."""
    closed = [pick for pick in picks if pick.reason == Reason.SECOND_OPINION and not pick.row.is_open]
    if not closed:
        return 0
    items = cast(list[Item], [pick.row for pick in closed])  # entries with this reason name items
    _one_more(*(item.pk for item in items))
    wanted = [
        AskedAgain(project_id=project_id, item=item, opinions=item.slots_taken + 1, asked_at=None) for item in items
    ]
    AskedAgain.objects.bulk_create(wanted, update_conflicts=True, unique_fields=["item"], update_fields=["opinions"])
    for pick, item in zip(closed, items, strict=True):
        item.annotations_required, item.extra_slots = item.slots_taken + 1, item.extra_slots + 1
        pick.brings_slot = True
    return len(closed)


@Prepared
def _entries(
    project: int, number: int, user: int, *without: int, source: SubjectSource, pictures: bool, count: int,
    most_answers: int,
) -> "QuerySet[QueueEntry]":  # fmt: skip
    entries = QueueEntry.objects.filter(epoch__project=project, epoch__number=number, rank__lt=MOST_OPINIONS)
    named = entries.filter(reason=Reason.SECOND_OPINION, item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    free = named.filter(~asked(source, user, "item_id"), item__slots_taken__lte=F("slots_taken"))
    free = free.filter(item__slots_taken__lt=most_answers).order_by("rank")
    if without:
        free = free.exclude(item__in=without)
    locked = free.select_related("epoch", *source.shown(pictures))
    return locked.select_for_update(skip_locked=True, no_key=True, of=("item",))[:count]


@PreparedUpdate
def _one_more(*pks: int) -> "tuple[QuerySet[Item], dict[str, Any]]":
    return Item.objects.filter(pk__in=pks), {
        "annotations_required": F("slots_taken") + 1,
        "extra_slots": F("extra_slots") + 1,
    }
