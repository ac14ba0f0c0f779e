"""csv, tsv and the semicolon variety, as RFC 4180 has it. One bad row is one rejection, whatever is in it."""

import csv
import io
from collections.abc import Iterator

from django.conf import settings

from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.base import Numbered, Reader, check_columns
from labeling.services.imports.readers.lines import BLOCK_BYTES, blocks, encoding_of
from labeling.services.imports.rows import Rejection

DELIMITERS = ",;\t"
_RESERVED = {"id", "text", "image", "label", "group", "context", "origin", "split"}
_HEAD_BYTES = 64 * 1024


class _TooLong(RuntimeError):
    """A record went on beyond the limit; ``in_quotes`` says whether the text that follows is inside a quoted cell."""

    def __init__(self, in_quotes: bool) -> None:
        super().__init__("record too long")
        self.in_quotes = in_quotes


class CsvReader(Reader):
    parse_numbers = True

    def check(self) -> None:
        encoding, skip = self._encoding()
        text = next(blocks(self.file, encoding, skip), "")
        self._set_header(text)

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        columns = self.columns
        width = len(columns)
        number = -1  # the header
        for cells in self._rows():
            if not cells:
                continue  # an empty line is no row
            number += 1
            if number == 0 or number <= start:
                continue
            if isinstance(cells, Rejection):
                yield number, Rejection(number, cells.reason)
            elif len(cells) != width:
                yield number, Rejection(number, f"{len(cells)} cells; the header has {width}.")
            else:
                yield number, dict(zip(columns, cells, strict=True))

    def _encoding(self) -> tuple[str, int]:
        self.file.seek(0)
        return encoding_of(self.file.read(BLOCK_BYTES))

    def _set_header(self, text: str) -> None:
        self.newline = "\r" if "\r" in text and "\n" not in text else "\n"
        first = ""
        for line in io.StringIO(text[:_HEAD_BYTES], newline=self.newline):
            if line.strip():
                first = line
                break
        if not first:
            raise ImportRefused("The file holds no rows.")
        self.delimiter = max(DELIMITERS, key=lambda mark: _fitness(first, mark))
        head = csv.reader(io.StringIO(text[: 4 * _HEAD_BYTES], newline=self.newline), delimiter=self.delimiter)
        cells = next(cells for cells in head if cells)
        self.columns = [name.strip() for name in cells]
        self.check_header(self.columns)

    def check_header(self, columns: list[str]) -> None:
        check_columns(columns, self.modality, self.kind)

    def _rows(self) -> Iterator[list[str] | Rejection]:
        """Cells of every record, header included; a Rejection in place of a record that is too long."""
        longest = 4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES
        csv.field_size_limit(max(csv.field_size_limit(), 2 * longest))  # memory is bounded by _Lines, not by csv
        source = _Lines(blocks(self.file, *self._encoding()), self.newline, longest)
        while True:
            reader = csv.reader(source.lines(), delimiter=self.delimiter)
            source.reader = reader
            source.completed = 0
            try:
                for cells in reader:
                    source.completed = reader.line_num
                    yield cells
                return
            except _TooLong as error:
                ended = source.skip_record(error.in_quotes)
                unclosed = "" if ended else " A quote that opens here is never closed."
                yield Rejection(0, f"The row is longer than {longest:,} characters.{unclosed}")
            except csv.Error as error:  # the csv module gives up on this record only
                yield Rejection(0, f"The row cannot be read as csv: {error}.")


class _Lines:
    """Feeds lines to a csv reader and stops it when one record grows beyond ``longest``.

    The csv reader itself would collect a record of any size: a cell of 10 GB, or everything after a quote that is
    never closed. Sizes are looked at once a block, so a row costs nothing extra.
    """

    def __init__(self, source: Iterator[str], newline: str, longest: int) -> None:
        self.source = source
        self.newline = newline
        self.longest = longest
        self.carry = ""
        self.completed = 0
        self.reader: csv.Reader | None = None  # type: ignore[name-defined]

    def lines(self) -> Iterator[str]:
        open_characters = 0
        for block in self.source:
            text = self.carry + block
            cut = text.rfind(self.newline) + 1
            self.carry = text[cut:]
            if cut:
                yield from io.StringIO(text[:cut], newline=self.newline)
            in_record = self.reader is not None and self.reader.line_num != self.completed
            open_characters = open_characters + cut if in_record else 0
            if open_characters + len(self.carry) > self.longest:
                raise _TooLong(in_record)
        if self.carry:
            last, self.carry = self.carry, ""
            yield last

    def skip_record(self, in_quotes: bool) -> bool:
        """Drops text up to the end of the present record; False when the file ended first."""
        odd = in_quotes
        text = self.carry
        while True:
            position = 0
            while (end := text.find(self.newline, position)) >= 0:
                odd ^= text.count('"', position, end) % 2 == 1
                position = end + 1
                if not odd:
                    self.carry = text[position:]
                    return True
            odd ^= text.count('"', position) % 2 == 1
            following = next(self.source, None)
            if following is None:
                self.carry = ""
                return not odd
            text = following


def _fitness(line: str, mark: str) -> tuple[int, int, int]:
    """How well a delimiter fits a header: reserved names found, columns found, and comma before the others."""
    try:
        cells = next(csv.reader([line], delimiter=mark))
    except csv.Error:
        return 0, 0, 0
    return len(_RESERVED & {cell.strip() for cell in cells}), len(cells), -DELIMITERS.index(mark)
