"""The head of a delimited file: what stands before the header, the header itself, and columns that are none."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from labeling.services.imports.delimited.style import DOUBLED, ESCAPE, Style, is_escaped
from labeling.services.imports.errors import ImportRefused

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 200
#: Excel's own way of saying which delimiter follows.
_SEP = re.compile(r'"?sep=(\t|[^\w\s"]) *"?[,;\t]*\s*', re.IGNORECASE)
_PANDAS_INDEX = re.compile(r"Unnamed: \d+(\.\d+)*")
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(slots=True)
class Header:
    """``lines`` of the file end with the header. ``kept`` are the cells of a row that have a column, None for all of
    them; ``nameless`` cells have to be blank; ``width`` is the count of cells of a row."""

    style: Style
    lines: int
    names: list[str]
    width: int
    sample: list[list[str]]
    kept: list[int] | None = None
    nameless: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_header(text: str, reserved: Collection[str], *, is_whole: bool) -> Header:
    """Reads the head of a file, of which ``text`` is all or the first piece. Raises ImportRefused."""
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = list(io.StringIO(text, newline=newline))
    if lines and not is_whole:
        lines.pop()  # it may be cut
        if not lines:
            raise ImportRefused("The first line is longer than a header may be.")
    at, delimiter, notes = _blank_lines(lines, 0), "", []
    if at < len(lines) and (said := _SEP.fullmatch(lines[at])):
        delimiter = said.group(1)
        shown = "a tab" if delimiter == "\t" else delimiter
        notes.append(f"The first line, sep=, is Excel's: it says that {shown} separates the columns.")
        at = _blank_lines(lines, at + 1)
    if at >= len(lines):
        raise ImportRefused("The file holds no rows.")
    if not delimiter:
        delimiter = max(DELIMITERS, key=lambda mark: _fitness(lines[at], mark, reserved))
        if delimiter == "|":
            notes.append("The columns are separated by |.")
    style = Style(delimiter, newline)
    body = csv.reader(lines[at:], delimiter=delimiter)
    names = [name.strip() for name in next(body)]
    at += body.line_num
    if any(ESCAPE in line for line in lines[at:]):
        holding = (line for line in lines[at:] if ESCAPE in line or DOUBLED in line)
        style = style.with_escapes(is_escaped(holding, delimiter, len(names)))
    sample = [row for row in map(style.alone, lines[at : at + 2 * SAMPLE_ROWS]) if row][:SAMPLE_ROWS]
    header = Header(style, at, names, len(names), sample, notes=notes)
    _fit_to_rows(header)
    _leave_out(header)
    return header


def _blank_lines(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _fitness(line: str, mark: str, reserved: Collection[str]) -> tuple[int, int, int]:
    """How well a delimiter fits a header: reserved names found, columns found, and comma before the others."""
    try:
        cells = next(csv.reader([line], delimiter=mark))
    except csv.Error:
        return 0, 0, 0
    return len({cell.strip().casefold() for cell in cells} & set(reserved)), len(cells), -DELIMITERS.index(mark)


def _fit_to_rows(header: Header) -> None:
    """Rows may all have one cell more than the header (row names, a delimiter at the end), or lack its blank end."""
    widths = Counter(map(len, header.sample))
    n = len(header.names)
    if not widths or n in widths:
        return
    usual = widths.most_common(1)[0][0]
    rows = [row for row in header.sample if len(row) == usual]
    if usual == n + 1 and not any(row[-1].strip() for row in rows):
        header.kept, header.nameless, header.width = list(range(n)), [n], usual
        header.notes.append("Every row ends with a delimiter; the empty cell behind it was left out.")
    elif usual == n + 1 and n > 1 and _counts([row[0] for row in rows]):
        header.kept, header.width = list(range(1, usual)), usual
        header.notes.append("Every row begins with its number, for which the header has no name; it was left out.")
    elif usual < n and not any(header.names[usual:]):
        header.names, header.width = header.names[:usual], usual
        header.notes.append("The header ends with a delimiter; the rows do not.")


def _leave_out(header: Header) -> None:
    """Columns without a name that hold nothing, and a first one that counts the rows, are no columns."""
    names, rows = header.names, [row for row in header.sample if len(row) == header.width]
    if header.kept is not None or not rows or (all(names) and not _PANDAS_INDEX.fullmatch(names[0])):
        return
    empty = [index for index, name in enumerate(names) if not name and not any(row[index].strip() for row in rows)]
    left_out = set(empty)
    if len(names) > 1 and 0 not in left_out:
        first = [row[0] for row in rows]
        if _PANDAS_INDEX.fullmatch(names[0]) and _counts(first):
            header.notes.append(f"The first column, {names[0]}, numbers the rows; it was left out.")
            left_out.add(0)
        elif not names[0] and _counts(first):
            header.notes.append("A nameless first column, which numbers the rows, was left out.")
            left_out.add(0)
        elif not names[0]:
            names[0] = next(name for name in ("index", "row_name", "first_column") if name not in names)
            header.notes.append(f"The first column has no name; it is kept as {names[0]}.")
    if empty:
        header.notes.append(
            "A column without a name, empty in every row, was left out."
            if len(empty) == 1
            else f"{len(empty):,} columns without a name, empty in every row, were left out."
        )
    if left_out:
        header.nameless = empty
        header.kept = [index for index in range(len(names)) if index not in left_out]
        header.names = [names[index] for index in header.kept]


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers, each once: an index."""
    return all(map(_WHOLE.fullmatch, cells)) and len(set(map(int, cells))) == len(cells)
