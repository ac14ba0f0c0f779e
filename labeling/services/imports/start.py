"""Takes an upload in: stored, looked at, recorded and announced. The work is done by the job."""

import io
import json
import logging
import uuid
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
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.foreign import HEAD_BYTES
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import READERS
from labeling.services.imports.sniff import format_of
from labeling.services.jobs.enqueue import enqueue_on_commit

log = logging.getLogger(__name__)

_OPTIONS = {"folder_is_label"}


def start_import(
    user: User, project: Project, *, file: IO[bytes] | None = None, file_name: str = "",
    rows: list[Any] | None = None, format: str | None = None,  # noqa: A002 - the contract's name
    options: dict[str, Any] | None = None, public_id: uuid.UUID | None = None,
) -> ImportBatch:  # fmt: skip
    """Stores the upload (or the rows) and a queued batch, and wakes a worker on commit.

    Raises ImportRefused, and IntegrityError for a ``public_id`` that there is already.
    """
    chosen = _options(options or {})
    if (file is None) == (rows is None):
        raise ImportRefused("Send a file or rows, one of the two.")
    if rows is not None:
        file, file_name = _rows_as_lines(rows), ""
    assert file is not None
    _refuse_too_large(_size(file))
    path = f"uploads/{project.pk}/{uuid.uuid4().hex}"
    try:
        default_storage.save(path, _LimitedFile(file))
        size_bytes = default_storage.size(path)
        with default_storage.open(path, "rb") as stored:
            found, notes = _look(stored, project, file_name, format, is_rows=rows is not None, options=chosen)
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                project=project, created_by=user, format=found, file_name=_shown_name(file_name), path=path,
                size_bytes=size_bytes, options=chosen, notes=notes.as_stored(),
                total=len(rows) if rows is not None else None, public_id=public_id or uuid.uuid4(),
            )  # fmt: skip
            facts = {"file_name": batch.file_name, "format": found, "size_bytes": size_bytes}
            record("import.started", user=user, project=project, subject=str(batch.public_id), after=facts)
            enqueue_on_commit("labeling.run_import", batch.pk)
    except BaseException:
        storage.drop(path)
        raise
    return batch


def _look(
    stored: IO[bytes], project: Project, file_name: str, wanted: str | None, *, is_rows: bool, options: dict[str, Any]
) -> tuple[str, ImportNotes]:
    """The format and what the reader has to say, after it has seen the head of the file."""
    kind = kind_of(project)
    found = ImportFormat.ROWS.value if is_rows else format_of(
        stored.read(HEAD_BYTES), file_name, project.modality, wanted or None, kind
    )  # fmt: skip
    reader = READERS[found](stored, modality=project.modality, options=options, file_name=file_name, kind=kind)
    reader.check()
    return found, reader.notes


def _options(options: dict[str, Any]) -> dict[str, Any]:
    unknown = set(options) - _OPTIONS
    if unknown:
        raise ImportRefused(f"Unknown option {sorted(unknown)[0][:80]!r}; {', '.join(sorted(_OPTIONS))} is known.")
    return {name: bool(value) for name, value in options.items()}


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


def _shown_name(file_name: str) -> str:
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
