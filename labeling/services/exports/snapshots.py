"""Snapshots: data set versions that never change. The file is named by its content's hash and kept compressed."""

import hashlib
import io
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction

from labeling.models import Project, Snapshot, User
from labeling.selectors.export import Filters, bounded
from labeling.services.audit.trail import record
from labeling.services.exports import (
    DATA_SETS,
    FOLDERS,
    check_columns,
    check_fits,
    check_folder,
    check_format,
    check_some_left,
    checked_filters,
    checked_shape,
    export_file,
    format_named,
    holds_people,
    public,
)
from labeling.services.exports.certificate import sealed
from labeling.services.exports.counting import ConversionCount
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.datasheet import datasheet
from labeling.services.exports.losses import Losses
from labeling.services.exports.table_schema import table_schema
from labeling.services.files import storage
from labeling.services.files.block_gzip import BlockReader, BlockWriter
from labeling.services.jobs.attempts import Attempt, attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit

HEARTBEAT_EVERY_PIECES = 50
SPOOL_BYTES = 8 * 1024 * 1024
COMPRESSED = ".gz"


@transaction.atomic
def start_snapshot(
    user: User,
    project: Project,
    *,
    export_format: str = "jsonl",
    rows: str = "annotations",
    filters: Any = None,
    pseudonyms: bool = False,
    columns: Sequence[str] = (),
    public_id: uuid.UUID | None = None,
) -> Snapshot:
    """Fixes what the snapshot holds and enqueues the writing of its file on commit.

    Raises Invalid, and IntegrityError for a ``public_id`` that there is already.
    """
    export_format, rows = checked_shape(export_format, rows)
    chosen = replace(bounded(project, checked_filters({} if filters is None else filters)), pseudonyms=pseudonyms)
    check_format(project, export_format)
    check_fits(project, rows, chosen)
    check_some_left(project, chosen)
    check_folder(project, export_format, rows)
    columns = list(dict.fromkeys(columns))
    check_columns(project, export_format, rows, chosen, columns)
    bounds = {"ordinal_below": chosen.ordinal_below, "changes": chosen.changes, "pseudonyms": pseudonyms}
    bounds["scheme"] = chosen.scheme  # the bytes stay the same, however labels are called or merged meanwhile
    snapshot = Snapshot.objects.create(
        project=project,
        created_by=user,
        format=export_format,
        rows=rows,
        filters={**public(chosen), **bounds, **({"columns": columns} if columns else {})},
        last_annotation_id=chosen.last_annotation_id or 0,
        public_id=public_id or uuid.uuid4(),
    )
    made = {"format": export_format, "rows": rows, "filters": public(chosen), "pseudonyms": pseudonyms}
    made |= {"columns": columns} if columns else {}
    record("snapshot.started", user=user, project=project, subject=str(snapshot.public_id), after=made)
    enqueue_on_commit("labeling.run_snapshot", snapshot.pk)
    return snapshot


def names_people(snapshot: Snapshot) -> bool:
    """Whether the file says by name who answered: then it is only for those who may see names."""
    if snapshot.filters.get("pseudonyms") or snapshot.format in DATA_SETS:  # what trainers read names nobody
        return False
    # the datasheet of a folder names them whatever its rows are
    return snapshot.format in FOLDERS or holds_people(snapshot.project, snapshot.rows, snapshot.finished_at)


def datasheet_of(snapshot: Snapshot, *, pseudonyms: bool) -> str:
    """What the snapshot says of itself, in Markdown: counted over what it holds, by its own moment."""
    filters = bounded(snapshot.project, _filters(snapshot))
    data = DataSet(snapshot.project, snapshot.rows, replace(filters, pseudonyms=pseudonyms or filters.pseudonyms))
    data.count.rows = snapshot.row_count
    data.count.lost = Losses.of(snapshot.certificate.get("losses", ()))
    sources = snapshot.certificate.get("sources")
    data.count.sources = None if sources is None else Counter(sources)
    return datasheet(format_named(snapshot.format), data)


def schema_of(snapshot: Snapshot) -> dict[str, Any]:
    """What the columns of the snapshot's table are, by its own moment. Raises Invalid for what is no table."""
    chosen = snapshot.filters.get("columns", ())
    return table_schema(snapshot.project, snapshot.format, snapshot.rows, _filters(snapshot), chosen)


def run_snapshot(snapshot_pk: int) -> dict[str, Any]:
    """Writes the file of a queued snapshot; harmless to repeat, and a second attempt writes the same bytes."""
    with attempt_at(Snapshot.objects.all(), snapshot_pk) as attempt:
        if attempt is None:
            return {"snapshot": snapshot_pk, "state": "not queued"}
        snapshot = Snapshot.objects.select_related("project").get(pk=snapshot_pk)
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
            _write(snapshot, attempt, file)
    found = Snapshot.objects.filter(pk=snapshot_pk).values("state", "row_count", "sha256").first()
    return {"snapshot": snapshot_pk, **(found or {"state": "gone"})}


def _write(snapshot: Snapshot, attempt: Attempt, file: IO[bytes]) -> None:
    digest = hashlib.sha256()
    size_bytes = 0
    count = ConversionCount(format_named(snapshot.format))
    packed = BlockWriter(file)
    for number, piece in enumerate(_pieces(snapshot, count)):
        packed.write(piece)
        digest.update(piece)
        size_bytes += len(piece)
        if number % HEARTBEAT_EVERY_PIECES == 0:
            attempt.beat()
    packed.finish()
    sha256 = digest.hexdigest()
    path = _stored(snapshot, sha256, file)
    attempt.beat()
    with _opened(path) as stored:
        certificate = sealed(snapshot, format_named(snapshot.format), count, sha256, stored)
    attempt.finish(path=path, sha256=sha256, size_bytes=size_bytes, row_count=count.rows, certificate=certificate)


def _pieces(snapshot: Snapshot, count: ConversionCount) -> Iterator[bytes]:
    given = snapshot.filters.get("columns", ())
    return export_file(snapshot.project, snapshot.format, snapshot.rows, _filters(snapshot), count, given)


def _filters(snapshot: Snapshot) -> Filters:
    given = snapshot.filters
    return Filters(
        split=given.get("split", ""),
        source=given.get("source", ""),
        sources=tuple(given["sources"].split(",")) if given.get("sources") else (),
        only=given.get("only", ""),
        selection=given.get("selection", ""),
        last_annotation_id=snapshot.last_annotation_id,
        ordinal_below=given.get("ordinal_below"),
        changes=given.get("changes"),
        pseudonyms=given.get("pseudonyms", False),
        scheme=given.get("scheme"),
    )


def _stored(snapshot: Snapshot, sha256: str, file: IO[bytes]) -> str:
    """Puts the compressed file into the storage; returns its name. One that is there whole is left alone."""
    name = f"snapshots/{snapshot.project_id}/{sha256}.{format_named(snapshot.format).extension}{COMPRESSED}"
    storage.put_file(name, file)
    return name


def opened(snapshot: Snapshot) -> IO[bytes]:
    """The content of a snapshot's file, which can be read from any place. Raises FileNotFoundError.

    Snapshots of before 2026-11-28 are stored as they are served.
    """
    return _opened(snapshot.path)


def _opened(path: str) -> IO[bytes]:
    file: IO[bytes] = default_storage.open(path, "rb")
    return io.BufferedReader(BlockReader(file)) if path.endswith(COMPRESSED) else file
