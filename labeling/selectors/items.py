"""Looking through a project's items, and what happened to one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from labeling.db.prepared import Prepared
from labeling.kinds import kind_of
from labeling.models import Annotation, Item, KnownAnswer, Split, Task, TaskState
from labeling.models.remark import NO_REMARK, Remark
from labeling.selectors.label_names import label_names


def asked_as_gold(items: Collection[Item]) -> frozenset[int]:
    """Those of the items that nobody is asked about by their slots because their answer is known."""
    closed = [item.pk for item in items if item.annotations_required == 0]
    known = KnownAnswer.objects.filter(item__in=closed, project__gold_share__gt=0, item__split=Split.POOL)
    return frozenset(known.values_list("item_id", flat=True)) if closed else frozenset()


def _answers_queried(*items: int) -> "QuerySet[Annotation]":
    return Annotation.objects.current().filter(item__in=items).order_by("pk")


_answers_of = Prepared(_answers_queried)
#: Items of a page whose answers are read by a statement compiled once.
_PREPARED_UP_TO = 100


def answers_of(items: list[Item]) -> dict[int, list[Annotation]]:
    """Current answers by item id, oldest first, for a page of items: one query."""
    found: dict[int, list[Annotation]] = {item.pk: [] for item in items}
    read = _answers_of if 0 < len(found) <= _PREPARED_UP_TO else _answers_queried
    for row in read(*found):
        found[row.item_id or 0].append(row)  # never 0: they were looked up by it
    return found


@dataclass(frozen=True)
class Event:
    """Something that happened to it. ``what``: imported, asked, answered, revised, taken back, skipped, expired."""

    at: datetime
    what: str
    person: str
    answer: dict[str, Any] | None = None
    flat: str = ""
    elapsed_ms: int | None = None
    remark: Remark = NO_REMARK
    is_current: bool = False
    task: Task | None = None


def history(item: Item) -> list[Event]:
    """Everything that happened to the item, oldest first."""
    kind, names = kind_of(item.project), label_names(item.project)
    events = [Event(item.created_at, "imported", "")]
    for task in Task.objects.filter(item=item).select_related("annotator").order_by("pk"):
        events.append(Event(task.created_at, "asked", task.annotator.get_username(), task=task))
        if task.skipped_at:  # also where a reviewer has it asked again
            events.append(Event(task.skipped_at, "skipped", task.annotator.get_username(), task=task))
        elif task.state == TaskState.EXPIRED:
            events.append(Event(task.lease_expires_at, "expired", task.annotator.get_username(), task=task))
    for row in Annotation.objects.filter(item=item).select_related("annotator", "task").order_by("pk"):
        what = "taken back" if row.answer is None else "answered" if row.revision == 1 else "revised"
        events.append(
            Event(
                row.created_at,
                what,
                row.annotator.get_username() if row.annotator else row.imported_annotator or "import",
                answer=names.named(row.answer),
                flat=kind.flat(names.named(row.answer)) if row.answer is not None else "",
                elapsed_ms=row.elapsed_ms,
                remark=row.remark,
                is_current=row.is_current and row.answer is not None,
                task=row.task,
            )
        )
    return sorted(events, key=lambda event: event.at)
