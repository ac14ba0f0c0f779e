"""Typed columns for data frames."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import ExportFormat, Row, values_of
from labeling.services.exports.losses import AS_FRACTION, AS_JSON_TEXT, NO_PICTURES
from labeling.services.exports.sink import Sink

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
    cannot_hold = ("Answers and soft labels are JSON texts.",)
    losses = (AS_JSON_TEXT, AS_FRACTION, NO_PICTURES)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return int(pq.ParquetFile(file).metadata.num_rows)

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])
        sink = Sink()
        writer = pq.ParquetWriter(sink, schema, compression="zstd")
        rows = iter(rows)
        while group := list(islice(rows, ROWS_A_GROUP)):
            arrays = [array_of(column, group) for column in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
        writer.close()
        yield sink.take()


def array_of(column: Column, rows: Sequence[Row]) -> pa.Array:
    """The values of one column in its Arrow type."""
    values = values_of(column, rows)
    if column.type == "json":
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    elif column.type == "time":
        values = [None if value is None else datetime.fromisoformat(value) for value in values]
    elif column.type == "number" and not set(map(type, values)) <= {float, type(None)}:
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, type=ARROW_TYPES[column.type])
