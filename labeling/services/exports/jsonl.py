from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO

import orjson

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import ExportFormat, Row
from labeling.services.exports.losses import NO_PICTURES

ROWS_A_PIECE = 500


#: Beyond this many columns a line has only those that its row has: each of a million rows may have one of its own.
MAX_COLUMNS = 1_000


class JsonLines(ExportFormat):
    """One JSON object a line, exact values, nested answers. Every column is in every line, null where a row lacks it:
    readers take the columns and their types from the first lines."""

    name = "jsonl"
    media_type = "application/x-ndjson"
    extension = "jsonl"
    needs_types = False
    losses = (NO_PICTURES,)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return lines

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        blank: Row = {} if len(columns) > MAX_COLUMNS else dict.fromkeys(column.name for column in columns)
        width = len(blank)
        # a row at a time: rows that wait for others are work for the garbage collector, and keep their order
        lines = (orjson.dumps(row if len(row) >= width else {**row, **blank, **row}, option=_OPTIONS) for row in rows)
        while piece := b"".join(islice(lines, ROWS_A_PIECE)):
            yield piece


_OPTIONS = orjson.OPT_APPEND_NEWLINE
