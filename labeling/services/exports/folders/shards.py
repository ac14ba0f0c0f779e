"""Rows of a data set in groups and files of bounded size, with their pictures in them where they have some."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.selectors.export import Filters
from labeling.services.exports.base import Row
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.features import Feature, table_of
from labeling.services.exports.folders.pictures import Originals, places_of, with_pictures
from labeling.services.exports.sink import Sink

ROWS_A_GROUP = 10_000
ROWS_A_SHARD = 250_000
#: Rows wait for one another as Arrow, not as objects: more of these are beyond the processor's cache.
ROWS_A_BATCH = 500
#: Pictures are in memory for one group at a time.
PICTURE_BYTES_A_GROUP = 32 * 1024 * 1024
PICTURE_BYTES_A_SHARD = 512 * 1024 * 1024


class Batch(NamedTuple):
    """Some rows of the file with the number; the last of its group ``ends`` it."""

    shard: int
    rows: list[Row]
    ends: bool


def batches_of(data: DataSet, filters: Filters) -> Iterator[Batch]:
    """The rows of one side."""
    return (_with_bytes if data.pictures else _plain)(data, data.records(filters))


def _plain(data: DataSet, rows: Iterator[Row]) -> Iterator[Batch]:
    n_rows = 0
    while batch := list(islice(rows, ROWS_A_BATCH)):
        shard, n_rows = n_rows // ROWS_A_SHARD, n_rows + len(batch)
        yield Batch(shard, batch, n_rows % ROWS_A_GROUP == 0)


def _with_bytes(data: DataSet, rows: Iterator[Row]) -> Iterator[Batch]:
    """Rows with their pictures in them; a group and a file end where they are large."""
    shard, in_shard, in_group, n_rows = 0, 0, 0, 0
    batch: list[Row] = []
    originals, places = Originals(data), places_of(data)
    for row in with_pictures(data, rows):
        for place in places:
            picture = row[place]
            content = originals.read(picture) if picture else None
            row[place] = (content, picture.file_name) if content else None
            in_group += len(content or b"")
        batch.append(row)
        n_rows += 1
        ends = n_rows == ROWS_A_GROUP or in_group >= PICTURE_BYTES_A_GROUP
        if ends or len(batch) == ROWS_A_BATCH:
            yield Batch(shard, batch, ends)
            batch = []
        if ends:
            in_shard, in_group, n_rows = in_shard + in_group, 0, 0
            if in_shard >= PICTURE_BYTES_A_SHARD:
                shard, in_shard = shard + 1, 0
    if batch:
        yield Batch(shard, batch, ends=True)


def shard(features: Sequence[Feature], schema: pa.Schema, batches: Iterable[Batch]) -> Iterator[bytes]:
    sink = Sink()
    with RowGroups(sink, features, schema) as table:
        for _, rows, ends in batches:
            table.add(rows)
            if ends:
                table.end_group()
                yield sink.take()
    yield sink.take()


class RowGroups:
    """A parquet file that is written some rows at a time, in groups of more."""

    def __init__(self, target: IO[bytes] | Sink, features: Sequence[Feature], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(target, schema, compression="zstd")
        self._features, self._schema = features, schema
        self._group: list[pa.Table] = []
        self.rows_in_group = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if not failed:
            self.end_group()
        self._writer.close()

    def add(self, rows: Sequence[Row]) -> None:
        self._group.append(table_of(self._features, self._schema, rows))
        self.rows_in_group += len(rows)

    def end_group(self) -> None:
        if self._group:
            self._writer.write_table(pa.concat_tables(self._group))
        self._group, self.rows_in_group = [], 0
