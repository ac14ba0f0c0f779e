"""A zip of pictures, with an optional items.csv or the metadata of an imagefolder. Nothing is ever unpacked to a path:
entries are read into memory one at a time, and what an entry says about itself is not believed."""

import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings

from labeling.kinds.cells import is_missing
from labeling.services.imports.archives.names import Entry, Names, entries_of, leads_out, tidy
from labeling.services.imports.errors import ImportRefused, RowRejected, raise_outage
from labeling.services.imports.foreign.refused import HEAD_BYTES, foreign_tool, not_supported
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.readers.picture_tables import (
    ITEMS,
    METADATA,
    candidates,
    head_of,
    is_table,
    names_pictures,
    rows_of,
)
from labeling.services.imports.records.rows import CONTEXT_PICTURE, PICTURE, Rejection
from labeling.services.items.decoding import PictureRejected
from labeling.services.items.pictures import PictureFacts, inspect

#: What no person put there; datasheet.md lies beside every data set of ours.
IGNORED = re.compile(r"(^|/)(__MACOSX/|\.[^/]*$|Thumbs\.db$|desktop\.ini$|datasheet\.md$)", re.IGNORECASE)
#: What reading a zip that is broken or cut off raises.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)
_PIECE_BYTES = 256 * 1024

NO_TABLE = "columns says what columns are for, but the zip holds no table."
HELD_BACK = "No row names this file, and there are rows without a file: it may be theirs."
NOT_READ = "A table that was not read: no column of it names files of the zip, or another one of its folder was taken."
SHADOWED = "A later entry of the zip has the very same name, and the row means that one."


