"""Typed columns for data frames."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import ExportFormat, Row, values_of

ROWS_A_GROUP = 10_000

ARROW_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "list": pa.list_(pa.string()),
    "json": pa.string(),
}


class Parquet(ExportFormat):
    """One row group per 10,000 rows; nested and mixed values are JSON texts, times are timestamps in UTC."""

    name = "parquet"
    media_type = "application/vnd.apache.parquet"
    extension = "parquet"

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])
        sink = _Sink()
        writer = pq.ParquetWriter(sink, schema, compression="zstd")
        rows = iter(rows)
        while group := list(islice(rows, ROWS_A_GROUP)):
            arrays = [_array(column, group) for column in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
        writer.close()
        yield sink.take()


def _array(column: Column, rows: list[Row]) -> pa.Array:
    values = values_of(column, rows)
    if column.type == "json":
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    elif column.type == "time":
        values = [None if value is None else datetime.fromisoformat(value) for value in values]
    elif column.type == "number" and not set(map(type, values)) <= {float, type(None)}:
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, type=ARROW_TYPES[column.type])


class _Sink(io.RawIOBase):
    """What the writer has written since the last ``take``; only the position is kept of what went before."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken
