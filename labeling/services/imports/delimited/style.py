"""How a delimited file is written: its delimiter, its line ends, and how a quote inside a quoted cell is said."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from labeling.services.imports.delimited.escaped import INSIDE_ESCAPED, EscapedReader

_INSIDE_DOUBLED = re.compile(r'(?:[^"]++|"")*+')
_VOTES = 1_000  # lines that are asked how quotes are escaped
_OTHER_VOTES = 100
ESCAPE = '\\"'
DOUBLED = '""'


@dataclass(frozen=True, slots=True)
class Style:
    """``escaped``: a quote inside a quoted cell has a backslash in front; else it is doubled (RFC 4180)."""

    delimiter: str = ","
    newline: str = "\n"
    escaped: bool = False

    def reader(self, lines: Iterator[str]) -> "csv.Reader | EscapedReader":  # type: ignore[name-defined]
        """Reads cells strictly: what is no csv is a csv.Error."""
        if self.escaped:
            return EscapedReader(lines, self.delimiter)
        return csv.reader(lines, delimiter=self.delimiter, strict=True)

    def with_escapes(self, escaped: bool) -> "Style":
        return replace(self, escaped=escaped)

    def alone(self, line: str) -> list[str] | None:
        """The cells of a line that is a good record by itself, else None."""
        try:
            return next(self.reader(iter([line])), None)
        except csv.Error:
            return None

    def follow(self, line: str, is_open: bool = False) -> tuple[bool, bool]:
        """Reads a line past what is no csv in it: is a quoted cell open at its end, was every quote in its place."""
        inside = INSIDE_ESCAPED if self.escaped else _INSIDE_DOUBLED
        at, in_place = 0, True
        while True:
            if is_open or line.startswith('"', at):
                found = inside.match(line, at if is_open else at + 1)
                assert found is not None
                if found.end() >= len(line):
                    return True, in_place
                at, is_open = found.end() + 1, False
            end = line.find(self.delimiter, at)
            rest = line[at : end if end >= 0 else len(line)]
            if '"' in rest or (at and line[at - 1] == '"' and rest.strip("\r\n")):
                in_place = False
            if end < 0:
                return False, in_place
            at = end + 1


def is_escaped(lines: Iterable[str], delimiter: str, width: int) -> bool:
    r"""Whether lines that hold ``\"`` or ``""`` say that a backslash escapes a quote: more are rows only so.

    A line that is a row of doubled quotes and leaves a cell open otherwise weighs half: the cell may have more lines.
    """
    doubled, escaped = Style(delimiter), Style(delimiter, escaped=True)
    balance = votes = others = 0
    for line in lines:
        if ESCAPE not in line:
            others += 1
            if others > _OTHER_VOTES:
                continue  # a file of doubled quotes costs no more
        says_escaped, says_doubled = (len(style.alone(line) or ()) == width for style in (escaped, doubled))
        if says_escaped != says_doubled:
            balance += 2 if says_escaped else -1 if escaped.follow(line)[0] else -2
        votes += 1
        if votes >= _VOTES:
            break
    return balance > 0
