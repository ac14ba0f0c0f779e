"""What people answered *unknown pattern*, as export rows (``rows=unknown``, decision 0131)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from labeling.db.raw_rows import usernames
from labeling.models import Project, Reason, SkipReason, Task, TaskState
from labeling.selectors.columns import Column
from labeling.selectors.export import Filters

_COLUMNS = (
    Column("item_id", "integer"),
    Column("external_id", "text"),
    Column("split", "text"),
    Column("annotator", "text"),
    Column("status", "text", meaning="set_aside: it waits for a name; active: it is labeled, or asked about, again."),
    Column("reason", "text", meaning="Why it was asked about."),
    Column("propensity", "number", meaning="With which probability it was picked when it was picked."),
    Column("created_at", "time", meaning="When it was answered, UTC."),
)


def unknown_columns(project: Project) -> tuple[Column, ...]:
    return _COLUMNS


def unknown_answers(project: Project, split: str = "") -> "QuerySet[Task]":
    """Tasks that stand answered so."""
    found = Task.objects.filter(
        project=project, state=TaskState.SKIPPED, skip_reason=SkipReason.UNKNOWN, item__isnull=False
    ).exclude(reason=Reason.REPEAT)
    return found.filter(item__split=split) if split else found


def unknown_rows(project: Project, filters: Filters) -> Iterator[dict[str, Any]]:
    username_of = usernames()
    for task in (
        unknown_answers(project, filters.split).select_related("item").order_by("pk").iterator(chunk_size=1_000)
    ):
        item = task.item
        assert item is not None  # filtered
        yield {
            "item_id": item.pk,
            "external_id": item.external_id,
            "split": item.split,
            "annotator": username_of(task.annotator_id),
            "status": item.status,
            "reason": task.reason,
            "propensity": task.propensity,
            "created_at": task.skipped_at.isoformat().replace("+00:00", "Z") if task.skipped_at else None,
        }
