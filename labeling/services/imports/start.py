"""Takes an upload in: stored, looked at, recorded and announced. The work is done by the job."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from labeling.kinds import kind_of
from labeling.models import ImportBatch, ImportFormat, Project, User
from labeling.services.audit.trail import record
from labeling.services.files import storage
from labeling.services.imports.certificate import sum_of
from labeling.services.imports.columns import ColumnMapping, purposes_of
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.foreign import AS_IT_STANDS, TOOLS
from labeling.services.imports.foreign.refused import HEAD_BYTES
from labeling.services.imports.readers import READ_AS, reader_of, tool_of_upload
from labeling.services.imports.sniff import format_of
from labeling.services.jobs.enqueue import enqueue_on_commit

log = logging.getLogger(__name__)

_OPTIONS = ("folder_is_label", "columns", "labels", "tool")
#: What ``labels`` can say.
ADD_LABELS = "add"


@dataclass(frozen=True)
class Upload:
    """A file in the storage whose head a reader has seen; ``rows`` where the sender sent rows."""

    path: str
    format: str
    file_name: str
    size_bytes: int
    options: dict[str, Any]
    rows: int | None = None
    #: what the head of the file gave the reader to say
    notes: list[Any] = field(default_factory=list)
    #: of the bytes as they are stored: whoever sent them can compare
    sha256: str = ""


def start_import(
    user: User, project: Project, *, file: IO[bytes] | None = None, file_name: str = "",
    rows: list[Any] | None = None, format: str | None = None,  # noqa: A002 - the contract's name
    options: dict[str, Any] | None = None, public_id: uuid.UUID | None = None,
) -> ImportBatch:  # fmt: skip
    """Stores the upload (or the rows) and a queued batch, and wakes a worker on commit.

    Raises ImportRefused, and IntegrityError for a ``public_id`` that there is already.
    """
    if (file is None) == (rows is None):
        raise ImportRefused("Send a file or rows, one of the two.")
    chosen = checked_options(project, options or {})
    with kept(project, file=file, file_name=file_name, rows=rows, format=format, options=chosen) as upload:
        return enqueued(user, project, upload, public_id)


@contextmanager
def kept(
    project: Project, *, file: IO[bytes] | None = None, file_name: str = "", rows: list[Any] | None = None,
    format: str | None = None, options: dict[str, Any], is_draft: bool = False,  # noqa: A002 - the contract's name
) -> Iterator[Upload]:  # fmt: skip
    """Stores an upload, which goes again if what is done with it fails. Raises ImportRefused."""
    if rows is not None:
        file, file_name = _rows_as_lines(rows), ""
    assert file is not None
    _refuse_too_large(_size(file))
    path = f"uploads/{project.pk}/{uuid.uuid4().hex}"
    try:
        default_storage.save(path, _LimitedFile(file))
        size_bytes = default_storage.size(path)
        with default_storage.open(path, "rb") as stored:
            found = _look(stored, project, file_name, format, is_rows=rows is not None)
            if tool := tool_of_upload(stored, project, found, file_name, options.get("tool", "")):
                options = {**options, READ_AS: tool}
            notes = [] if is_draft else head_notes(stored, project, found, file_name, options)
            sha256 = sum_of(stored)
        count = len(rows) if rows is not None else None
        yield Upload(path, found, shown_file_name(file_name), size_bytes, options, count, notes, sha256)
    except BaseException:
        storage.drop(path)
        raise


@transaction.atomic
def enqueued(user: User | None, project: Project, upload: Upload, public_id: uuid.UUID | None = None) -> ImportBatch:
    """The batch of an upload, in whose file a worker looks on commit; by no ``user``, it is the project's own."""
    batch = ImportBatch.objects.create(
        project=project, created_by=user, format=upload.format, file_name=upload.file_name, path=upload.path,
        size_bytes=upload.size_bytes, sha256=upload.sha256, options=upload.options, notes=upload.notes,
        total=upload.rows, public_id=public_id or uuid.uuid4(),
    )  # fmt: skip
    if columns := upload.options.get("columns"):
        Project.objects.filter(pk=project.pk).update(import_columns=columns)
    facts = {"file_name": batch.file_name, "format": upload.format, "size_bytes": upload.size_bytes}
    record("import.started", user=user, project=project, subject=str(batch.public_id), after=facts)
    enqueue_on_commit("labeling.run_import", batch.pk)
    return batch


