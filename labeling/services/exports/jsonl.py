from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import orjson

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import ExportFormat, Row

ROWS_A_PIECE = 500


class JsonLines(ExportFormat):
    """One JSON object a line, exact values, nested answers."""

    name = "jsonl"
    media_type = "application/x-ndjson"
    extension = "jsonl"
    needs_columns = False

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        rows = iter(rows)
        while piece := b"".join(orjson.dumps(row, option=_OPTIONS) for row in islice(rows, ROWS_A_PIECE)):
            yield piece


_OPTIONS = orjson.OPT_APPEND_NEWLINE
