"""Parquet with a Croissant file beside it: what the columns are, and how the answers in them came to be."""

import hashlib
import json
from collections.abc import Iterable, Iterator

import pyarrow as pa

from labeling.selectors.column_meanings import meaning_of
from labeling.selectors.contents import PICTURE
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.croissant_file import DescribedColumn, DescribedFile, croissant_file
from labeling.services.exports.folders.features import Feature, beside_pictures, features_of, picture_bytes
from labeling.services.exports.folders.parquet_files import parquet_rows
from labeling.services.exports.folders.shards import batches_of, shard
from labeling.services.exports.folders.written import WrittenArchive
from labeling.services.exports.losses import OBJECTS_AS_JSON_TEXT

FILE = "croissant.json"
_PICTURE = "The picture, as it was uploaded."


class Croissant(FolderFormat):
    """``croissant.json``, ``train.parquet`` and ``test.parquet``, each a set of records whose file is checked by its
    hash when it is read."""

    name = "croissant"
    label = "Croissant"
    hint = "parquet, and a file that says how it came to be: mlcroissant"
    losses = (OBJECTS_AS_JSON_TEXT,)
    cannot_hold = (
        "Soft labels are JSON texts.",
        "mlcroissant gives texts as bytes, and lists of numbers with a null among them as fractions.",
    )

    def rows_in(self, archive: WrittenArchive) -> int:
        return sum(map(parquet_rows, archive.files(".parquet")))

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        pictures = [picture_bytes(f"{prefix}image", f"{PICTURE}{prefix}") for prefix in data.pictures]
        own = features_of(data, by_name=True)
        features = [*(map(beside_pictures, own) if pictures else own), *pictures]
        schema = _schema_of(features)
        files = []
        for side, filters in data.sides():
            before, tally = data.count.rows, _Tally()
            batches = batches_of(data, filters)
            yield from archive.add(f"{side}.parquet", tally.over(shard(features, schema, batches)), is_large=True)
            files.append(DescribedFile(side, tally.sha256, tally.size_bytes, data.count.rows - before))
        columns = [*_described(data, features), *(DescribedColumn(one.name, one.type, _PICTURE) for one in pictures)]
        said = json.dumps(croissant_file(data, columns, files), ensure_ascii=False, indent=1)
        yield from archive.add(FILE, [said.encode()], squeeze=True)


def _described(data: DataSet, features: Iterable[Feature]) -> Iterator[DescribedColumn]:
    for column, feature in zip(data.columns, features, strict=False):  # pictures come after the columns
        is_label = data.has_answers and not column.is_own and column.name in ("answer", "label")
        is_json = feature.type == pa.string() and column.type == "json" and not is_label
        meaning = f"{meaning_of(column)} JSON text." if is_json else meaning_of(column)
        yield DescribedColumn(feature.name, feature.type, meaning.strip(), is_label=is_label)


class _Tally:
    """The hash and the size of what went by."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def over(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._digest.update(piece)
            self.size_bytes += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


#: What pandas calls columns that hold null beside whole numbers: by its own name for them 2^63-1 is no fraction.
_OF_PANDAS = {pa.int64(): ("int64", "Int64"), pa.bool_(): ("bool", "boolean")}


def _schema_of(features: Iterable[Feature]) -> pa.Schema:
    """With the metadata by which ``pandas.read_parquet`` (and so mlcroissant) keeps whole numbers beside null whole."""
    features = list(features)
    columns = [
        {"name": one.name, "field_name": one.name, "pandas_type": pandas, "numpy_type": numpy, "metadata": None}
        for one in features
        for pandas, numpy in [_OF_PANDAS.get(one.type, (None, None))]
        if pandas
    ]
    told = {"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": "2.0.0"}
    return pa.schema([(one.name, one.type) for one in features], metadata={"pandas": json.dumps(told)})
