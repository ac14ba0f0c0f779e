"""Parquet as Hugging Face ``datasets`` writes it: ``load_dataset(folder)`` gives splits, class labels and pictures."""

import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count, groupby, islice
from operator import itemgetter

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.services.exports.base import Row
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import WHOLE, DataSet
from labeling.services.exports.folders.features import Feature, features_of, image, schema_of, table_of
from labeling.services.exports.folders.parquet_files import parquet_rows
from labeling.services.exports.folders.pictures import with_pictures
from labeling.services.exports.losses import OBJECTS_AS_JSON_TEXT
from labeling.services.exports.sink import Sink

ROWS_A_GROUP = 10_000
GROUPS_A_SHARD = 25
#: Pictures are in memory for one group at a time.
PICTURE_ROWS_A_GROUP = 100
PICTURE_BYTES_A_GROUP = 32 * 1024 * 1024
PICTURE_BYTES_A_SHARD = 512 * 1024 * 1024
#: Where a row holds its picture meanwhile: no column of an item is called so.
_PLACE = "\0"


class HuggingFace(FolderFormat):
    """``train/`` and ``test/`` with numbered shards; an empty side has no folder."""

    name = "huggingface"
    label = "Hugging Face"
    hint = "parquet with class labels, lists and pictures: load_dataset(folder)"
    losses = (OBJECTS_AS_JSON_TEXT,)
    cannot_hold = (
        "Soft labels are JSON texts.",
        "A missing value of a class label is None in `dataset[i]`, and NaN in a pandas frame.",
    )

    def rows_in(self, archive: zipfile.ZipFile) -> int:
        return sum(parquet_rows(archive, name) for name in archive.namelist() if name.endswith(".parquet"))

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        images = [image(f"{prefix}image", f"{_PLACE}{prefix}") for prefix in data.pictures]
        taken = {feature.name for feature in images}
        features = [*(_beside(feature, taken) for feature in features_of(data)), *images]
        schema = schema_of(features)
        written = False
        for side, filters in data.sides():
            groups = (_with_bytes if data.pictures else _plain)(data, data.records(filters))
            for number, of_shard in groupby(groups, key=itemgetter(0)):
                written = True
                yield from archive.add(f"{side}/{number:05}.parquet", _shard(features, schema, of_shard))
        if not written:  # a folder without a file cannot be loaded
            yield from archive.add(f"{WHOLE}/00000.parquet", _shard(features, schema, ()))


#: The number of the file, and some of its rows.
Group = tuple[int, list[Row]]


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
    for row, pictures in with_pictures(data, rows):
        for prefix, picture in pictures.items():
            content = picture.read(data) if picture else None
            row[f"{_PLACE}{prefix}"] = {"bytes": content, "path": picture.name} if picture and content else None
            in_group += len(content or b"")
        group.append(row)
        if len(group) == PICTURE_ROWS_A_GROUP or in_group >= PICTURE_BYTES_A_GROUP:
            yield shard, group
            in_shard, in_group, group = in_shard + in_group, 0, []
            if in_shard >= PICTURE_BYTES_A_SHARD:
                shard, in_shard = shard + 1, 0
    if group:
        yield shard, group


def _beside(feature: Feature, taken: Collection[str]) -> Feature:
    """A column of the items that is called like a picture gets a _ at its end: items of a zip have ``image``."""
    return replace(feature, name=f"{feature.name}_") if feature.name in taken else feature


def _shard(features: Sequence[Feature], schema: pa.Schema, groups: Iterable[Group]) -> Iterator[bytes]:
    sink = Sink()
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    for _, rows in groups:
        writer.write_table(table_of(features, schema, rows))
        yield sink.take()
    writer.close()
    yield sink.take()
