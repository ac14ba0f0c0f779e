"""Comma-separated values that are safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import IO, Any

import orjson

from labeling.kinds import QuestionKind
from labeling.selectors.batches import Batch, Values, told, told_same
from labeling.selectors.columns import Column
from labeling.services.exports.base import ColumnFormat
from labeling.services.exports.losses import NO_PICTURES, in_columns

#: The cell of an empty list: none of the labels, which an empty cell, no consensus, would look like.
NO_LABEL = "[]"
_FIRST_OF_FORMULA = "=+-@\t\r"
_FIRST_OF_CHANGED = f"'{_FIRST_OF_FORMULA}"
_RUNS_AS_FORMULA = tuple(_FIRST_OF_FORMULA)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def neutral(cell: str) -> str:
    """The text with ' in front if a spreadsheet would run it as a formula; numbers such as -3.5 stay as they are.

    So has a text that is such a formula with a ' in front: what is read back has one ' less wherever it could be ours.
    """
    if cell.startswith("'"):
        return f"'{cell}" if cell.lstrip("'").startswith(_RUNS_AS_FORMULA) else cell
    return f"'{cell}" if cell.startswith(_RUNS_AS_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def _quoted(values: Sequence[Any]) -> int:
    texts = (value for value in values if type(value) is str and value and value[0] in _FIRST_OF_CHANGED)
    return sum(neutral(text) != text for text in texts)


AS_TEXT = in_columns(
    "Every cell is a text: a reader guesses what is a number, true or false, a list or an object.",
    lambda column, own: own and column.type != "text",
    lambda values: sum(value is not None and type(value) is not str for value in values),
)
NO_EMPTY_TEXT = in_columns(
    "An empty text and no value are one empty cell; to most readers, and in a table, so is a blank one.",
    lambda column, own: own and column.type in ("text", "json"),
    lambda values: sum(type(value) is str and (not value or value.isspace()) for value in values),
)
NUMBER_AS_TEXT = in_columns(
    "A text that looks like a number is read as one where a reader guesses, as our import of tables does by column.",
    lambda column, own: own and column.type in ("text", "json"),
    lambda values: sum(type(value) is str and bool(_NUMBER.fullmatch(value.strip())) for value in values),
)
QUOTED_FORMULA = in_columns(
    "A text that a spreadsheet would run as a formula has a `'` in front, which only an import here takes away.",
    lambda column, own: column.type in ("text", "json"),
    _quoted,
)
BARS_IN_LISTS = in_columns(
    "The names of a list are joined by |, also one that holds a |.",
    lambda column, own: column.type == "list",
    lambda values: sum(any("|" in name for name in value or ()) for value in values),
)


class Csv(ColumnFormat):
    """UTF-8, comma, CRLF (RFC 4180). Answers are flat, lists joined by |, an empty list is [], nested
    values are JSON, null is an empty cell."""

    name = "csv"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    needs_types = False  # a cell is written by its value
    losses = (AS_TEXT, NO_EMPTY_TEXT, NUMBER_AS_TEXT, QUOTED_FORMULA, BARS_IN_LISTS, NO_PICTURES)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        with io.TextIOWrapper(file, "utf-8", newline="") as text:
            return sum(1 for _ in csv.reader(text)) - 1

    def write_batches(self, columns: Sequence[Column], batches: Iterable[Batch], kind: QuestionKind) -> Iterator[bytes]:
        cells = [(column, _cells_of(column, kind)) for column in columns]
        # RFC 4180 has no line for a row of one empty cell: it is quoted
        empty = '""' if len(columns) == 1 else ""
        yield f"{','.join(_quoted_cell(neutral(column.name)) or empty for column in columns)}\r\n".encode()
        for batch in batches:
            told = [written(batch.values(column.name)) for column, written in cells]
            lines = list(map(",".join, zip(*told, strict=True)))
            if empty:
                lines = [line or empty for line in lines]
            lines.append("")
            yield "\r\n".join(lines).encode()


Cells = Sequence[str]
_QUOTED = re.compile(r'[,"\r\n]')
#: What may stand in a text that is not written as it is.
_CHANGES = (",", '"', "\r", "\n")


def _quoted_cell(cell: str) -> str:
    """As ``csv.writer`` writes it."""
    return f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _QUOTED.search(cell) else cell


_QUOTE = '"'


def _cells_of(column: Column, kind: QuestionKind) -> Callable[[Values], Cells]:
    """How the values of the column are written."""
    if column.type in ("integer", "number"):
        return _numbers
    if column.type == "time":
        return _times
    if column.name == "answer" and not column.is_own:
        return partial(told_same, lambda value: "" if value is None else _cell(kind.flat(value)) or NO_LABEL)
    return _CELLS.get(column.type, _mixed)


def _numbers(values: Values) -> Cells:
    types = set(map(type, values))
    if types == {int}:
        return list(map(str, values))
    if types == {type(None)}:
        return [""] * len(values)
    # numbers of a kind that are equal are written alike, but for the two zeros
    if len(types - {type(None)}) == 1 and 0 not in (different := set(values)) and len(different) * 2 < len(values):
        return list(map({value: _plain(value) for value in different}.__getitem__, values))
    return list(map(_plain, values))


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _cell(text: str) -> str:
    return _quoted_cell(neutral(text))


def _times(values: Values) -> Cells:
    return told(lambda value: "" if value is None else _quoted_cell(value), values)


def _texts(values: Values) -> Cells:
    different = set(values)
    if len(different) * 2 < len(values):
        return list(map({value: _cell(value) if value else "" for value in different}.__getitem__, values))
    if None in different:
        values = [value or "" for value in values]
    joined = "".join(values)
    if any(mark in joined for mark in _CHANGES):
        return [_cell(value) if value else value for value in values]
    return [neutral(value) if value and value[0] in _FIRST_OF_CHANGED else value for value in values]


def _booleans(values: Values) -> Cells:
    return ["" if value is None else "true" if value else "false" for value in values]


def _list(value: Any) -> str:
    return "" if value is None else _cell("|".join(value)) or NO_LABEL


def _mixed(values: Values) -> Cells:
    """A column whose type nobody has said; some rows of it mostly have one."""
    types = set(map(type, values)) - {type(None)}
    if types <= {str}:
        return _texts(values)
    return _numbers(values) if types <= {int, float} else told_same(_nested, values)


def _nested(value: Any) -> str:
    """Values of a column that mixes types: texts as they are, numbers as numbers, the rest as JSON."""
    if isinstance(value, str):
        return _cell(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return _plain(value)
    return _quoted_cell(orjson.dumps(value).decode())


_CELLS: dict[str, Callable[[Values], Cells]] = {
    "text": _texts, "boolean": _booleans, "list": partial(told_same, _list),
}  # fmt: skip
