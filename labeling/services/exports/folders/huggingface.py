"""Parquet as Hugging Face ``datasets`` writes it: ``load_dataset(folder)`` gives splits, class labels and pictures."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from labeling.selectors.contents import PICTURE
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import WHOLE, DataSet
from labeling.services.exports.folders.features import beside_pictures, features_of, image, schema_of
from labeling.services.exports.folders.parquet_files import parquet_rows
from labeling.services.exports.folders.shards import batches_of, shard
from labeling.services.exports.folders.written import WrittenArchive
from labeling.services.exports.losses import AS_FRACTION, FRACTIONS_IN_LISTS, OBJECTS_AS_JSON_TEXT


class HuggingFace(FolderFormat):
    """``train/`` and ``test/`` with numbered shards; an empty side has no folder."""

    name = "huggingface"
    label = "Hugging Face"
    hint = "parquet with class labels, lists and pictures: load_dataset(folder)"
    losses = (OBJECTS_AS_JSON_TEXT, AS_FRACTION, FRACTIONS_IN_LISTS)
    cannot_hold = (
        "Soft labels are JSON texts.",
        "A missing value of a class label is None in `dataset[i]`, and NaN in a pandas frame.",
    )

    def rows_in(self, archive: WrittenArchive) -> int:
        return sum(map(parquet_rows, archive.files(".parquet")))

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        images = [image(f"{prefix}image", f"{PICTURE}{prefix}") for prefix in data.pictures]
        own = features_of(data)
        features = [*(map(beside_pictures, own) if images else own), *images]
        schema = schema_of(features)
        written = False
        for side, filters in data.sides():
            for number, of_shard in groupby(batches_of(data, filters), key=itemgetter(0)):
                written = True
                yield from archive.add(f"{side}/{number:05}.parquet", shard(features, schema, of_shard))
        if not written:  # a folder without a file cannot be loaded
            yield from archive.add(f"{WHOLE}/00000.parquet", shard(features, schema, ()))
