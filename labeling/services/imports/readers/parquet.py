"""Parquet through Arrow, a small batch at a time; nested values become JSON."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from labeling.services.imports.columns.mapping import LEFT_OUT
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.names import ColumnNames
from labeling.services.imports.readers.arrow_cells import cells_of
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import Rejection

_BATCH_BYTES = 16 * 1024**2


class ParquetReader(Reader):
    def check(self) -> None:
        self.file.seek(0)
        if self.file.read(4) != b"PAR1":
            raise ImportRefused("Not a parquet file.")
        self.file.seek(-4, 2)
        if self.file.read(4) != b"PAR1":
            raise ImportRefused("The parquet file is cut off: its footer is missing.")

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        try:
            with pq.ParquetFile(self.file, buffer_size=1 << 20, pre_buffer=False) as file:
                yield from self._records(file, start)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ImportRefused(f"The parquet file is broken: {str(error)[:300]}.") from error

    def _records(self, file: pq.ParquetFile, start: int) -> Iterator[Numbered]:
        schema = file.schema_arrow
        found = self.names_of(schema.names, ColumnNames(self.modality, self.kind, self.notes, self.mapping))
        wanted = [place for place, name in enumerate(found) if name != LEFT_OUT]
        columns = [found[place] for place in wanted]
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
        for batch in file.iter_batches(batch_rows, row_groups=range(first, len(groups)), use_threads=False):
            if number + batch.num_rows <= start:
                number += batch.num_rows
                continue
            batch = batch if len(wanted) == len(found) else batch.select(wanted)
            for record in self._records_of(batch.rename_columns(columns), number, start):
                number += 1
                if number > start:
                    yield number, record

    def _records_of(self, batch: pa.RecordBatch, number: int, start: int) -> list[dict[str, Any] | Rejection]:
        """The rows of a batch before which there were ``number``."""
        names = batch.schema.names
        columns = [cells_of(column) for column in batch.columns]
        rows = zip(*(column.values for column in columns), strict=True)
        # saying ``strict`` once a row would cost as much as the row
        records: list[dict[str, Any] | Rejection] = [dict(zip(names, row)) for row in rows]  # noqa: B905
        if any(column.has_infinity for column in columns):
            for record in records[max(start - number, 0) :]:
                self.empty_infinities(record)  # type: ignore[arg-type]  # no rejection among them yet
        for name, column in zip(names, columns, strict=True):
            for place, reason in column.faults.items():
                row = records[place]
                called = row.name if isinstance(row, Rejection) else row_name(row.get("id"), row)
                records[place] = Rejection(number + place + 1, reason, name[:100], called)
        return records
