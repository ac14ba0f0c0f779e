"""Whether lines look like rows of their file: what tells a stray quote from a cell of several lines."""

import re
from collections.abc import Sequence

from labeling.services.imports.delimited.style import Style

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")
_FEW = 20  # values of a column that repeat
_SHORT = 60  # characters of such a value
_ENOUGH_ROWS = 5  # to learn a column from
_SURE_LINES = 10  # as many lines with the right count of cells are no accident, whatever the cells hold
_SURE_NUMBERS = 4  # lines, where a column of numbers fits too
_MOST = 0.9


class Likeness:
    """What a row of the file looks like, learned from the first of them."""

    def __init__(self, rows: Sequence[Sequence[str]], width: int, style: Style) -> None:
        self.width = width
        self.style = style
        self.few: dict[int, set[str]] = {}
        self.numbers: list[int] = []
        rows = [row for row in rows if len(row) == width]
        if width < 2 or len(rows) < _ENOUGH_ROWS:
            return
        for index in range(width):
            cells = [row[index] for row in rows if row[index]]
            values = set(cells)
            if cells and all(map(_NUMBER.fullmatch, cells)):
                self.numbers.append(index)
            if 0 < len(values) <= min(_FEW, len(rows) // 2) and max(map(len, values)) < _SHORT:
                self.few[index] = values

    def fits(self, line: str) -> bool:
        """Whether a line can be a whole row by itself, its quotes taken as they stand where they are no csv."""
        return self._likeness(line) is not None

    def _likeness(self, line: str) -> bool | None:
        """Whether a value that repeats in its column says that a line is a row; None where it cannot be one."""
        if line.count(self.style.delimiter) + 1 < self.width:
            return None
        cells = self.style.alone(line)
        undamaged = cells is not None
        if cells is None:
            cells = line.rstrip("\r\n").split(self.style.delimiter)
        if len(cells) != self.width:
            return None
        if not all(_NUMBER.fullmatch(cells[index].strip(self.style.quote)) for index in self.numbers if cells[index]):
            return None
        told = {
            cells[index] in values
            for index, values in self.few.items()
            if cells[index] and (undamaged or self.style.quote not in cells[index])
        }
        return None if told == {False} else bool(told)

    def are_rows(self, lines: Sequence[str], ending: str | None, plain_file: bool) -> bool:
        """Whether lines that an open quote made one record are rows of their own, or at least the first of them is.

        A value that repeats in its column (a label) says so alone. ``ending`` is the line after them on which the
        record broke, if one did. ``plain_file`` says that no good record had several lines so far.
        """
        is_clean = ending is None or self.style.follow(ending)[1]
        if self.width < 2:
            return plain_file and is_clean
        if self._likeness(lines[0]):
            return True
        if len(lines) >= _SURE_LINES:
            return self.are_mostly_rows(lines)
        return all(map(self.fits, lines)) and (self._is_sure(len(lines)) or (plain_file and is_clean))

    def are_mostly_rows(self, lines: Sequence[str]) -> bool:
        """Whether nine lines in ten can be rows; blank ones are none, and no line of text either."""
        if self.width < 2:
            return False
        blank = sum(not line.strip("\r\n") for line in lines)
        return sum(map(self.fits, lines)) >= max(_MOST * (len(lines) - blank), 1)

    def hides_rows(self, lines: Sequence[str]) -> bool:
        """Whether a record that csv finds good is rows between two stray quotes: every line is a whole row."""
        if self.width < 2:
            return False
        if self.few:
            return all(map(self._likeness, lines))
        return self._is_sure(len(lines)) and all(map(self.fits, lines))

    def _is_sure(self, lines: int) -> bool:
        return lines >= _SURE_LINES or (bool(self.numbers) and lines >= _SURE_NUMBERS)
