"""Pictures as files with a table beside them, which Hugging Face ``datasets`` calls an image folder."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO

from labeling.models import Project
from labeling.selectors.contents import PICTURE
from labeling.selectors.row_shapes import shape_named
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.base import FolderFormat
from labeling.services.exports.folders.content import DataSet, shows_pictures
from labeling.services.exports.folders.features import beside_pictures, features_of, schema_of, text
from labeling.services.exports.folders.parquet_files import parquet_rows
from labeling.services.exports.folders.pictures import PIECE_BYTES, PictureFolder, places_of, with_pictures
from labeling.services.exports.folders.shards import ROWS_A_BATCH, ROWS_A_GROUP, RowGroups
from labeling.services.exports.folders.written import WrittenArchive
from labeling.services.exports.losses import AS_FRACTION, FRACTIONS_IN_LISTS, OBJECTS_AS_JSON_TEXT

SPOOL_BYTES = 8 * 1024 * 1024
COPY_BYTES = 1024 * 1024
FILE_NAME = "file_name"
TABLE = "metadata.parquet"


class ImageFolder(FolderFormat):
    """``train/`` and ``test/`` with the pictures and ``metadata.parquet``, a row for every row of the table.

    The table is parquet, the only one of the three spellings that keeps "007" a text, and a column that is empty at
    first what it is (decision 0067).
    """

    name = "imagefolder"
    label = "Image folder"
    hint = "pictures as files, and a table that names them"
    losses = (OBJECTS_AS_JSON_TEXT, AS_FRACTION, FRACTIONS_IN_LISTS)
    cannot_hold = (
        "Soft labels are JSON texts.",
        "Pictures of contexts are not in it.",
    )

    def rows_in(self, archive: WrittenArchive) -> int:
        return sum(map(parquet_rows, archive.files(f"/{TABLE}")))

    def refuse(self, project: Project, rows: str) -> str:
        if not shows_pictures(project):
            return "An image folder is for projects of pictures."
        return "An image folder holds annotations or items." if shape_named(rows) else ""

    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        features = [
            *map(beside_pictures, features_of(data)),
            *(text(f"{prefix}{FILE_NAME}", f"{PICTURE}{prefix}") for prefix in data.pictures),
        ]
        schema, places = schema_of(features), places_of(data)
        for side, filters in data.sides():
            with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
                n_rows, folder = 0, PictureFolder(data, archive, side)
                rows = with_pictures(data, data.records(filters))
                with RowGroups(file, features, schema) as table:
                    while batch := list(islice(rows, ROWS_A_BATCH)):
                        for row in batch:
                            for place in places:
                                picture = row[place]
                                row[place] = picture.file_name if picture and folder.has(picture) else None
                            if archive.pending_bytes >= PIECE_BYTES:
                                yield archive.take()
                        table.add(batch)
                        if table.rows_in_group >= ROWS_A_GROUP:
                            table.end_group()
                        n_rows += len(batch)
                if n_rows:
                    yield from archive.add(f"{side}/{TABLE}", _pieces(file))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(COPY_BYTES):
        yield piece
