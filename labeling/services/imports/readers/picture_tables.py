"""The tables in a zip of pictures that say what belongs to which: ``items.csv`` of our own, the ``metadata`` files of
an imagefolder (Hugging Face), one a folder, whose column ``file_name`` is our ``image``, or else any."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa

from labeling.kinds import QuestionKind
from labeling.models import Modality
from labeling.services.imports.archives.names import Entry, Names
from labeling.services.imports.errors import ImportRefused, raise_outage
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers.base import AS_IT_IS, Numbered, Reader, check_columns
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.records.rows import Rejection

PICTURE, FILE_NAME = "image", "file_name"
_HEAD_BYTES = 64 * 1024
#: Rows by which it is told whether a table is about the files of its zip.
_HEAD_ROWS = 50
#: Tables of any name that are looked into.
_MOST_TABLES = 100
_MARKS = re.compile(r"[\W_]+")
#: What a column of paths may be called beside ``image``, without marks, the likeliest first.
_COLUMNS = ("filename", "image", "imagepath", "imagefile", "imagename", "path", "file", "picture")


class _PicturesCsv(CsvReader):
    """A column with the path inside the zip, the reserved columns, and any others."""

    takes_lines = False

    def check_header(self, columns: list[str]) -> None:
        check_columns([*columns, "text"] if "text" not in columns else columns, "text")
        if picture_column(columns, base=METADATA[0]) is None:  # as of any table: which one it is was looked at
            raise ImportRefused("items.csv needs a column named image with the path of each picture inside the zip.")


#: By the ending of a name; what a project of pictures takes no rows of, its tables may be all the same.
_READERS: dict[str, tuple[type[Reader], str]] = {
    ".csv": (_PicturesCsv, Modality.IMAGE),
    ".tsv": (_PicturesCsv, Modality.IMAGE),
    ".jsonl": (JsonlReader, Modality.TABULAR),
    ".parquet": (ParquetReader, Modality.TABULAR),
}
ITEMS = tuple(f"items{suffix}" for suffix in _READERS)
METADATA = tuple(f"metadata{suffix}" for suffix in _READERS)


def is_table(entry: Entry) -> bool:
    return PurePosixPath(entry.base).suffix in _READERS


def candidates(entries: Sequence[Entry]) -> list[Entry]:
    """The table called ``items`` that lies highest, else the first called ``metadata`` of every folder, else all."""
    items = [entry for entry in entries if entry.base in ITEMS]
    if items:
        return [min(items, key=lambda entry: (entry.name.count("/"), ITEMS.index(entry.base), len(entry.name)))]
    found: dict[str, Entry] = {}
    for base in METADATA:
        for entry in entries:
            if entry.base == base:
                found.setdefault(entry.name.rpartition("/")[0], entry)
    named = set(found.values()) or set(islice(filter(is_table, entries), _MOST_TABLES))
    return [entry for entry in entries if entry in named]


def picture_column(columns: Sequence[str], chosen: Mapping[str, str] | None = None, base: str = "") -> str | None:
    """The column of paths, by what the sender chose or by its name. In the table of an imagefolder it is ``file_name``;
    our own has the items' ``image`` beside it, which is what their files were called once."""
    if base in METADATA and FILE_NAME in columns and PICTURE not in (chosen or {}).values():
        return FILE_NAME
    for name in columns:
        if (chosen or {}).get(name, name) == PICTURE:
            return name
    bare = {_MARKS.sub("", name.casefold()): name for name in reversed(columns)}
    if found := next((bare[known] for known in _COLUMNS if known in bare), None):
        return found
    # an imagefolder calls a column of pictures photo_file_name; of several nobody knows which is asked about
    ending = [name for name in columns if name.endswith(f"_{FILE_NAME}")]
    return ending[0] if base in METADATA and len(ending) == 1 else None


def names_pictures(file: IO[bytes], table: Entry, kind: QuestionKind, names: Names, chosen: Mapping[str, str]) -> bool:
    """Whether a candidate says which pictures it is about. Other programs call other things ``metadata.csv``.

    Raises ImportRefused for one that says it and cannot be read: its pictures would go in without their rows.
    """
    if table.base in ITEMS:
        return True
    try:
        columns, records = head_of(file, table.base, kind, _HEAD_ROWS)
        if not columns:
            raise ImportRefused("none of its first rows can be read.")
    except (ImportRefused, ValueError, OSError, pa.ArrowException) as error:
        raise_outage(error)
        file.seek(0)
        if FILE_NAME.encode() not in file.read(_HEAD_BYTES):
            return False
        reason = error.reason if isinstance(error, ImportRefused) else str(error)[:200]
        raise ImportRefused(f"{table.base} cannot be read: {reason}") from error
    column = picture_column(columns, chosen, table.base)
    if column and column.endswith(FILE_NAME) and table.base in METADATA:
        return True
    folder = table.name.rpartition("/")[0]
    return column is not None and any(names.holds(str(record.get(column) or ""), folder) for record in records)


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
    named = _Named(base, columns)
    if start > 0:
        before = reader(file, **about, notes=ImportNotes()).records(0)
        yield from map(named, takewhile(lambda found: found[0] <= start, before))
    yield from map(named, reader(file, **about, notes=notes).records(max(start, 0)))


class _Named:
    """The row with its path under the name ``image``; "" where it gives none."""

    def __init__(self, base: str, chosen: Mapping[str, str]) -> None:
        self.base = base
        self.chosen = chosen
        self.column_of: dict[tuple[str, ...], str | None] = {}

    def __call__(self, found: Numbered) -> Numbered:
        number, record = found
        if isinstance(record, Rejection):
            return found
        columns = tuple(record)
        if columns not in self.column_of:
            is_chosen = PICTURE in self.chosen.values()  # and is called so by now
            self.column_of[columns] = picture_column(columns, None, "" if is_chosen else self.base)
        column = self.column_of[columns]
        path = None if column is None else record.pop(column)
        record[PICTURE] = path.strip() if isinstance(path, str) else ""
        return number, record
