"""What a snapshot says of itself, over all it holds: at once in a small project, else written by a worker once."""

from typing import Any

from labeling.models import JobState, Snapshot
from labeling.services.exports import FORMATS
from labeling.services.exports.snapshots import schema_of
from labeling.services.reports.base import StillCounting
from labeling.services.reports.named import DATASHEET, SCHEMA
from labeling.services.reports.stored import ask, is_small_for, told


def schema_told(snapshot: Snapshot) -> dict[str, Any]:
    """Its Table Schema. Raises Invalid for what is no table, and StillCounting."""
    if snapshot.format not in FORMATS:
        return schema_of(snapshot)  # raises
    found: dict[str, Any] = _told(snapshot, SCHEMA, "schema", "")
    return found


def datasheet_told(snapshot: Snapshot, *, pseudonyms: bool) -> str:
    """Its datasheet, in Markdown. Raises StillCounting."""
    found: str = _told(snapshot, DATASHEET, "datasheet", "pseudonyms" if pseudonyms else "names")
    return found


def write_about(snapshot_pk: int) -> None:
    """Once the file is written: asks for what will be asked of it, in a large project."""
    snapshot = Snapshot.objects.select_related("project").filter(pk=snapshot_pk, state=JobState.DONE).first()
    if snapshot is None:
        return
    if snapshot.format in FORMATS and not is_small_for(snapshot.project, SCHEMA):
        ask(snapshot.project, SCHEMA, _key(snapshot, ""))
    if not is_small_for(snapshot.project, DATASHEET):
        ask(snapshot.project, DATASHEET, _key(snapshot, "names"))


def _told(snapshot: Snapshot, name: str, what: str, reader: str) -> Any:
    is_done = snapshot.state == JobState.DONE
    if not is_done and not is_small_for(snapshot.project, name):
        raise StillCounting(f"There is no {what} yet: the snapshot is {snapshot.state}.")
    found = told(snapshot.project, name, _key(snapshot, reader))
    if found.is_counting:
        raise StillCounting(f"The {what} is being written: ask again in a moment.")
    return found.content


def _key(snapshot: Snapshot, reader: str) -> str:
    return f"{snapshot.pk} {snapshot.state} {reader}"
