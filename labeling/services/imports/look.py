"""What an upload would come to, before anything of it is stored: first rows, columns, labels, sides, rejections."""

import codecs
import io
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any

import orjson
from django.conf import settings

from labeling.kinds import QuestionKind, kind_of
from labeling.models import ImportFormat, Project, Split
from labeling.services.imports.columns import ColumnMapping, is_by_name, purposes_of, suggested
from labeling.services.imports.columns.suggest import SuggestedPurpose
from labeling.services.imports.errors import ImportRefused, RowRejected
from labeling.services.imports.new_labels import NewLabels
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers import READ_AS, reader_of, tool_of_upload
from labeling.services.imports.readers.base import AS_IT_IS, BEGINNING, Reader
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import Rejection, Row
from labeling.services.imports.subjects import builder_of

#: Rows looked at, and for how long; the page says when the file has more.
MAX_ROWS, MAX_S = 50_000, 2.0
#: Of a text file no more than its beginning: readers go over all of it to find escapes and columns of numbers.
MAX_BYTES = 16 * 1024**2
_OF_LINES = (ImportFormat.CSV, ImportFormat.JSON, ImportFormat.JSONL)
FIRST_ROWS = 5
#: Rows by which columns are guessed.
GUESSED_BY = 200
REASONS_SHOWN, MAX_REASONS = 5, 1_000
LABELS_SHOWN = 12
SHOWN_CHARACTERS = 160


@dataclass(frozen=True)
class ColumnLook:
    """A column of the file. ``purpose`` is "" for one that is kept under its name, None for one that stays out."""

    name: str
    samples: list[str]
    purpose: str | None
    why: str = ""


@dataclass
class Alike:
    """Rows that would be rejected for one reason."""

    first: Rejection
    count: int = 0


@dataclass
class Look:
    """``refused`` says why nothing of the file could go in under these columns; the counts are then 0."""

    format: str
    columns: list[ColumnLook]
    first: list[list[str]]
    refused: str = ""
    rows: int = 0
    is_whole: bool = True
    good: int = 0
    rejected: int = 0
    #: the first few
    rejections: list[Rejection] = field(default_factory=list)
    #: by column and reason: the first row, and how many there are
    alike: dict[tuple[str, str], "Alike"] = field(default_factory=dict)
    labeled: int = 0
    #: of the rows that come with an answer, those held out: people are asked about them whatever the project asks about
    labeled_eval: int = 0
    labels: "Counter[str]" = field(default_factory=Counter)
    #: rows whose label the project lacks, and these labels with the rows that give them
    unknown_rows: int = 0
    unknown: "Counter[str]" = field(default_factory=Counter)
    sides: "Counter[str]" = field(default_factory=Counter)
    #: of pictures, how many lie in which folder
    folders: "Counter[str]" = field(default_factory=Counter)
    notes: ImportNotes = field(default_factory=ImportNotes)

    def reject(self, row: Rejection) -> None:
        self.rejected += 1
        if len(self.rejections) < REASONS_SHOWN:
            self.rejections.append(row)
        reason = row.field, row.reason
        if reason in self.alike or len(self.alike) < MAX_REASONS:
            self.alike.setdefault(reason, Alike(row)).count += 1

    @property
    def mapping(self) -> dict[str, str]:
        """What ``columns`` of an import would have to say."""
        return {each.name: each.purpose or "" for each in self.columns if each.purpose is None or each.purpose}


def look_at(
    file: IO[bytes], project: Project, format: str, file_name: str = "", options: dict[str, Any] | None = None  # noqa: A002
) -> Look:  # fmt: skip
    """Reads the beginning of a file as an import would. ``columns`` among the options is taken as it is; without it
    what the project remembers or else what names and contents suggest. Raises ImportRefused for an unreadable file."""
    chosen = {**(options or {}), BEGINNING: MAX_ROWS}
    file, is_whole = _beginning(file, format)
    chosen |= _read_as(file, project, format, file_name, chosen)
    names, records = _head(file, project, format, file_name, chosen)
    kind = kind_of(project)
    purposes = purposes_of(project.modality, kind)
    why: dict[str, SuggestedPurpose] = {}
    if names and "columns" not in chosen:
        why = _guess(project, names, records, purposes)
        chosen["columns"] = {
            name: each.purpose
            for name, each in why.items()
            if each.purpose != name or not is_by_name(each.purpose, kind)
        }
    mapping = ColumnMapping(chosen.get("columns"))
    by_name = [purpose for purpose in purposes if is_by_name(purpose, kind)]
    look = Look(format, _columns(names, records, mapping, by_name, why), _first(names, records), is_whole=is_whole)
    try:
        mapping.fits(names)
        _count(look, reader_of(file, project, format, file_name, chosen), project, adds="labels" in chosen)
    except ImportRefused as refused:
        look.refused = refused.reason
    return look


def columns_in(
    file: IO[bytes], project: Project, format: str, file_name: str, options: dict[str, Any]  # noqa: A002
) -> list[str]:  # fmt: skip
    """The columns as the file calls them."""
    file, _ = _beginning(file, format)
    read_as = _read_as(file, project, format, file_name, options)
    return _head(file, project, format, file_name, {**options, **read_as, BEGINNING: MAX_ROWS})[0]


