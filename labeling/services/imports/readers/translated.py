"""Files whose records are another tool's: read as they stand, and told as ours."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import IO, Any, ClassVar

from labeling.kinds import QuestionKind
from labeling.models import ImportFormat, Modality
from labeling.services.imports.columns.mapping import LEFT_OUT, ColumnMapping
from labeling.services.imports.errors import ImportRefused, RowRejected
from labeling.services.imports.foreign import TOOLS, Tool, tool_of
from labeling.services.imports.foreign.answers import with_answers
from labeling.services.imports.foreign.base import CSV, JSON, PARQUET, Asked, Record, Told
from labeling.services.imports.names import ColumnNames
from labeling.services.imports.notes import ImportNotes, RelayedNotes
from labeling.services.imports.readers.base import AS_IT_IS, BEGINNING, Numbered, Reader, check_columns
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.grouping import grouped
from labeling.services.imports.readers.json import JsonReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.records.own_exports import OWN_IMAGE
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import PICTURE, Rejection

#: Records by which a file is told, and those in which its columns must turn up.
FIRST = 200
#: Files of a zip whose first records are kept, so that they are read once and not for every look at them.
_HEADS = 16
_CONTAINERS: dict[str, tuple[type[Reader], str]] = {
    ImportFormat.CSV: (CsvReader, CSV),
    ImportFormat.JSON: (JsonReader, JSON),
    ImportFormat.JSONL: (JsonlReader, JSON),
    ImportFormat.PARQUET: (ParquetReader, PARQUET),
}
#: Among the options that an import keeps for itself: whose file it is.
READ_AS = "read_as"

#: The columns of a file and its first records.
Head = tuple[list[str], list[Record]]
#: By the identity of the file, which is open as long.
Heads = dict[int, Head]


@dataclass
class RecordSource:
    """A file of records; ``tool`` tells what they are, None where they are ours already."""

    reader: Reader
    tool: Tool | None
    #: in a zip, the folder from which its rows name pictures
    folder: str = ""

    def told(self) -> Iterator[Told | Record | Rejection]:
        for _, record in self.reader.records(0):
            if isinstance(record, Rejection) or self.tool is None:
                yield record
                continue
            name = row_name(record.get("id"), record)  # telling takes columns out of the record
            try:
                yield from self.tool.told(record)
            except RowRejected as error:
                yield Rejection(0, error.reason, error.field, name)


def source_of(
    file: IO[bytes], format: str, tool: str, *, modality: str, kind: QuestionKind, notes: ImportNotes,  # noqa: A002
    options: dict[str, Any], file_name: str = "", folder: str | None = None, heads: Heads | None = None,
) -> RecordSource:  # fmt: skip
    """``folder`` where it is in a zip. Raises ImportRefused for a file of which nothing can go in."""
    reader_type, container = _CONTAINERS[format]
    raw = {AS_IT_IS: True, BEGINNING: options.get(BEGINNING)}
    of_table = Modality.TABULAR if modality == Modality.TABULAR else Modality.TEXT
    reader = reader_type(file, modality=of_table, kind=kind, options=raw, file_name=file_name, notes=notes)
    reader.check()
    if not tool:
        return RecordSource(reader, None, folder or "")
    chosen = {} if options.get(AS_IT_IS) else options.get("columns") or {}
    stem = PurePosixPath(file_name).stem
    asked = Asked(kind, modality, notes, container, chosen, stem, folder is not None, reader.quotes_formulas)
    notes.say(f"The file was read as {TOOLS[tool].title}.")
    made = TOOLS[tool](head_of(file, format, file_name, kind, heads)[1], asked)
    if reason := made.refusal():
        raise ImportRefused(reason)
    return RecordSource(reader, made, folder or "")


def head_of(
    file: IO[bytes], format: str, file_name: str, kind: QuestionKind, heads: Heads | None = None  # noqa: A002
) -> Head:  # fmt: skip
    """The columns of a file and its first records, without the bytes of their pictures; from ``heads`` where they were
    read before. Raises ImportRefused."""
    known = {} if heads is None else heads
    if id(file) in known:
        return known[id(file)]
    found = _head_of(file, format, file_name, kind)
    if len(known) < _HEADS:
        known[id(file)] = found
    return found


def _head_of(file: IO[bytes], format: str, file_name: str, kind: QuestionKind) -> Head:  # noqa: A002
    reader_type, _ = _CONTAINERS[format]
    options = {AS_IT_IS: True, BEGINNING: FIRST}
    reader = reader_type(file, modality=Modality.TEXT, kind=kind, options=options, file_name=file_name)
    if isinstance(reader, CsvReader):  # its records are read after a look at all of the file
        reader.check()
        names, width = reader.header_names, len(reader.header_names)
        return names, [dict(zip(names, row, strict=True)) for row in reader.header.sample if len(row) == width]
    records = [record for _, record in islice(reader.records(0), FIRST) if isinstance(record, dict)]
    for record in records:
        if PICTURE in record:
            record[PICTURE] = b""
    return reader.header_names or list(dict.fromkeys(name for record in records for name in record)), records


def tool_in(
    file: IO[bytes], format: str, file_name: str, kind: QuestionKind, heads: Heads | None = None  # noqa: A002
) -> str:  # fmt: skip
    """The name of the tool that wrote a file, "" where it is nobody's; a broken file is a matter of its reader."""
    if format not in _CONTAINERS:
        return ""
    with suppress(ImportRefused):
        return tool_of(*head_of(file, format, file_name, kind, heads), _CONTAINERS[format][1])
    return ""


