"""Parquet through Arrow, a small batch at a time; nested values become JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from labeling.models import Modality
from labeling.services.imports.columns.mapping import LEFT_OUT
from labeling.services.imports.errors import ImportRefused, raise_outage
from labeling.services.imports.names import ColumnNames
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.readers.features import (
    ReadCells,
    cells_by_column,
    missing_picture,
    pictures_in,
    take_pictures,
)
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import Rejection

_BATCH_BYTES = 16 * 1024**2
PICTURE_ROWS = 100


_UNREADABLE = (
    "The column {0!r} cannot be read: {1}. Leave it out, or write it anew: DuckDB 2.0 writes an array of a fixed length"
    " with NULL in it so that Arrow cannot read it; cast to a list, as FLOAT[], it can."
)


class ParquetReader(Reader):
    #: the columns that hold pictures, and how the cells of each column are read
    pictures: Sequence[str] = ()
    cells: Sequence[ReadCells] = ()

    def check(self) -> None:
        self.file.seek(0)
        if self.file.read(4) != b"PAR1":
            raise ImportRefused("Not a parquet file.")
        self.file.seek(-4, 2)
        if self.file.read(4) != b"PAR1":
            raise ImportRefused("The parquet file is cut off: its footer is missing.")

    def check_header(self, columns: list[str]) -> None:
        if not (self.pictures and self.modality == Modality.IMAGE):
            super().check_header(columns)

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        try:
            with pq.ParquetFile(self.file, buffer_size=1 << 20, pre_buffer=False) as file:
                try:
                    yield from self._records(file, start)
                except pa.ArrowInvalid as error:
                    if "list offsets" not in str(error) or not (column := _unreadable_column(file)):
                        raise
                    raise ImportRefused(_UNREADABLE.format(column[:100], str(error)[:200])) from error
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise_outage(error)
            raise ImportRefused(f"The parquet file is broken: {str(error)[:300]}.") from error

    def _records(self, file: pq.ParquetFile, start: int) -> Iterator[Numbered]:
        schema = file.schema_arrow
        places = pictures_in(schema)
        self.pictures = [schema.names[place] for place in places]
        if places:
            self.chunk_rows = PICTURE_ROWS
        found = self.names_of(schema.names, ColumnNames(self.modality, self.kind, self.notes, self.mapping))
        wanted = [place for place, name in enumerate(found) if name != LEFT_OUT]
        columns = [found[place] for place in wanted]
        cells = cells_by_column(schema)
        self.cells = [cells[place] for place in wanted]
        self.pictures = [found[place] for place in places if found[place] != LEFT_OUT]
        self.total = rows = file.metadata.num_rows
        if rows > settings.IMPORT_MAX_ROWS:
            raise ImportRefused(f"{rows:,} rows; at most {settings.IMPORT_MAX_ROWS:,} are accepted.")
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        batch_rows = max(1, min(self.chunk_rows, _BATCH_BYTES * max(rows, 1) // max(size, 1)))
        number = first = 0
        while first < len(groups) and number + groups[first].num_rows <= start:
            number += groups[first].num_rows
            first += 1
        chosen = [schema.names[place] for place in wanted]
        are_alone = len(wanted) < len(found) and _tell_columns(schema.names)
        # what is left out is not read, as it may be what cannot be read
        read = {"row_groups": range(first, len(groups)), "columns": chosen if are_alone else None, "use_threads": False}
        for batch in file.iter_batches(batch_rows, **read):
            if number + batch.num_rows <= start:
                number += batch.num_rows
                continue
            batch = batch if are_alone or len(wanted) == len(found) else batch.select(wanted)
            for record in self._records_of(batch.rename_columns(columns), number, start):
                number += 1
                if number > start:
                    yield number, record

    def _records_of(self, batch: pa.RecordBatch, number: int, start: int) -> list[dict[str, Any] | Rejection]:
        """The rows of a batch before which there were ``number``."""
        names = batch.schema.names
        columns = [read(column) for read, column in zip(self.cells, batch.columns, strict=True)]
        rows = zip(*(column.values for column in columns), strict=True)
        # saying ``strict`` once a row would cost as much as the row
        records: list[dict[str, Any] | Rejection] = [dict(zip(names, row)) for row in rows]  # noqa: B905
        if any(column.has_infinity for column in columns):
            for record in records[max(start - number, 0) :]:
                self.empty_infinities(record)  # type: ignore[arg-type]  # no rejection among them yet
        if self.pictures:
            records = self._with_pictures(records, number)
        for name, column in zip(names, columns, strict=True):
            for place, reason in column.faults.items():
                row = records[place]
                called = row.name if isinstance(row, Rejection) else row_name(row.get("id"), row)
                records[place] = Rejection(number + place + 1, reason, name[:100], called)
        return records

    def _with_pictures(
        self, records: list[dict[str, Any] | Rejection], before: int
    ) -> list[dict[str, Any] | Rejection]:
        """Each with its picture where readers hand it over; a project of texts or tables has no place for it."""
        found: list[dict[str, Any] | Rejection] = []
        for place, record in enumerate(records):
            assert isinstance(record, dict)  # no rejection among them yet
            if self.modality == Modality.IMAGE or self.as_it_is:
                take_pictures(record, self.pictures)
                found.append(missing_picture(before + place + 1, record) or record)
                continue
            for name in self.pictures:
                record.pop(name, None)
            self.notes.say("Pictures in the file were left out: this project does not ask about pictures.")
            found.append(record)
        return found


def _tell_columns(names: Sequence[str]) -> bool:
    """Whether each name is that of one column: Arrow takes a dot for the way into a nested one."""
    return len(set(names)) == len(names) and not any("." in name for name in names)


def _unreadable_column(file: pq.ParquetFile) -> str:
    """The first that cannot be read alone; "" where it is none of them, or cannot be known."""
    names = file.schema_arrow.names
    for name in names if _tell_columns(names) else ():
        try:
            for _ in file.iter_batches(columns=[name], use_threads=False):
                pass
        except pa.ArrowInvalid:
            return str(name)
    return ""
