"""Pictures of rows: under which name a data set has them, and their bytes as they were uploaded."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from labeling.selectors.contents import pictures_by_hash
from labeling.services.exports.base import Row
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.content import DataSet
from labeling.services.files import storage

ROWS_AT_ONCE = 200
MISSING = "The file of the picture is missing from the storage."

#: By what was decoded, never by a name that came with it.
_ENDINGS = {
    "JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "TIFF": "tiff",
    "PPM": "ppm", "JPEG2000": "jp2", "AVIF": "avif",
}  # fmt: skip


class Picture(NamedTuple):
    """``name`` is made of the hash: one picture of many rows is one file."""

    name: str
    path: str

    def read(self, data: DataSet) -> bytes | None:
        """The original, None where its file is gone, which the datasheet tells."""
        content = storage.get(self.path)
        if content is None:
            data.lost[MISSING] += 1
        return content


def with_pictures(data: DataSet, rows: Iterable[Row]) -> Iterator[tuple[Row, Mapping[str, Picture | None]]]:
    """Rows with the pictures they name, by prefix (``DataSet.pictures``)."""
    rows = iter(rows)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        found = pictures_by_hash(data.project, (row[name] for row in chunk for name in data.pictures.values()))
        for row in chunk:
            named: dict[str, Picture | None] = {}
            for prefix, name in data.pictures.items():
                stored = found.get(row[name]) if row[name] else None
                named[prefix] = Picture(f"{row[name]}.{_ENDINGS[stored.format]}", stored.path) if stored else None
            yield row, named


def placed(data: DataSet, archive: Archive, folder: str, picture: Picture) -> Generator[bytes, None, bool]:
    """Whether the picture is among the files of the folder, put there by now if it was not."""
    name = f"{folder}/{picture.name}"
    if name in archive:
        return True
    content = picture.read(data)
    if content is None:
        return False
    yield from archive.add(name, [content])
    return True
