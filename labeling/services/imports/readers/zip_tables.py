"""A zip of tables: exports of doccano, data sets of ours, files of Hugging Face; and the pictures that they name."""

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.models import ImportFormat, Modality
from labeling.services.imports.archives.names import Entry, Names, entries_of
from labeling.services.imports.errors import ImportRefused, RowRejected, raise_outage
from labeling.services.imports.foreign.base import Record, Told
from labeling.services.imports.foreign.refused import HEAD_BYTES, foreign_tool, not_supported
from labeling.services.imports.readers.features import pictures_in
from labeling.services.imports.readers.picture_tables import FILE_NAME
from labeling.services.imports.readers.translated import RecordSource, TranslatedReader, source_of, tool_in
from labeling.services.imports.readers.zip import BROKEN_ZIP, IGNORED, ZipReader
from labeling.services.imports.records.rows import PICTURE, Rejection

_ENDINGS = {
    ".csv": ImportFormat.CSV, ".tsv": ImportFormat.CSV, ".json": ImportFormat.JSON, ".jsonl": ImportFormat.JSONL,
    ".ndjson": ImportFormat.JSONL, ".parquet": ImportFormat.PARQUET,
}  # fmt: skip
#: What stands beside the rows of a data set.
_BESIDE = {"dataset_info.json", "dataset_infos.json", "state.json", "croissant.json"}
#: What the option ``read_as`` says of a zip that is read here.
TABLES = "tables"


def holds_tables(file: IO[bytes], modality: str, kind: QuestionKind) -> bool:
    """Whether a zip is to be read as tables. One for a project of pictures is where its tables name or hold them in a
    way that ``ZipReader`` does not know, which also says what is wrong with one that is broken."""
    reader = ZipOfTables(file, modality=modality, kind=kind, options={})
    try:
        tables = reader.tables()
        return bool(tables) and (modality != Modality.IMAGE or any(map(reader.is_for_pictures, tables)))
    except ImportRefused:
        raise
    except BROKEN_ZIP as error:
        raise_outage(error)
        return False


class ZipOfTables(TranslatedReader):
    """All tables of a zip, in its order; each is read as the tool's whose it is."""

    format = ImportFormat.ZIP
    chunk_rows = 100
    has_files = True

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.modality != Modality.IMAGE:
            self.chunk_rows = TranslatedReader.chunk_rows
        self.zip = ZipReader(*args, **more)
        #: tables that were taken out of the zip
        self.taken_out: dict[Entry, IO[bytes]] = {}
        #: pictures that rows name
        self.named: set[Entry] = set()
        self._archive: zipfile.ZipFile | None = None
        self._entries: list[Entry] = []

    @property
    def archive(self) -> zipfile.ZipFile:
        if self._archive is None:
            self._archive = zipfile.ZipFile(self.file)
            self._entries = [each for each in entries_of(self._archive) if not IGNORED.search(each.name)]
        return self._archive

    def tables(self) -> list[Entry]:
        self.archive  # noqa: B018 - opens it
        return [
            entry
            for entry in self._entries
            if PurePosixPath(entry.base).suffix in _ENDINGS and entry.base not in _BESIDE
        ]

    def is_for_pictures(self, entry: Entry) -> bool:
        file, format_ = self._opened(entry)
        if format_ == ImportFormat.PARQUET:
            try:
                if pictures_in(pq.read_schema(file)):
                    return True
            except (pa.ArrowException, OSError) as error:
                raise_outage(error)
                return False
        return tool_in(file, format_, entry.base, self.kind, self.heads) != ""

    def as_they_are(self) -> TranslatedReader:
        reader = super().as_they_are()
        assert isinstance(reader, ZipOfTables)
        reader.taken_out, reader._archive, reader._entries = self.taken_out, self._archive, self._entries
        return reader

    def sources(self) -> list[RecordSource]:
        try:
            return [self._source(entry) for entry in self.tables() if self._is_wanted(entry)]
        except ImportRefused:
            raise
        except BROKEN_ZIP as error:
            raise_outage(error)
            raise ImportRefused(f"The zip is broken or cut off: {error}.") from error

    def of_source(self, source: RecordSource) -> Iterator[Told | Record | Rejection]:
        if self.modality != Modality.IMAGE:
            yield from source.told()
            return
        names = Names(self._entries)
        for one in source.told():
            record = one.record if isinstance(one, Told) else one
            if isinstance(record, dict) and FILE_NAME in record:
                record["image"] = record.pop(FILE_NAME)
            if isinstance(record, dict) and "image" in record and not record.get(PICTURE) and "left" not in record:
                lost = self._add_picture(record, names, source.folder)
                yield lost or one
            else:
                yield one

    def _rows(self) -> Iterator[Record | Rejection]:
        yield from super()._rows()
        if self.modality == Modality.IMAGE and not self.as_it_is:
            rest = [each for each in self._entries if each not in self.named and each not in self.taken_out]
            if rest:
                one = "1 file of the zip is named by no row; it stayed outside."
                self.relay.count(one, "{count} files of the zip are named by no row; they stayed outside.", len(rest))

    def _add_picture(self, record: Record, names: Names, folder: str) -> Rejection | None:
        path = str(record["image"] or "")
        try:
            entry = _found(names, path, folder)
            self.named.add(entry)
            content = self.zip.content_of(self.archive, entry)
            if tool := foreign_tool(content[:HEAD_BYTES], entry.base):
                raise RowRejected(not_supported(tool), "image")
        except RowRejected as error:
            return Rejection(0, error.reason, error.field, path[:255])
        record["image"], record[PICTURE] = entry.name, content
        return None

    def _is_wanted(self, entry: Entry) -> bool:
        return self.modality != Modality.IMAGE or self.is_for_pictures(entry)

    def _source(self, entry: Entry) -> RecordSource:
        file, format_ = self._opened(entry)
        if tool := foreign_tool(_head(file), entry.base):
            raise ImportRefused(f"{entry.base}: {not_supported(tool)}")
        tool = tool_in(file, format_, entry.base, self.kind, self.heads)
        try:
            return source_of(
                file, format_, tool, modality=self.modality, kind=self.kind, notes=self.relay, options=self.options,
                file_name=entry.base, folder=entry.name.rpartition("/")[0], heads=self.heads,
            )  # fmt: skip
        except ImportRefused as refused:
            raise ImportRefused(f"{entry.base}: {refused.reason}") from refused

    def _opened(self, entry: Entry) -> tuple[IO[bytes], str]:
        """The table as a file of its own, and how it holds its records."""
        if entry not in self.taken_out:
            self.taken_out[entry] = self.zip.spooled(self.archive, entry)
        file = self.taken_out[entry]
        format_ = _ENDINGS[PurePosixPath(entry.base).suffix]
        if format_ in (ImportFormat.JSON, ImportFormat.JSONL):
            is_array = _head(file).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
            format_ = ImportFormat.JSON if is_array else ImportFormat.JSONL
        return file, format_


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _found(names: Names, path: str, folder: str) -> Entry:
    """The file that a row means: by its path, else the only one that is called so. Raises RowRejected."""
    try:
        return names.find(path, folder)
    except RowRejected:
        base = path.replace("\\", "/").rpartition("/")[2].lower()
        same = [entry for entry in names.entries if entry.base == base]
        if len(same) != 1 or not base:
            raise
        return same[0]
