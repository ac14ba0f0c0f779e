"""Records of which nothing is quoted and a backslash escapes whatever would part cells and lines: MySQL's own dumps,
PostgreSQL's COPY, jq's @tsv, csv written with QUOTE_NONE."""

import csv
import re
from collections.abc import Iterator

#: What stands behind a backslash for a character of its own.
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v", "Z": "\x1a"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_KNOWN = frozenset({*_LETTERS, "N", "\\", '"', "'", "\n", "\r"})
_NOTHING = "\\N"


def is_of_dump(line: str, delimiter: str) -> bool:
    """Whether every backslash of a line escapes something that a dump escapes."""
    return all(found[1] in _KNOWN or found[1] == delimiter for found in _ESCAPED.finditer(line))


def _ends_open(line: str) -> bool:
    """Whether a lonely backslash ends the text; one before a line end escapes that."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


class DumpReader:
    r"""Cells that nothing encloses: a backslash makes a character of the delimiter and of a line end, a quote is one.

    ``\N`` alone is left for the caller. Raises csv.Error as ``csv.reader`` does.
    """

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self.line_num = 0
        self._parts = re.compile(rf"(?:[^\\{re.escape(delimiter)}]|\\.|\\\Z)*+", re.DOTALL)

    def __iter__(self) -> "DumpReader":
        return self

    def __next__(self) -> list[str]:
        line = self._line()
        if "\\" not in line:
            content = line.rstrip("\r\n")
            return content.split(self.delimiter) if content else []
        pieces = [line]
        while _ends_open(pieces[-1].rstrip("\r\n")):
            try:
                pieces.append(self._line())
            except StopIteration:
                raise csv.Error("unexpected end of data") from None
        content = "".join(pieces).rstrip("\r\n")
        cells, at = [], 0
        while True:
            found = self._parts.match(content, at)
            assert found is not None
            cells.append(_unescaped(found.group()))
            at = found.end() + 1
            if found.end() >= len(content):
                return cells

    def _line(self) -> str:
        line = next(self.lines)
        self.line_num += 1
        return line


def _unescaped(cell: str) -> str:
    if cell == _NOTHING or "\\" not in cell:
        return cell
    return _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), cell)
