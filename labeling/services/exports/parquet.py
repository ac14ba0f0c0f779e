"""Typed columns for data frames."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.selectors.batches import Batch, Values, told_same, values_of
from labeling.selectors.columns import Column
from labeling.services.exports.base import ColumnFormat, Row
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


class Parquet(ColumnFormat):
    """One row group per 10,000 rows; nested and mixed values are JSON texts, times are timestamps in UTC."""

    name = "parquet"
    media_type = "application/vnd.apache.parquet"
    extension = "parquet"
    cannot_hold = ("Answers and soft labels are JSON texts.",)
    losses = (AS_JSON_TEXT, AS_FRACTION, NO_PICTURES)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return int(pq.ParquetFile(file).metadata.num_rows)

    def write_batches(self, columns: Sequence[Column], batches: Iterable[Batch], kind: QuestionKind) -> Iterator[bytes]:
        schema = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])
        sink = Sink()
        writer = pq.ParquetWriter(sink, schema, compression="zstd")
        yield sink.take()
        for group in _groups(columns, batches, schema):
            writer.write_table(group)
            yield sink.take()
        writer.close()
        yield sink.take()


def _groups(columns: Sequence[Column], batches: Iterable[Batch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of ``ROWS_A_GROUP`` rows, the last one of what is left. What waits for the rest of its group is Arrow."""
    waiting = schema.empty_table()
    for batch in batches:
        arrays = [array_of_values(column, batch.values(column.name)) for column in columns]
        waiting = pa.concat_tables([waiting, pa.Table.from_arrays(arrays, schema=schema)])
        while len(waiting) >= ROWS_A_GROUP:
            yield waiting.slice(0, ROWS_A_GROUP).combine_chunks()
            waiting = waiting.slice(ROWS_A_GROUP)
    if len(waiting):
        yield waiting.combine_chunks()


def array_of(column: Column, rows: Sequence[Row]) -> pa.Array:
    """The values of one column in its Arrow type."""
    return array_of_values(column, values_of(column.name, rows))


def array_of_values(column: Column, values: Values) -> pa.Array:
    type_ = ARROW_TYPES[column.type]
    if column.type == "json":
        values = told_same(_json, values)
    elif column.type == "time":
        return _times(values)
    elif column.type == "number" and not set(map(type, values)) <= {float, type(None)}:
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, type=type_)


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _times(values: Values) -> pa.Array:
    """ISO 8601 texts as moments. Arrow reads them at once, those that it does not know one by one."""
    type_ = ARROW_TYPES["time"]
    try:
        return pa.array(values, pa.string()).cast(type_)
    except pa.ArrowInvalid:
        return pa.array([None if value is None else datetime.fromisoformat(value) for value in values], type_)
