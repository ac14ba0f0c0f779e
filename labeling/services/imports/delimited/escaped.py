"""Records whose quotes are escaped by a backslash, as Spark, MySQL and pandas (``escapechar``) write them."""

import csv
import re
from collections.abc import Iterator

INSIDE_ESCAPED = re.compile(r'(?:[^"\\]++|\\.|\\\Z)*+', re.DOTALL)
#: What the backslash takes its meaning from; before anything else it is a backslash. MySQL escapes line ends as well.
_ESCAPED = re.compile(r'\\(["\\]|\r?\n)')


class EscapedReader:
    r"""What ``csv.reader(strict=True)`` is for doubled quotes: an iterator of cells with ``line_num``.

    The csv module knows ``escapechar``, but takes every backslash away: ``"C:\temp"`` would lose one. Inside quotes
    ``\"`` is a quote and ``\\`` a backslash; a cell without quotes is as it stands. Raises csv.Error as that one does.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, *, skips_blanks: bool = False) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self.skips_blanks = skips_blanks
        self.line_num = 0

    def __iter__(self) -> "EscapedReader":
        return self

    def __next__(self) -> list[str]:
        line = self._line()
        if '"' not in line:
            content = line.rstrip("\r\n")
            found = content.split(self.delimiter) if content else []
            return [cell.lstrip(" ") for cell in found] if self.skips_blanks else found
        cells: list[str] = []
        at = 0
        while True:
            while self.skips_blanks and line.startswith(" ", at):
                at += 1
            if line.startswith('"', at):
                cell, line, at = self._quoted(line, at + 1)
            else:
                end = line.find(self.delimiter, at)
                cell = line[at:end] if end >= 0 else line[at:].rstrip("\r\n")
                at = end if end >= 0 else len(line)
            cells.append(cell)
            if not line.startswith(self.delimiter, at):
                return cells
            at += 1

    def _quoted(self, line: str, at: int) -> tuple[str, str, int]:
        """The cell that began before ``at``, and the line and the place where it ended."""
        parts = []
        while True:
            found = INSIDE_ESCAPED.match(line, at)
            assert found is not None
            parts.append(found.group())
            at = found.end()
            if at < len(line):
                break
            try:
                line, at = self._line(), 0
            except StopIteration:
                raise csv.Error("unexpected end of data") from None
        after = line[at + 1 : at + 2]
        if after not in ("", self.delimiter, "\r", "\n"):
            raise csv.Error(f"'{self.delimiter}' expected after '\"'")
        cell = "".join(parts)
        return (_ESCAPED.sub(r"\1", cell) if "\\" in cell else cell), line, at + 1

    def _line(self) -> str:
        line = next(self.lines)
        self.line_num += 1
        return line
