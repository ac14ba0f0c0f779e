"""The trail as pages, REST and files show it."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from labeling.models import AuditEvent, Project
from labeling.models.audit_event import AuditEventQuerySet

FORMATS = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
COLUMNS = (
    "id", "at", "action", "user_name", "via", "address", "request_id", "project_slug", "subject", "before", "after",
)  # fmt: skip
CHUNK_ROWS = 2_000


def trail(
    project: Project | None = None, *, who: str = "", what: str = "", since: datetime | None = None
) -> AuditEventQuerySet:
    """Newest first. ``what`` is an action, or the part before its dot; of one project, or of everything."""
    rows = AuditEvent.objects.order_by("-pk")
    if project is not None:
        rows = rows.filter(project_number=project.pk)
    if "\0" in who + what:  # no stored text holds it, and PostgreSQL refuses the question
        return rows.none()
    if who:
        rows = rows.filter(user_name=who)
    if what:
        rows = rows.filter(action=what) if "." in what else rows.filter(action__startswith=f"{what}.")
    return rows.filter(at__gte=since) if since else rows


def trail_file(rows: AuditEventQuerySet, file_format: str) -> Iterator[bytes]:
    """The rows as a file in pieces, newest first, as they were when it was asked for."""
    newest = rows.values_list("pk", flat=True).first() or 0
    if file_format == "csv":
        yield _csv_line(COLUMNS)
    last = newest + 1
    while chunk := list(rows.filter(pk__lt=last).values(*COLUMNS)[:CHUNK_ROWS]):
        last = chunk[-1]["id"]
        if file_format == "csv":
            yield b"".join(_csv_line(_cell(row[name]) for name in COLUMNS) for row in chunk)
        else:
            yield b"".join(orjson.dumps(row) + b"\n" for row in chunk)


def _cell(value: Any) -> str:
    """What a spreadsheet would take for a formula is quoted."""
    if value is None:
        return ""
    text = orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv_line(cells: Any) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
