"""Pictures of rows: under which name a data set has them, and their bytes as they were uploaded.

A row holds the picture it names under ``PICTURE`` and the prefix of its columns (``DataSet.pictures``), and there what
becomes of it: its bytes, its file's name.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Self

import orjson

from labeling.selectors.contents import PICTURE, StoredPicture, pictures_of
from labeling.services.exports.base import Row
from labeling.services.exports.counting import SeenNumbers
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.content import DataSet
from labeling.services.files import storage

ROWS_AT_ONCE = 500
SPOOL_BYTES = 8 * 1024 * 1024
PICTURES_A_LINE = 100
#: How many of their bytes are put together before they are taken: more would be beyond the processor's cache.
PIECE_BYTES = 128 * 1024
MISSING = "The file of the picture is missing from the storage."


def places_of(data: DataSet) -> list[str]:
    """Where rows hold pictures."""
    return [f"{PICTURE}{prefix}" for prefix in data.pictures]


def with_pictures(data: DataSet, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows with the pictures they name, None where there is none."""
    return rows if data.brings_pictures else _looked_up(data, rows)


def _looked_up(data: DataSet, rows: Iterator[Row]) -> Iterator[Row]:
    places = [(f"{PICTURE}{prefix}", f"{prefix or 'item_'}id") for prefix in data.pictures]
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        found = pictures_of(row[name] for row in chunk for _, name in places)
        for row in chunk:
            for place, name in places:
                row[place] = found.get(row[name])
            yield row


class PictureList:
    """The pictures of rows that went by, for who puts them behind the rows: on disk where there are many."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  # closed by ``__exit__``

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def over(self, rows: Iterable[Row], places: Sequence[str]) -> Iterator[Row]:
        group: list[tuple[Any, ...]] = []
        for row in rows:
            for place in places:
                if picture := row[place]:
                    group.append(tuple(picture))
            if len(group) >= PICTURES_A_LINE:
                self._write(group)
                group = []
            yield row
        self._write(group)

    def _write(self, group: list[tuple[Any, ...]]) -> None:
        self._file.write(orjson.dumps(group, option=orjson.OPT_APPEND_NEWLINE))

    def __iter__(self) -> Iterator[StoredPicture]:
        self._file.seek(0)
        return chain.from_iterable(map(StoredPicture._make, orjson.loads(line)) for line in self._file)


class Originals:
    """Reads the pictures of a data set. One whose file is gone is a loss, which the datasheet tells."""

    def __init__(self, data: DataSet) -> None:
        self._lost = data.lost
        self._read = storage.reader()

    def read(self, picture: StoredPicture) -> bytes | None:
        content = self._read(picture.path, picture.size_bytes)
        if content is None:
            self._lost[MISSING] += 1
        return content


class PictureFolder:
    """A folder of an archive with pictures, each of them once. They wait in the archive to be taken."""

    def __init__(self, data: DataSet, archive: Archive, folder: str) -> None:
        self._originals = Originals(data)
        self._archive = archive
        self._folder = folder
        self._seen = SeenNumbers()
        #: those of them whose file was not there
        self._gone: set[int] = set()

    def has(self, picture: StoredPicture) -> bool:
        """Whether the picture is among the files, put there by now if it was not."""
        if not self._seen.add(picture.number) and picture.number not in self._gone:
            return True
        content = self._originals.read(picture)
        if content is None:
            self._gone.add(picture.number)
            return False
        self._gone.discard(picture.number)
        self._archive.put(f"{self._folder}/{picture.file_name}", content)
        return True