def _read_as(
    file: IO[bytes], project: Project, format: str, file_name: str, options: dict[str, Any]  # noqa: A002
) -> dict[str, str]:  # fmt: skip
    """Whose file it is, which a draft knows already."""
    known = options.get(READ_AS)
    return {READ_AS: known or tool_of_upload(file, project, format, file_name, options.get("tool", ""))}


def _beginning(file: IO[bytes], format: str) -> tuple[IO[bytes], bool]:  # noqa: A002
    """What is looked at, and whether that is the whole file."""
    if format not in _OF_LINES:
        return file, True
    file.seek(0)
    head = file.read(MAX_BYTES + 1)
    if len(head) <= MAX_BYTES:
        return io.BytesIO(head), True
    head = head[:MAX_BYTES]  # a multiple of four: no character of UTF-16 or UTF-32 is cut
    is_utf8 = not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    return io.BytesIO(head[: head.rfind(b"\n") + 1] or head if is_utf8 else head), False


def _head(
    file: IO[bytes], project: Project, format: str, file_name: str, options: dict[str, Any]  # noqa: A002
) -> tuple[list[str], list[dict[str, Any]]]:  # fmt: skip
    """The columns as the file calls them and its first rows; of pictures, those of a table beside them."""
    reader = reader_of(file, project, format, file_name, {**options, "columns": None, AS_IT_IS: True})
    return reader.head(GUESSED_BY)


def _guess(
    project: Project, names: list[str], records: list[dict[str, Any]], purposes: Iterable[str]
) -> dict[str, SuggestedPurpose]:
    remembered = {name: purpose for name, purpose in project.import_columns.items() if name in names}
    if len(remembered) == len(project.import_columns) and remembered:
        return {name: SuggestedPurpose(purpose, "as last time") for name, purpose in remembered.items()}
    return suggested(names, records, list(purposes), project.labels.names())


def _columns(
    names: list[str], records: list[dict[str, Any]], mapping: ColumnMapping, by_name: Iterable[str],
    why: dict[str, SuggestedPurpose],
) -> list[ColumnLook]:  # fmt: skip
    known = {*by_name, *mapping.chosen.values()}
    found = []
    for name in names:
        called = mapping.chosen.get(name, name)
        purpose = None if called == "" else called if called in known else ""
        samples = [_shown(record.get(name)) for record in records[:FIRST_ROWS]]
        found.append(ColumnLook(name, samples, purpose, why[name].why if name in why else ""))
    return found


def _first(names: list[str], records: list[dict[str, Any]]) -> list[list[str]]:
    return [[_shown(record.get(name)) for name in names] for record in records[:FIRST_ROWS]]


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


class _LabelsOf:
    """The labels that a canonical answer gives; most rows give what another gave."""

    def __init__(self, kind: QuestionKind) -> None:
        self.kind = kind
        self.known: dict[str, tuple[str, ...]] = {}

    def __call__(self, answer: str) -> tuple[str, ...]:
        if answer not in self.known:
            self.known[answer] = self.kind.labels_of(orjson.loads(answer))
        return self.known[answer]


def _count(look: Look, reader: Reader, project: Project, *, adds: bool) -> None:
    """Builds the rows as an import would, as far as rows and time reach."""
    reader.check()
    builder = builder_of(project)(project, notes=reader.notes)
    kind = kind_of(project)
    known: set[str] | None = None
    if kind.has_labels:  # every label is taken as an import that adds them would, and those that are new are counted
        new_labels = NewLabels(project)
        builder.answer_of, builder.labels = new_labels.answer, new_labels.known
        known = set(project.labels.names())
    makes_set = adds or not project.labels.exists()
    labels_of = _LabelsOf(kind)
    until = time.monotonic() + MAX_S
    for number, record in reader.records(0):
        if look.rows >= MAX_ROWS or number > settings.IMPORT_MAX_ROWS or time.monotonic() > until:
            look.is_whole = False
            break
        look.rows += 1
        given_id = record.get("id") if isinstance(record, dict) else None
        try:
            row = record if isinstance(record, Rejection) else builder.build(number, record)
        except RowRejected as error:
            row = Rejection(number, error.reason, error.field, row_name(given_id, record))  # type: ignore[arg-type]
        if isinstance(row, Rejection):
            look.reject(row)
            continue
        given = [name for answer in row.answers for name in labels_of(answer)] if known is not None else []
        lacking = [name for name in given if known is not None and name not in known]
        look.unknown.update(dict.fromkeys(lacking, 1))
        look.unknown_rows += bool(lacking)
        if lacking and not makes_set:
            look.rejected += 1
            continue
        look.good += 1
        look.labels.update(given)
        look.labeled += bool(row.answers)
        if isinstance(row, Row):
            side = row.split or row.drawn
            look.sides[side] += 1
            look.labeled_eval += bool(row.answers) and side == Split.EVAL
    look.notes, look.folders = reader.notes, reader.folders
