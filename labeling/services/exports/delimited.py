"""Comma-separated values that are safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
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
        names = [column.name for column in columns]
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow([neutral(name) for name in names])
        rows = iter(rows)
        while True:
            piece = list(islice(rows, ROWS_A_PIECE))
            for row in piece:
                writer.writerow([_cell(name, row.get(name), kind) for name in names])
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
            if not piece:
                return


def _cell(name: str, value: Any, kind: QuestionKind) -> Any:
    if isinstance(value, str):
        return neutral(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if name == "answer":
        return neutral(kind.flat(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if name == "label":
        return neutral("|".join(value))
    return orjson.dumps(value).decode()
