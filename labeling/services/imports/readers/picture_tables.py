"""The tables in a zip of pictures that say what belongs to which: ``items.csv`` of our own, or the ``metadata`` files
of an imagefolder (Hugging Face), one a folder, whose column ``file_name`` is our ``image``."""

import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.models import Modality
from labeling.services.imports.archives.names import Entry
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers.base import AS_IT_IS, Numbered, Reader, check_columns
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.records.rows import Rejection

ITEMS = "items.csv"
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
PICTURE, FILE_NAME = "image", "file_name"
_HEAD_BYTES = 64 * 1024


class _PicturesCsv(CsvReader):
    """A column with the path inside the zip, the reserved columns, and any others."""

    def check_header(self, columns: list[str]) -> None:
        check_columns([*columns, "text"] if "text" not in columns else columns, "text")
        if not {PICTURE, FILE_NAME} & set(columns):
            raise ImportRefused("items.csv needs a column named image with the path of each picture inside the zip.")


#: By the ending of a name; what a project of pictures takes no rows of, its tables may be all the same.
_READERS: dict[str, tuple[type[Reader], str]] = {
    ".csv": (_PicturesCsv, Modality.IMAGE),
    ".jsonl": (JsonlReader, Modality.TABULAR),
    ".parquet": (ParquetReader, Modality.TABULAR),
}


def candidates(entries: Sequence[Entry]) -> list[Entry]:
    """The ``items.csv`` that lies highest, else the first metadata file of every folder."""
    items = [entry for entry in entries if entry.base == ITEMS]
    if items:
        return [min(items, key=lambda entry: len(entry.name))]
    found: dict[str, Entry] = {}
    for base in METADATA:
        for entry in entries:
            if entry.base == base:
                found.setdefault(entry.name.rpartition("/")[0], entry)
    return [entry for entry in entries if entry in found.values()]


def names_pictures(file: IO[bytes], base: str, kind: QuestionKind) -> bool:
    """Whether a candidate says which pictures it is about. Other programs call other things ``metadata.csv``.

    Raises ImportRefused for one that says it and cannot be read: its pictures would go in without their rows.
    """
    if base == ITEMS:
        return True
    try:
        return FILE_NAME in _columns(file, base, kind)
    except (ImportRefused, ValueError, OSError, pa.ArrowException) as error:
        file.seek(0)
        if FILE_NAME.encode() not in file.read(_HEAD_BYTES):
            return False
        reason = error.reason if isinstance(error, ImportRefused) else str(error)[:200]
        raise ImportRefused(f"{base} cannot be read: {reason}") from error


def _columns(file: IO[bytes], base: str, kind: QuestionKind) -> Sequence[str]:
    file.seek(0)
    if base.endswith(".parquet"):
        return list(pq.read_schema(file).names)
    if base.endswith(".jsonl"):
        return list(json.loads(file.readline()))
    reader = _PicturesCsv(file, modality=Modality.IMAGE, kind=kind, options={})
    reader.check()
    return reader.columns


def head_of(file: IO[bytes], base: str, kind: QuestionKind, records: int) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns as the table calls them, and its first rows."""
    reader, modality = _READERS[PurePosixPath(base).suffix]
    return reader(file, modality=modality, kind=kind, options={AS_IT_IS: True}).head(records)


def rows_of(
    file: IO[bytes], base: str, kind: QuestionKind, notes: ImportNotes, start: int, columns: dict[str, str]
) -> Iterator[Numbered]:
    """All rows. The first ``start``, which an earlier attempt dealt with, are read for their names and say nothing."""
    reader, modality = _READERS[PurePosixPath(base).suffix]
    about: dict[str, Any] = {"modality": modality, "kind": kind, "options": {"columns": columns}}
    if start > 0:
        before = reader(file, **about, notes=ImportNotes()).records(0)
        yield from map(_named, takewhile(lambda found: found[0] <= start, before))
    yield from map(_named, reader(file, **about, notes=notes).records(max(start, 0)))


def _named(found: Numbered) -> Numbered:
    """The row with its path under the name ``image``; "" where it gives none."""
    number, record = found
    if isinstance(record, Rejection):
        return found
    path = record.pop(FILE_NAME, None) if PICTURE not in record else record[PICTURE]
    record[PICTURE] = path.strip() if isinstance(path, str) else ""
    return number, record
