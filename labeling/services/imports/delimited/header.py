"""The head of a delimited file: what stands before the header, the header itself, and columns that are none."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from labeling.services.imports.delimited.style import Style
from labeling.services.imports.delimited.votes import settled
from labeling.services.imports.errors import ImportRefused

DELIMITERS = ",;\t|"
#: Taken where two columns that an import knows come of it, and of no other.
RARE_DELIMITERS = {"^": "^", "~": "~", ":": ":", " ": "blanks", "\x01": "the sign 0x01", "\x1f": "the sign 0x1F"}
#: Lines that may stand before the header.
_PREAMBLE_LINES = 20
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
        first, at = at, _past_preamble(lines, at, reserved)
        if left_out := sum(bool(line.strip()) for line in lines[first:at]):
            lines_were = "line before the header was" if left_out == 1 else f"{left_out} lines before the header were"
            notes.append(f"The {lines_were} left out.")
        delimiter = _delimiter(lines[at], reserved)
        if delimiter not in DELIMITERS[:-1]:
            notes.append(f"The columns are separated by {RARE_DELIMITERS.get(delimiter, delimiter)}.")
    style = Style(delimiter, newline)
    if _is_in_single_quotes(lines[at], delimiter):
        style = replace(style, quote="'")
        notes.append("Cells are enclosed in ' and not in \".")
    body = csv.reader(lines[at:], delimiter=delimiter, quotechar=style.quote)
    names = [name.strip() for name in next(body)]
    at += body.line_num
    rest = lines[at:]
    style = settled(
        style,
        len(names),
        lambda mark: any(mark in line for line in rest),
        lambda marks: (line for line in rest if any(mark in line for mark in marks)),
    )
    sample = [row for row in map(style.alone, lines[at : at + 2 * SAMPLE_ROWS]) if row][:SAMPLE_ROWS]
    header = Header(style, at, names, len(names), sample, notes=notes)
    _fit_to_rows(header)
    _leave_out(header)
    return header


def _blank_lines(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _delimiter(line: str, reserved: Collection[str]) -> str:
    """What separates the columns of a header."""
    best = max(DELIMITERS, key=lambda mark: _fitness(line, mark, reserved))
    needed = max(_fitness(line, best, reserved)[0] + 1, 2)
    for mark in RARE_DELIMITERS:
        known, width, _ = _fitness(line, mark, reserved)
        # words of prose are parted by blanks and colons, too
        if known >= needed and (mark not in " :" or width == known or line.count('"') == 2 * width):
            return mark
    return best


def _past_preamble(lines: Sequence[str], at: int, reserved: Collection[str]) -> int:
    """Where the header stands: behind titles (one cell) and comments (#, as PowerShell and many instruments write).

    It names a column that an import knows, or has other cells than the comment before it.
    """
    comment = 0
    for here, line in enumerate(lines[at : at + _PREAMBLE_LINES], at):
        delimiter = _delimiter(line, reserved)
        known, width, _ = _fitness(line, delimiter, reserved)
        if known:
            return here if width > 1 or comment else at
        if line.startswith("#"):
            comment = width
        elif comment and width > 1:
            return here if width != comment else at
        elif sum(bool(cell.strip(' "\r\n')) for cell in line.split(delimiter)) > 1:
            return at
    return at


def _is_in_single_quotes(line: str, delimiter: str) -> bool:
    """Whether every cell of a header is enclosed in '."""
    cells = [cell.strip() for cell in line.split(delimiter)]
    return all(len(cell) > 2 and cell[0] == cell[-1] == "'" for cell in cells)


def _fitness(line: str, mark: str, reserved: Collection[str]) -> tuple[int, int, int]:
    """How well a delimiter fits a header: reserved names found, columns found, and comma before the others."""
    try:
        cells = next(csv.reader([line], delimiter=mark))
    except csv.Error:
        return 0, 0, 0
    known = {cell.strip(" #'").casefold() for cell in cells} & set(reserved)
    return len(known), len(cells), -DELIMITERS.find(mark)


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
    for index, name in enumerate(names):
        if not name and index not in left_out:
            names[index] = _free_name(f"column_{index + 1}", names)
            header.notes.append(f"Column {index + 1} has no name; it is kept as {names[index]}.")
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


def _free_name(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers, each once: an index."""
    return all(map(_WHOLE.fullmatch, cells)) and len(set(map(int, cells))) == len(cells)
