"""Rows of a data set in groups and files of bounded size, with their pictures in them where they have some."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.selectors.export import Filters
from labeling.services.exports.base import Row
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.features import Feature, table_of
from labeling.services.exports.folders.pictures import Originals, with_pictures
from labeling.services.exports.sink import Sink

ROWS_A_GROUP = 10_000
GROUPS_A_SHARD = 25
#: Pictures are in memory for one group at a time.
PICTURE_ROWS_A_GROUP = 1_000
PICTURE_BYTES_A_GROUP = 32 * 1024 * 1024
PICTURE_BYTES_A_SHARD = 512 * 1024 * 1024
#: Where a row holds its picture meanwhile: no column of an item is called so.
PLACE = "\0"

#: The number of the file, and some of its rows.
Group = tuple[int, list[Row]]


def groups_of(data: DataSet, filters: Filters) -> Iterator[Group]:
    """The rows of one side."""
    return (_with_bytes if data.pictures else _plain)(data, data.records(filters))


def _plain(data: DataSet, rows: Iterable[Row]) -> Iterator[Group]:
    rows = iter(rows)
    for number in count():
        if not (group := list(islice(rows, ROWS_A_GROUP))):
            return
        yield number // GROUPS_A_SHARD, group


def _with_bytes(data: DataSet, rows: Iterable[Row]) -> Iterator[Group]:
    """Rows with their pictures in them; a group and a file end where they are large."""
    shard, in_shard, in_group = 0, 0, 0
    group: list[Row] = []
    originals = Originals(data)
    for row, pictures in with_pictures(data, rows):
        for prefix, picture in pictures.items():
            content = originals.read(picture) if picture else None
            row[f"{PLACE}{prefix}"] = (content, picture.file_name) if picture and content else None
            in_group += len(content or b"")
        group.append(row)
        if len(group) == PICTURE_ROWS_A_GROUP or in_group >= PICTURE_BYTES_A_GROUP:
            yield shard, group
            in_shard, in_group, group = in_shard + in_group, 0, []
            if in_shard >= PICTURE_BYTES_A_SHARD:
                shard, in_shard = shard + 1, 0
    if group:
        yield shard, group


def shard(features: Sequence[Feature], schema: pa.Schema, groups: Iterable[Group]) -> Iterator[bytes]:
    sink = Sink()
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    for _, rows in groups:
        writer.write_table(table_of(features, schema, rows))
        yield sink.take()
    writer.close()
    yield sink.take()
