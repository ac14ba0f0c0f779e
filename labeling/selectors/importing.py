"""How far the imports are that a project waits for."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min

from labeling.models import ImportBatch, ImportRejection, Project


@dataclass(frozen=True)
class Importing:
    """Rows read by all unfinished imports of a project together; ``total`` is None until each knows its own."""

    done: int
    total: int | None

    def as_dict(self) -> dict[str, int | None]:
        return asdict(self)


def imports_of(projects: Iterable[Project]) -> dict[int, Importing]:
    """By project, of those with an import that is queued or running. One query."""
    rows = ImportBatch.objects.filter(project__in=list(projects)).unfinished()
    found: dict[int, Importing] = {}
    for project, total, *read in rows.values_list("project", "total", "accepted", "duplicates", "rejected"):
        before = found.get(project, Importing(0, 0))
        known = None if total is None or before.total is None else before.total + total
        found[project] = Importing(before.done + sum(read), known)
    return found


def notes_of(batch: ImportBatch) -> list[str]:
    """What the import found and did of itself, in sentences."""
    return sentences_of(batch.notes)


def sentences_of(notes: Iterable[dict[str, Any]]) -> list[str]:
    """Notes as they are stored, in sentences."""
    return [
        note["one"] if note["count"] == 1 else note["many"].replace("{count}", f"{note['count']:,}") for note in notes
    ]


def why_unlisted(batch: ImportBatch) -> str:
    """Why an import that rejected rows does not list them; empty when it does, or has none, or is under way."""
    if not batch.rejected or not batch.is_finished or batch.rejections.exists():
        return ""
    days = settings.RETAIN_REJECTIONS_DAYS
    rows = "The rejected row is" if batch.rejected == 1 else f"The {batch.rejected:,} rejected rows are"
    return f"{rows} no longer listed: housekeeping lets such rows go {days:,} days after an import. The count stays."


@dataclass(frozen=True)
class RejectedAlike:
    """Rows of an import that were rejected for one and the same reason; ``name`` is that of the first."""

    count: int
    first: int
    last: int
    field: str
    reason: str
    name: str


def rejected_alike(batch: ImportBatch, per_page: int, number: str | None) -> Page:
    """A page of the reasons why rows were rejected, in the order of their first rows: 10,000 alike are one line."""
    rejections = ImportRejection.objects.filter(batch=batch)
    alike = rejections.values("field", "reason").annotate(count=Count("pk"), first=Min("row"), last=Max("row"))
    page = Paginator(alike.order_by("first"), per_page).get_page(number)
    names = dict(rejections.filter(row__in=[line["first"] for line in page]).values_list("row", "name"))
    lines = [RejectedAlike(**line, name=names.get(line["first"], "")) for line in page]
    return Page(lines, page.number, page.paginator)


def importing(project: Project) -> Importing | None:
    return imports_of([project]).get(project.pk)
