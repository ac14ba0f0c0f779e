"""How a delimited file is written: its delimiter, its line ends, and how a quote inside a quoted cell is said."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from labeling.services.imports.delimited.dumps import DumpReader
from labeling.services.imports.delimited.escaped import INSIDE_ESCAPED, EscapedReader

_INSIDE_DOUBLED = {
    '"': re.compile(r'(?:[^"]++|"")*+'),
    "'": re.compile(r"(?:[^']++|'')*+"),
}


@dataclass(frozen=True, slots=True)
class Style:
    """``escaped``: a quote inside a quoted cell has a backslash in front; else it is doubled (RFC 4180). ``is_dump``:
    nothing is quoted, delimiters and line ends have a backslash in front. ``skips_blanks``: those before a cell."""

    delimiter: str = ","
    newline: str = "\n"
    escaped: bool = False
    is_dump: bool = False
    skips_blanks: bool = False
    quote: str = '"'

    def reader(self, lines: Iterator[str]) -> "csv.Reader | EscapedReader | DumpReader":  # type: ignore[name-defined]
        """Reads cells strictly: what is no csv is a csv.Error."""
        if self.is_dump:
            return DumpReader(lines, self.delimiter)
        if self.escaped:
            return EscapedReader(lines, self.delimiter, skips_blanks=self.skips_blanks)
        return csv.reader(
            lines, delimiter=self.delimiter, quotechar=self.quote, skipinitialspace=self.skips_blanks, strict=True
        )

    def but(self, **fields: Any) -> "Style":
        return replace(self, **fields)

    def alone(self, line: str) -> list[str] | None:
        """The cells of a line that is a good record by itself, else None."""
        try:
            return next(self.reader(iter([line])), None)
        except csv.Error:
            return None

    def follow(self, line: str, is_open: bool = False) -> tuple[bool, bool]:
        """Reads a line past what is no csv in it: is a quoted cell open at its end, was every quote in its place."""
        if self.is_dump:
            return False, True
        inside = INSIDE_ESCAPED if self.escaped else _INSIDE_DOUBLED[self.quote]
        at, in_place = 0, True
        while True:
            while self.skips_blanks and not is_open and line.startswith(" ", at):
                at += 1
            if is_open or line.startswith(self.quote, at):
                found = inside.match(line, at if is_open else at + 1)
                assert found is not None
                if found.end() >= len(line):
                    return True, in_place
                at, is_open = found.end() + 1, False
            end = line.find(self.delimiter, at)
            rest = line[at : end if end >= 0 else len(line)]
            if self.quote in rest or (at and line[at - 1] == self.quote and rest.strip("\r\n")):
                in_place = False
            if end < 0:
                return False, in_place
            at = end + 1