def head_notes(
    stored: IO[bytes], project: Project, format: str, file_name: str, options: dict[str, Any]  # noqa: A002
) -> list[Any]:  # fmt: skip
    """What the reader has to say after it has seen the head of the file. Raises ImportRefused."""
    reader = reader_of(stored, project, format, file_name, options)
    reader.check()
    return reader.notes.as_stored()


def _look(stored: IO[bytes], project: Project, file_name: str, wanted: str | None, *, is_rows: bool) -> str:
    """The format, by the head of the file."""
    if is_rows:
        return ImportFormat.ROWS.value
    return format_of(stored.read(HEAD_BYTES), file_name, project.modality, wanted or None, kind_of(project))


def checked_options(project: Project, options: dict[str, Any]) -> dict[str, Any]:
    """The options as they are kept with the batch. Raises ImportRefused."""
    unknown = set(options) - set(_OPTIONS)
    if unknown:
        raise ImportRefused(f"Unknown option {sorted(unknown)[0][:80]!r}; {', '.join(sorted(_OPTIONS))} are known.")
    known: dict[str, Any] = {}
    if "folder_is_label" in options:
        known["folder_is_label"] = bool(options["folder_is_label"])
    if options.get("columns"):
        purposes = purposes_of(project.modality, kind_of(project))
        known["columns"] = ColumnMapping.checked(options["columns"], purposes).chosen
    if options.get("tool"):
        if options["tool"] not in (*TOOLS, AS_IT_STANDS):
            raise ImportRefused(f"tool can be {', '.join(TOOLS)}, or {AS_IT_STANDS}: the columns as they stand.")
        known["tool"] = options["tool"]
    if options.get("labels"):
        if options["labels"] != ADD_LABELS:
            raise ImportRefused(f"labels can be {ADD_LABELS!r}: those that the project lacks are added to it.")
        if not kind_of(project).has_labels:
            raise ImportRefused(f"labels={ADD_LABELS}: the answers of this project are no labels.")
        known["labels"] = ADD_LABELS
    return known


def is_same(
    batch: ImportBatch, options: dict[str, Any], *, file: IO[bytes] | None = None, file_name: str = "",
    rows: list[Any] | None = None,
) -> bool:  # fmt: skip
    """Whether the batch was started by this upload, byte for byte, with these options."""
    if batch.file_name != shown_file_name(file_name) or (batch.format == ImportFormat.ROWS) != (rows is not None):
        return False
    try:
        content = file if rows is None else _rows_as_lines(rows)
    except ImportRefused:
        return False
    assert content is not None
    return batch.sha256 == sum_of(content) and _is_told_the_same(batch, options)


def _is_told_the_same(batch: ImportBatch, options: dict[str, Any]) -> bool:
    """Options that the import keeps with them for itself apart."""
    try:
        given = checked_options(batch.project, options)
    except ImportRefused:
        return False
    return given == {name: batch.options[name] for name in _OPTIONS if name in batch.options}


def _rows_as_lines(rows: list[Any]) -> IO[bytes]:
    if not isinstance(rows, list):
        raise ImportRefused("rows must be a list of objects.")
    if not rows:
        raise ImportRefused("rows is empty.")
    if len(rows) > settings.IMPORT_MAX_ROWS:
        raise ImportRefused(f"{len(rows):,} rows; at most {settings.IMPORT_MAX_ROWS:,} are accepted.")
    try:
        return io.BytesIO(b"\n".join(map(_as_line, rows)))
    except TypeError as error:
        raise ImportRefused(f"rows cannot be kept: {error}.") from error


def _as_line(row: Any) -> bytes:
    try:
        return orjson.dumps(row)
    except TypeError:  # a whole number of more than 64 bits, half a surrogate pair: the row's own matter
        return json.dumps(row).encode()


def _size(file: IO[bytes]) -> int:
    """Bytes of an upload that says so; 0 for a stream, which is counted while it is stored."""
    size = getattr(file, "size", None)
    return size if isinstance(size, int) else 0


def _refuse_too_large(size: int) -> None:
    if size > settings.IMPORT_MAX_BYTES:
        raise ImportRefused(f"{size:,} bytes; at most {settings.IMPORT_MAX_BYTES:,} are accepted.", too_large=True)


def shown_file_name(file_name: str) -> str:
    """Without folders and what cannot be printed."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable())[:255]


class _LimitedFile(File):
    """A file for the storage that stops when more bytes come than the limit allows, whatever the sender announced."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, name="upload")
        self.source = file

    def chunks(self, chunk_size: int | None = None) -> Any:
        taken = 0
        self.source.seek(0)
        while piece := self.source.read(chunk_size or 1024 * 1024):
            taken += len(piece)
            _refuse_too_large(taken)
            yield piece
