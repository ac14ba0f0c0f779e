"""A zip of pictures, with an optional items.csv. Nothing is ever unpacked to a path: entries are read into memory one
at a time, and what an entry says about itself is not believed."""

import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings

from labeling.services.imports.errors import ImportRefused, RowRejected
from labeling.services.imports.readers.base import Numbered, Reader, check_columns
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.rows import CONTEXT_PICTURE, PICTURE, Rejection
from labeling.services.items.pictures import PictureFacts, PictureRejected, inspect

ITEMS_NAME = "items.csv"
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.[^/]*$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)
_PIECE_BYTES = 256 * 1024


class _ItemsReader(CsvReader):
    """items.csv: a column ``image`` with the path inside the zip, the reserved columns, and any others."""

    def check_header(self, columns: list[str]) -> None:
        check_columns([*columns, "text"] if "text" not in columns else columns, "text")
        if "image" not in columns:
            raise ImportRefused("items.csv needs a column named image with the path of each picture inside the zip.")


class ZipReader(Reader):
    """Rows of items.csv first, in its order, then the pictures it does not name, in the order of the zip."""

    chunk_rows = 100

    def check(self) -> None:
        if self.modality != "image":
            raise ImportRefused("A zip of pictures cannot go into a project of texts or table rows.")

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        self.file.seek(0)
        try:
            with zipfile.ZipFile(self.file) as archive:
                yield from self._records(archive, start)
        except (zipfile.BadZipFile, EOFError, struct.error, UnicodeDecodeError) as error:
            raise ImportRefused(f"The zip is broken or cut off: {error}.") from error

    def _records(self, archive: zipfile.ZipFile, start: int) -> Iterator[Numbered]:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _IGNORED.search(info.filename)]
        if len(infos) > settings.IMPORT_MAX_ZIP_FILES:
            limit = settings.IMPORT_MAX_ZIP_FILES
            raise ImportRefused(f"{len(infos):,} files in the zip; at most {limit:,} are accepted.")
        if any(info.filename == "[Content_Types].xml" for info in infos):
            raise ImportRefused("An Office document, not a zip of pictures. Save the table as csv.")
        self.expanded_bytes = 0
        self.of_contexts: dict[str, PictureFacts] = {}
        items = min((info for info in infos if _base(info) == ITEMS_NAME), key=lambda i: len(i.filename), default=None)
        number, named = 0, set[str]()
        if items is not None:
            infos.remove(items)
            by_name = {info.filename: info for info in infos}
            folder = items.filename.removesuffix(ITEMS_NAME)
            with self._items(archive, items) as file:
                rows = _ItemsReader(file, modality=self.modality, kind=self.kind, options={})
                for number, record in rows.records(0):
                    yield from self._listed(archive, number, record, by_name, folder, named, start)
        rest = [info for info in infos if info.filename not in named]
        if not number and not rest:
            raise ImportRefused("The zip holds no pictures.")
        self.total = number + len(rest)
        for number, info in enumerate(rest, number + 1):  # noqa: B020 - goes on counting
            if number <= start:
                self._count(min(info.file_size, settings.IMPORT_MAX_IMAGE_BYTES + 1))
            else:
                yield number, self._picture(archive, info, number, {"image": info.filename})

    def _items(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
        """items.csv in a temporary file, for a reader needs to seek."""
        target = tempfile.SpooledTemporaryFile(max_size=8 * 1024**2)  # noqa: SIM115 - closed by the caller
        try:
            for piece in self._pieces(archive, info, settings.IMPORT_MAX_BYTES):
                target.write(piece)
        except RowRejected as error:
            raise ImportRefused(f"items.csv cannot be read: {error.reason}") from error
        return target

    def _listed(
        self, archive: zipfile.ZipFile, number: int, record: dict[str, Any] | Rejection,
        by_name: dict[str, zipfile.ZipInfo], folder: str, named: set[str], start: int,
    ) -> Iterator[Numbered]:  # fmt: skip
        """The picture that a row of items.csv names."""
        if isinstance(record, Rejection):
            if number > start:
                yield number, record
            return
        path = _path(record["image"])
        if self.kind.rows_name_items and not path and (record.get("left") or record.get("right")):
            if number > start:
                yield number, record  # a pair, which names its items by their ids
            return
        info = by_name.get(folder + path) or by_name.get(path)
        about = _path(record.pop("context_image", "")) if self.kind.has_contexts else ""
        shown = by_name.get(folder + about) or by_name.get(about)
        named.update(entry.filename for entry in (info, shown) if entry)
        if number <= start:
            self._count(min(info.file_size, settings.IMPORT_MAX_IMAGE_BYTES + 1) if info else 0)
        elif info is None:
            yield number, Rejection(number, f"The zip holds no file {path[:200]!r}.", "image", path[:255])
        elif about and shown is None:
            yield number, Rejection(number, f"The zip holds no file {about[:200]!r}.", "context_image", path[:255])
        else:
            found = self._picture(archive, info, number, {**record, "image": info.filename})
            if shown and not isinstance(found, Rejection):
                found = self._with_context(archive, shown, number, found)
            yield number, found

    def _with_context(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, number: int, record: dict[str, Any]
    ) -> dict[str, Any] | Rejection:
        """The record with the picture of its context, which is read once however many rows name it."""
        content, facts = b"", self.of_contexts.get(info.filename)
        if facts is None:
            try:
                _check_entry(info)
                content = b"".join(self._pieces(archive, info, settings.IMPORT_MAX_IMAGE_BYTES))
                facts = self.of_contexts[info.filename] = inspect(content)
            except (RowRejected, PictureRejected) as error:
                return Rejection(number, error.reason, "context_image", _shown(info.filename))
        record[CONTEXT_PICTURE] = facts, content
        return record

    def _picture(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, number: int, record: dict[str, Any]
    ) -> dict[str, Any] | Rejection:
        try:
            _check_entry(info)
            content = b"".join(self._pieces(archive, info, settings.IMPORT_MAX_IMAGE_BYTES))
            if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                raise RowRejected("A zip inside the zip is not opened.", "image")
            if self.options.get("folder_is_label") and not record.get("label"):
                record["label"] = _folder(info)
        except RowRejected as error:
            return Rejection(number, error.reason, error.field, _shown(info.filename))
        record["image"] = _shown(info.filename)
        record[PICTURE] = content
        return record

    def _pieces(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
        """The bytes of an entry, counted as they come out. Raises RowRejected, or ImportRefused for a bomb."""
        size = 0
        try:
            with archive.open(info) as file:
                while piece := file.read(_PIECE_BYTES):
                    size += len(piece)
                    self._count(len(piece))
                    if size > limit:
                        raise RowRejected(f"More than {limit:,} bytes when unpacked.", "image")
                    yield piece
        except (RowRejected, ImportRefused):
            raise
        except _BROKEN as error:
            raise RowRejected(f"The zip entry cannot be read: {str(error)[:200]}.", "image") from error

    def _count(self, size: int) -> None:
        self.expanded_bytes += size
        limit = settings.IMPORT_MAX_ZIP_EXPANDED_BYTES
        if self.expanded_bytes > limit:
            raise ImportRefused(f"The zip unpacks to more than {limit:,} bytes; what came before that is kept.")


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename.replace("\\", "/")
    if name.startswith("/") or re.match(r"^[A-Za-z]:", name) or ".." in name.split("/") or "\0" in name:
        raise RowRejected("The path of this entry leads out of the zip.", "image")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RowRejected("A link, not a file.", "image")
    if info.flag_bits & 0x1:
        raise RowRejected("Encrypted.", "image")


def _folder(info: zipfile.ZipInfo) -> str:
    parts = info.filename.split("/")
    if len(parts) < 2:
        raise RowRejected("Lies in no folder, so it has no label.", "label")
    return parts[-2]


def _path(given: str) -> str:
    return given.strip().replace("\\", "/").removeprefix("./")


def _base(info: zipfile.ZipInfo) -> str:
    return info.filename.rpartition("/")[2].lower()


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode().replace("\0", "")[:255]
