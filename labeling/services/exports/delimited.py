"""Comma-separated values that are safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import orjson

from labeling.kinds import QuestionKind
from labeling.selectors.export import Column
from labeling.services.exports.base import ExportFormat, Row

ROWS_A_PIECE = 500
_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def neutral(cell: str) -> str:
    """The text with ' in front if a spreadsheet would run it as a formula; numbers such as -3.5 stay as they are."""
    return f"'{cell}" if cell.startswith(_RUNS_AS_FORMULA) and not _NUMBER.fullmatch(cell) else cell


class Csv(ExportFormat):
    """UTF-8, comma, CRLF (RFC 4180). Answers are flat, lists joined by |, nested values JSON, null is an empty cell."""

    name = "csv"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        cells = [(column.name, _cell_of(column, kind)) for column in columns]
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow([neutral(name) for name, _ in cells])
        rows = iter(rows)
        while True:
            piece = list(islice(rows, ROWS_A_PIECE))
            writer.writerows([[cell(row.get(name)) for name, cell in cells] for row in piece])
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
            if not piece:
                return


def _cell_of(column: Column, kind: QuestionKind) -> Callable[[Any], Any]:
    """How a value of the column is written; the writer itself knows numbers and None."""
    if column.type in ("integer", "number", "time"):
        return _as_is
    if column.name == "answer":
        return lambda value: None if value is None else neutral(kind.flat(value))
    return _CELLS.get(column.type, _nested)


def _as_is(value: Any) -> Any:
    return value


def _text(value: str | None) -> str | None:
    return neutral(value) if value and value[0] in _RUNS_AS_FORMULA else value


def _boolean(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _list(value: list[str] | None) -> str | None:
    return None if value is None else neutral("|".join(value))


def _nested(value: Any) -> Any:
    """Values of a column that mixes types: texts as they are, numbers as numbers, the rest as JSON."""
    if isinstance(value, str):
        return _text(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()


_CELLS: dict[str, Callable[[Any], Any]] = {"text": _text, "boolean": _boolean, "list": _list}