class TranslatedReader(Reader):
    """The rows of one file of a tool, which the option ``read_as`` names. Their numbers count what came of its records:
    a preference is three rows."""

    #: how the file holds its records
    format: ClassVar[str]
    #: whether there are files beside the records
    has_files: ClassVar[bool] = False

    def __init__(self, *args: Any, **told: Any) -> None:
        super().__init__(*args, **told)
        self.heads: Heads = {}

    def check(self) -> None:
        self.relay = RelayedNotes(ImportNotes() if self.as_it_is else self.notes)
        self.names = ColumnNames(self.modality, self.kind, self.relay, self.mapping)
        sources = self.sources()
        if self.as_it_is:
            return
        first = self._first_rows()
        columns = list(dict.fromkeys(name for row in first for name in row if not name.startswith("\0")))
        if not self.mapping.chosen.keys() <= {*columns, *self._raw_columns(sources)}:
            self.mapping.fits(columns)
        self._check_first(first, columns)

    def sources(self) -> list[RecordSource]:
        """The files of records. Raises ImportRefused."""
        about: dict[str, Any] = {"modality": self.modality, "kind": self.kind, "file_name": self.file_name}
        return [
            source_of(
                self.file, self.format, self.options[READ_AS], notes=self.relay, options=self.options,
                heads=self.heads, **about,
            )
        ]  # fmt: skip

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        self.relay.quiet = start > 0
        number = 0
        for record in self._rows():
            number += 1
            self.relay.quiet = number < start
            if number <= start:
                continue
            if isinstance(record, Rejection):
                yield number, Rejection(number, record.reason, record.field, record.name)
            else:
                if self.modality != Modality.IMAGE:
                    record.pop(OWN_IMAGE, None)
                yield number, self._named(number, record)

    def _rows(self) -> Iterator[Record | Rejection]:
        asked = Asked(self.kind, self.modality, self.relay)
        for one in self._told():
            if not isinstance(one, Told):
                yield one
                continue
            yield with_answers(one.record, one.answers, asked)

    def _told(self) -> Iterator[Told | Record | Rejection]:
        sources = self.sources()
        found = (one for source in sources for one in self.of_source(source))
        if any(source.tool and source.tool.groups for source in sources) and not self.as_it_is:
            return grouped(islice(found, self.options.get(BEGINNING)))
        return found

    def of_source(self, source: RecordSource) -> Iterator[Told | Record | Rejection]:
        """What a source tells."""
        return source.told()

    def as_they_are(self) -> "TranslatedReader":
        """A reader of the same records in which nothing is chosen for a purpose, as a look shows them."""
        options = {**self.options, "columns": None, AS_IT_IS: True, BEGINNING: FIRST}
        reader = type(self)(
            self.file, modality=self.modality, kind=self.kind, options=options, file_name=self.file_name
        )
        reader.heads = self.heads
        return reader

    def _first_rows(self) -> list[Record]:
        return [record for _, record in islice(self.as_they_are().records(0), FIRST) if isinstance(record, dict)]

    @staticmethod
    def _raw_columns(sources: Sequence[RecordSource]) -> set[str]:
        """As the tool itself calls them."""
        return {name for source in sources if source.tool for row in source.tool.first for name in row}

    def _check_first(self, first: Sequence[Record], columns: Sequence[str]) -> None:
        """Raises ImportRefused where no row has what is asked about. The only text of the rows is their text."""
        if not first or self.kind.rows_name_items:
            return
        if self.modality == Modality.IMAGE:
            if not self.has_files and not any(PICTURE in row for row in first):
                raise ImportRefused("The pictures are not in this file. Send a zip of it and the pictures.")
            return
        called = [self.mapping.chosen.get(name, name) for name in columns]
        if self.modality != Modality.TEXT or "text" in called:
            return
        texts = [
            name
            for name in columns
            if name not in self.names.reserved and any(isinstance(row.get(name), str) for row in first)
        ]
        if len(texts) != 1:
            check_columns(list(dict.fromkeys(filter(None, called))), self.modality)
        self.notes.say(f"The column {texts[0][:80]!r} was taken as text.")
        self.mapping = ColumnMapping({**self.mapping.chosen, texts[0]: "text"})
        self.names = ColumnNames(self.modality, self.kind, self.relay, self.mapping)

    def _named(self, number: int, record: Record) -> Record | Rejection:
        shown = tuple(name for name in record if not name.startswith("\0"))
        if self.as_it_is or shown in self.names.unchanged:
            return record
        try:
            names = self.names.of(shown)
        except ImportRefused as refused:  # of this record's columns; others may have their own
            return Rejection(number, refused.reason)
        named = {name: record[was] for name, was in zip(names, shown, strict=True)}
        named.pop(LEFT_OUT, None)
        return named | {name: value for name, value in record.items() if name.startswith("\0")}


class CsvOfTool(TranslatedReader):
    format = ImportFormat.CSV


class JsonOfTool(TranslatedReader):
    format = ImportFormat.JSON


class JsonlOfTool(TranslatedReader):
    format = ImportFormat.JSONL


class ParquetOfTool(TranslatedReader):
    format = ImportFormat.PARQUET
