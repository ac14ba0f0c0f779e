"""csv, tsv and the semicolon variety, as RFC 4180 has it, and lines of text. One bad row is one rejection."""

import csv
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, ClassVar

from django.conf import settings

from labeling.models import Modality
from labeling.services.imports.columns.mapping import LEFT_OUT
from labeling.services.imports.contexts import FACT
from labeling.services.imports.delimited.header import read_header
from labeling.services.imports.delimited.likeness import Likeness
from labeling.services.imports.delimited.records import Records
from labeling.services.imports.delimited.table_cells import TableCells
from labeling.services.imports.delimited.votes import settled
from labeling.services.imports.names import ColumnNames
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.readers.lines import BLOCK_BYTES, blocks, encoding_of, holds, lines_holding, text_lines
from labeling.services.imports.records.row_names import shown_name
from labeling.services.imports.records.rows import Rejection

#: A cell of as many lines is worth a word: in a file of one column it cannot be told from two stray quotes.
LONG_CELL_LINES = 50
_NOTHING = "\\N"


class CsvReader(Reader):
    #: lines of text without a header are read too
    takes_lines: ClassVar[bool] = True
    quotes_formulas = True

    def check(self) -> None:
        self.file.seek(0)
        self.encoding = encoding_of(self.file.read(BLOCK_BYTES))
        pieces = self._blocks()
        text = next(pieces, "")
        self.names = ColumnNames(self.modality, self.kind, self.notes, self.mapping)
        self.header = read_header(text, {*self.names.reserved, "text", "image"}, is_whole=not next(pieces, ""))
        self.of_lines = self._is_of_lines()
        if self.of_lines:
            self.notes.say("The .txt file has no header: each of its lines is one text.")
            return
        found = self.names_of(self.header.names, self.names)
        self.columns = [name for name in found if name != LEFT_OUT]
        if len(self.columns) < len(found):
            cells = self.header.kept or range(self.header.width)
            self.header.kept = [cell for cell, name in zip(cells, found, strict=True) if name != LEFT_OUT]
        for note in self.header.notes:
            self.notes.say(note)

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        if self.of_lines:
            yield from self._records_of_lines(start)
            return
        self._settle_style()
        table, width, columns = self._table_cells(), self.header.width, self.columns
        kept = self._kept() if self.header.kept is not None else None
        rows = self._rows()
        number = blank = 0
        for cells in rows:
            if not cells:
                continue  # an empty line is no row
            number += 1
            if isinstance(cells, Rejection):
                yield from _blank_rows(number - blank, number, start)
                blank = 0
                if number > start:
                    yield number, Rejection(number, cells.reason)
                continue
            if (not cells[0] or cells[0].isspace()) and not any(map(str.strip, cells)):
                blank += 1  # a row, or behind the last one: that is not known yet
                continue
            if blank:
                yield from _blank_rows(number - blank, number, start)
                blank = 0
            if number <= start:
                continue
            if len(cells) != width:
                yield number, self._misfit(number, rows.where, cells)
                continue
            if rows.marks_nothing and _NOTHING in cells:
                cells = self._without_marks(cells)
            if kept is not None:
                if any(cells[index].strip() for index in self.header.nameless):
                    yield number, self._misfit(number, rows.where, cells)
                    continue
                cells = kept(cells)
            # saying ``strict`` once a row would cost as much as the row; their count was looked at
            record: dict[str, Any] = dict(zip(columns, cells))  # noqa: B905
            if table is not None:
                table.convert(record)
            yield number, record
        if blank:  # a spreadsheet writes one for every row that was ever touched
            self.notes.count(
                "1 row at the end of the file holds nothing; it was left out.",
                "{count} rows at the end of the file hold nothing; they were left out.",
                blank,
            )
        self._say_longest(*rows.longest_record)

    def _kept(self) -> Callable[[list[str]], list[str]]:
        kept = self.header.kept or []
        return lambda cells: [cells[index] for index in kept]

    def _misfit(self, number: int, where: str, cells: list[str]) -> Rejection:
        width = self.header.width
        if len(cells) == width:
            index = next(index for index in self.header.nameless if cells[index].strip())
            reason = f"{where}: something stands in cell {index + 1}, whose column has no name."
        else:
            reason = f"{where}: {'1 cell' if len(cells) == 1 else f'{len(cells):,} cells'}; the header has {width:,}."
        # a cell too many or too few moves all behind it: only an id that stands first is surely one
        first = self.header.kept[0] if self.header.kept else 0
        name = shown_name(cells[first]) if self.columns[0] == "id" and first < len(cells) else ""
        return Rejection(number, reason, name=name)

    def _without_marks(self, cells: list[str]) -> list[str]:
        self.notes.count(
            "1 cell held \\N, a database's word for nothing; it was left empty.",
            "{count} cells held \\N, a database's word for nothing; they were left empty.",
            cells.count(_NOTHING),
        )
        return ["" if cell == _NOTHING else cell for cell in cells]

    def _blocks(self) -> Iterator[str]:
        return blocks(self.file, *self.encoding)

    def _rows(self) -> Records:
        longest = 4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES
        csv.field_size_limit(max(csv.field_size_limit(), 2 * longest))  # memory is bounded by Records, not by csv
        style, header = self.header.style, self.header
        likeness = Likeness(header.sample, header.width, style)
        return Records(self._blocks(), style, likeness, longest=longest, skipped=header.lines)

    def _settle_style(self) -> None:
        """How quotes, blanks and line ends in cells are said, by the lines of the whole file that could say so."""
        is_utf8 = self.encoding[0] == "utf-8"
        newline = self.header.style.newline
        self.header.style = style = settled(
            self.header.style,
            self.header.width,
            lambda mark: not is_utf8 or holds(self.file, mark.encode()),
            lambda marks: lines_holding(marks, self._blocks(), newline),
        )
        if style.escaped:
            self.notes.say('Quotes inside cells are escaped by a backslash: \\" was read as a quote.')
        if style.is_dump:
            self.notes.say(
                "Nothing is quoted and a backslash escapes, as dumps of databases have it: \\n was read as a line end,"
                " \\t as a tab."
            )
        if style.skips_blanks:
            self.notes.say("Blanks stand before the quotes of cells; those behind a delimiter were left out.")

    def _table_cells(self) -> TableCells | None:
        if self.modality != Modality.TABULAR:
            return None
        header, width = self.header, self.header.width
        rows = (row for row in self._rows() if not isinstance(row, Rejection) and len(row) == width)
        indexes = list(range(width)) if header.kept is None else header.kept
        index_of = {
            name: index
            for name, index in zip(self.columns, indexes, strict=True)
            if name not in self.names.reserved and not name.startswith(FACT)
        }
        table = TableCells(index_of, rows, width)
        if kept := table.kept_as_written(header.sample):
            self.notes.say(f"Kept as written, for not every cell of the column is a plain number: {', '.join(kept)}.")
        return table

    def _say_longest(self, line: int, lines: int) -> None:
        if lines >= LONG_CELL_LINES:
            self.notes.say(f"The row that begins on line {line:,} has {lines:,} lines: is a quote missing there?")

    # lines of text

    def _is_of_lines(self) -> bool:
        """A .txt file without a header for a project of texts, unless its lines are all cut alike, as a table's are."""
        if not self.takes_lines or PurePath(self.file_name).suffix.lower() != ".txt" or self.modality != Modality.TEXT:
            return False
        header = self.header
        if self.kind.has_contexts or {name.casefold() for name in header.names} & self.names.reserved:
            return False
        widths = {len(row) for row in header.sample}
        return not (len(header.names) > 1 and len(header.sample) > 1 and widths == {len(header.names)})

    def _records_of_lines(self, start: int) -> Iterator[Numbered]:
        longest = 4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES
        number = 0
        for line in text_lines(self._blocks(), self.header.style.newline, longest):
            if line is not None and not line.strip():
                continue
            number += 1
            if number <= start:
                continue
            if line is None:
                yield number, Rejection(number, f"The line is longer than {longest:,} characters.")
            else:
                yield number, {"text": line}


def _blank_rows(first: int, end: int, start: int) -> Iterator[Numbered]:
    """Of the rows from ``first`` to before ``end``, which hold nothing, those after the first ``start``."""
    return ((number, Rejection(number, "The row holds nothing.")) for number in range(max(first, start + 1), end))
