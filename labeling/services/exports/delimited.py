"""Comma-separated values that are safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

import orjson

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import ExportFormat, Row, values_of
from labeling.services.exports.losses import NO_PICTURES, in_columns

ROWS_A_PIECE = 500
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


class Csv(ExportFormat):
    """UTF-8, comma, CRLF (RFC 4180). Answers are flat, lists joined by |, an empty list is [], nested
    values are JSON, null is an empty cell."""

    name = "csv"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    losses = (AS_TEXT, NO_EMPTY_TEXT, NUMBER_AS_TEXT, QUOTED_FORMULA, BARS_IN_LISTS, NO_PICTURES)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        with io.TextIOWrapper(file, "utf-8", newline="") as text:
            return sum(1 for _ in csv.reader(text)) - 1

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        cells = [(column, _cells_of(column, kind)) for column in columns]
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow([neutral(column.name) for column, _ in cells])
        rows = iter(rows)
        while True:
            piece = list(islice(rows, ROWS_A_PIECE))
            writer.writerows(zip(*[written(values_of(column, piece)) for column, written in cells], strict=True))
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
            if not piece:
                return


Values = list[Any]


def _cells_of(column: Column, kind: QuestionKind) -> Callable[[Values], Values]:
    """How the values of the column are written; the writer itself knows numbers and None."""
    if column.type in ("integer", "number", "time"):
        return _as_they_are
    if column.name == "answer" and not column.is_own:
        return lambda values: [None if value is None else neutral(kind.flat(value)) or NO_LABEL for value in values]
    return _CELLS.get(column.type, _nested)


def _as_they_are(values: Values) -> Values:
    return values


def _texts(values: Values) -> Values:
    if not any(values):
        return values
    return [neutral(value) if value and value[0] in _FIRST_OF_CHANGED else value for value in values]


def _booleans(values: Values) -> Values:
    return [None if value is None else "true" if value else "false" for value in values]


def _lists(values: Values) -> Values:
    return [None if value is None else neutral("|".join(value)) or NO_LABEL for value in values]


def _nested(values: Values) -> Values:
    """Values of a column that mixes types: texts as they are, numbers as numbers, the rest as JSON."""
    return [_one_nested(value) for value in values]


def _one_nested(value: Any) -> Any:
    if isinstance(value, str):
        return neutral(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()


_CELLS: dict[str, Callable[[Values], Values]] = {"text": _texts, "boolean": _booleans, "list": _lists}
