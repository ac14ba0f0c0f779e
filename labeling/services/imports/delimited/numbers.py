"""Columns of a csv table that are numbers: decided by all of their cells, never cell by cell.

A cell is a plain number when writing the number back gives the cell: ``42``, ``-0.5``, ``1e-07``. A column is one of
numbers when all its cells are that, are blank, or say in words that there is nothing. In any other column every cell
stays the text it is: ``5E2`` beside ``A12``, ``10001`` beside ``00501``, ``1.10``, ``+43…``, ``0,125``.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

_CHUNK_ROWS = 2_000
#: Ways of saying that there is no number; they do not make a column one of words.
_NOTHING = frozenset({"na", "n/a", "nan", "null", "none", "\\n", "?", "-"})
_WHOLE_BELOW = 2**63
_SAFE_DIGITS = 19


def columns_of_numbers(rows: Iterable[Sequence[str]], width: int) -> list[int]:
    """Indexes of the columns that are numbers in all of the rows, each of ``width`` cells."""
    plain = dict.fromkeys(range(width), False)  # whether a number was seen
    rows = iter(rows)
    while plain and (chunk := list(islice(rows, _CHUNK_ROWS))):
        for index in list(plain):
            found = _are_plain([row[index] for row in chunk])
            if found is None:
                del plain[index]
            elif found:
                plain[index] = True
    return [index for index, seen in plain.items() if seen]


def _are_plain(cells: list[str]) -> bool | None:
    """Whether there are numbers among the cells; None when there is something else."""
    cells = [cell for cell in map(str.strip, cells) if cell]
    try:
        if list(map(str, map(int, cells))) == cells and max(map(len, cells), default=0) < _SAFE_DIGITS:
            return bool(cells)
        numbers = list(map(float, cells))
        if list(map(repr, numbers)) == cells and all(map(math.isfinite, numbers)):
            return bool(cells)
    except ValueError:
        pass
    if all(plain_number(cell) is not None or cell.casefold() in _NOTHING for cell in cells):
        return not all(cell.casefold() in _NOTHING for cell in cells)
    return None


def plain_number(cell: str) -> int | float | None:
    """The number that a cell without blanks around it is, if writing it back gives the cell.

    >>> [plain_number(cell) for cell in ("42", "-0.5", "1e-07", "1.10", "007", "+7", "5E2", "inf", str(2**63))]
    [42, -0.5, 1e-07, None, None, None, None, None, None]
    """
    try:
        whole = int(cell)
        return whole if str(whole) == cell and -_WHOLE_BELOW <= whole < _WHOLE_BELOW else None
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and repr(number) == cell else None


def as_cell(cell: str) -> Any:
    """What a cell of a column of numbers is: its number, None where it is blank, or the word for nothing it holds."""
    text = cell.strip()
    if not text:
        return None
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return cell