class ZipReader(Reader):
    """Rows of its tables first, in their order, then the pictures they do not name, in the order of the zip.

    Where a row was lost (badly quoted, or its file is not found) these stay outside: one of them may be its picture,
    and pictures that are in without their row could not be told from those that never had one.
    """

    chunk_rows = 100
    #: bytes that came out of it so far
    expanded_bytes = 0

    def check(self) -> None:
        if self.modality != "image":
            raise ImportRefused("A zip of pictures cannot go into a project of texts or table rows.")
        if self.mapping.chosen:  # before anything is stored, as of every other file
            heads = self._heads(1)
            if not heads:
                raise ImportRefused(NO_TABLE)
            for columns, _ in heads:
                self.mapping.fits(columns)

    def head(self, records: int) -> tuple[list[str], list[dict[str, Any]]]:
        """Of its tables together."""
        heads = self._heads(records)
        names = list(dict.fromkeys(name for columns, _ in heads for name in columns))
        return names, [record for _, found in heads for record in found][:records]

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        with self._archive() as archive:
            yield from self._records(archive, start)

    @contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        self.file.seek(0)
        try:
            with zipfile.ZipFile(self.file) as archive:
                yield archive
        except (zipfile.BadZipFile, EOFError, struct.error, UnicodeDecodeError) as error:
            raise_outage(error)
            raise ImportRefused(f"The zip is broken or cut off: {error}.") from error

    def _heads(self, records: int) -> list[tuple[list[str], list[dict[str, Any]]]]:
        """Columns and first records of each table that says which pictures it is about."""
        self.expanded_bytes = 0
        found = []
        with self._archive() as archive:
            entries = _entries(archive)
            tables = candidates(entries)
            names = Names(entry for entry in entries if entry not in tables)
            for table in tables:
                with self.spooled(archive, table) as file:
                    if names_pictures(file, table, self.kind, names, self.mapping.chosen):
                        found.append(head_of(file, table.base, self.kind, records))
        return found

    def _records(self, archive: zipfile.ZipFile, start: int) -> Iterator[Numbered]:
        entries = _entries(archive)
        if len(entries) > settings.IMPORT_MAX_ZIP_FILES:
            limit = settings.IMPORT_MAX_ZIP_FILES
            raise ImportRefused(f"{len(entries):,} files in the zip; at most {limit:,} are accepted.")
        if any(entry.name == "[Content_Types].xml" for entry in entries):
            raise ImportRefused("An Office document, not a zip of pictures. Save the table as csv.")
        self.expanded_bytes = 0
        self.of_contexts: dict[Entry, PictureFacts] = {}
        #: rows so far whose picture nobody knows
        self.lost_rows = 0
        self.named, self.shadowed, self.tables = set[Entry](), set[Entry](), set[Entry]()
        tables = candidates(entries)
        pictures = [entry for entry in entries if entry not in tables]
        self.folders = Counter(entry.folder for entry in pictures if entry.folder)
        names = Names(pictures)
        number = 0
        for table in tables:
            number = yield from self._of_table(archive, table, names, number, start)
        if self.mapping.chosen and not self.tables:
            raise ImportRefused(NO_TABLE)
        for entry in list(self.named):
            self.shadowed.update(names.shadowed(entry))
        self.shadowed -= self.named
        rest = [entry for entry in entries if entry not in self.named and entry not in self.tables]
        if self.lost_rows and rest:
            self.notes.say(_held_back(self.lost_rows, len(rest), min(self.tables, key=lambda table: table.name).base))
        if not number and not rest:
            raise ImportRefused("The zip holds no pictures.")
        self.total = number + len(rest)
        for number, entry in enumerate(rest, number + 1):  # noqa: B020 - goes on counting
            if number <= start:
                self._skip(entry)
            else:
                yield number, self._unlisted(archive, entry, number)

    def _of_table(
        self, archive: zipfile.ZipFile, table: Entry, names: Names, before: int, start: int
    ) -> Generator[Numbered, None, int]:
        """The rows of a table, which come after ``before`` others; returns how many rows there were until its end."""
        number, folder = before, table.name.rpartition("/")[0]
        with self.spooled(archive, table) as file:
            if not names_pictures(file, table, self.kind, names, self.mapping.chosen):
                return before
            self.tables.add(table)
            if table.base not in (*ITEMS, *METADATA):
                self.notes.say(
                    f"{table.base[:80]} was read as the table of the pictures, for it names files of the zip."
                )
            for place, record in rows_of(file, table.base, self.kind, self.notes, start - before, self.mapping.chosen):
                number = before + place
                if isinstance(record, Rejection):
                    record.number = number
                yield from self._listed(archive, number, record, names, folder, start)
        return number

    def _unlisted(self, archive: zipfile.ZipFile, entry: Entry, number: int) -> dict[str, Any] | Rejection:
        """A picture that no row names; it goes in unless a row that was lost may be about it."""
        if entry in self.shadowed:
            return Rejection(number, SHADOWED, "image", _shown(entry.name))
        if is_table(entry):
            return Rejection(number, NOT_READ, "image", _shown(entry.name))
        if self.lost_rows:
            return Rejection(number, HELD_BACK, "image", _shown(entry.name))
        return self._picture(archive, entry, number, {"image": entry.name})

    def spooled(self, archive: zipfile.ZipFile, table: Entry) -> IO[bytes]:
        """The table in a temporary file, for a reader needs to seek."""
        target = tempfile.SpooledTemporaryFile(max_size=8 * 1024**2)  # noqa: SIM115 - closed by the caller
        try:
            for piece in self._pieces(archive, table.info, settings.IMPORT_MAX_BYTES):
                target.write(piece)
        except RowRejected as error:
            raise ImportRefused(f"{table.base} cannot be read: {error.reason}") from error
        return target

    def _listed(
        self, archive: zipfile.ZipFile, number: int, record: dict[str, Any] | Rejection,
        names: Names, folder: str, start: int,
    ) -> Iterator[Numbered]:  # fmt: skip
        """The picture that a row of a table names."""
        if isinstance(record, Rejection):
            self.lost_rows += 1
            if number > start:
                yield number, record
            return
        path = record["image"]
        if self.kind.rows_name_items and not path and (record.get("left") or record.get("right")):
            if number > start:
                yield number, record  # a pair, which names its items by their ids
            return
        about = (record.pop("context_image", "") or "").strip() if self.kind.has_contexts else ""
        field, shown = "image", None
        try:
            entry = names.find(path, folder)
            self.named.add(entry)
            if about:
                field = "context_image"
                shown = names.find(about, folder)
                self.named.add(shown)
        except RowRejected as error:
            self.lost_rows += 1
            if number > start:
                missing = path if field == "image" else about
                yield number, Rejection(number, error.reason, field, _shown(missing))
            return
        if number <= start:
            self._skip(entry)
            return
        meant = entry.name if entry.is_legible else tidy(path)
        found = self._picture(archive, entry, number, {**record, "image": meant})
        if shown and not isinstance(found, Rejection):
            found = self._with_context(archive, shown, number, found)
        yield number, found

    def _with_context(
        self, archive: zipfile.ZipFile, entry: Entry, number: int, record: dict[str, Any]
    ) -> dict[str, Any] | Rejection:
        """The record with the picture of its context, which is read once however many rows name it."""
        content, facts = b"", self.of_contexts.get(entry)
        if facts is None:
            try:
                content = self.content_of(archive, entry)
                facts = self.of_contexts[entry] = inspect(content)
            except (RowRejected, PictureRejected) as error:
                return Rejection(number, error.reason, "context_image", _shown(entry.name))
        record[CONTEXT_PICTURE] = facts, content
        return record

    def _picture(
        self, archive: zipfile.ZipFile, entry: Entry, number: int, record: dict[str, Any]
    ) -> dict[str, Any] | Rejection:
        try:
            content = self.content_of(archive, entry)
            if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                raise RowRejected("A zip inside the zip is not opened.", "image")
            if tool := foreign_tool(content[:HEAD_BYTES], entry.base):
                raise RowRejected(not_supported(tool), "image")
            if self.options.get("folder_is_label") and is_missing(record.get("label")):
                record["label"] = _folder(entry)
        except RowRejected as error:
            return Rejection(number, error.reason, error.field, _shown(entry.name))
        record["image"] = _shown(record["image"])
        record[PICTURE] = content
        return record

    def content_of(self, archive: zipfile.ZipFile, entry: Entry) -> bytes:
        _check_entry(entry.info)
        return b"".join(self._pieces(archive, entry.info, settings.IMPORT_MAX_IMAGE_BYTES))

    def _skip(self, entry: Entry) -> None:
        """Counts an entry that an earlier attempt dealt with."""
        self._count(min(entry.info.file_size, settings.IMPORT_MAX_IMAGE_BYTES + 1))

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
        except BROKEN_ZIP as error:
            raise_outage(error)
            raise RowRejected(f"The zip entry cannot be read: {str(error)[:200]}.", "image") from error

    def _count(self, size: int) -> None:
        self.expanded_bytes += size
        limit = settings.IMPORT_MAX_ZIP_EXPANDED_BYTES
        if self.expanded_bytes > limit:
            raise ImportRefused(f"The zip unpacks to more than {limit:,} bytes; what came before that is kept.")


def _entries(archive: zipfile.ZipFile) -> list[Entry]:
    """What somebody put into the zip."""
    return [entry for entry in entries_of(archive) if not IGNORED.search(entry.path)]


def _check_entry(info: zipfile.ZipInfo) -> None:
    if leads_out(info):
        raise RowRejected("The path of this entry leads out of the zip.", "image")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RowRejected("A link, not a file.", "image")
    if info.flag_bits & 0x1:
        raise RowRejected("Encrypted.", "image")


def _folder(entry: Entry) -> str:
    if not entry.folder:
        raise RowRejected("Lies in no folder, so it has no label.", "label")
    return entry.folder


def _held_back(lost_rows: int, files: int, table: str) -> str:
    """Why pictures stay outside that some row may be about: alone they would go in without id, label and group."""
    rows = f"1 row of {table} has" if lost_rows == 1 else f"{lost_rows:,} rows of {table} have"
    outside = "1 file without a row stays" if files == 1 else f"{files:,} files without a row stay"
    return f"{rows} no file, so {outside} outside. Mend the names and import the zip again."


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode().replace("\0", "")[:255]
