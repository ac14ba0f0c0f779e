"""Cells of table rows as what their columns are, decided once for the whole file."""

from collections.abc import Iterable, Sequence
from typing import Any

from labeling.services.imports.delimited.numbers import as_cell, columns_of_numbers
from labeling.services.imports.records.fingerprints import number_once
from labeling.services.imports.records.values import AS_WRITTEN

_NAMED = 8  # columns that one sentence names


class TableCells:
    """``index_of`` says which cell of a row, of ``width`` cells, is a feature's; ``rows`` is the whole file."""

    def __init__(self, index_of: dict[str, int], rows: Iterable[Sequence[str]], width: int) -> None:
        numbers = set(columns_of_numbers(rows, width))
        self.index_of = index_of
        self.numbers = [name for name, index in index_of.items() if index in numbers]
        self.texts = [name for name, index in index_of.items() if index not in numbers]

    def convert(self, record: dict[str, Any]) -> None:
        """Numbers for the cells of columns that are numbers, None for blank cells; all others stay as written."""
        for name in self.numbers:
            record[name] = as_cell(record[name])
        for name in self.texts:
            if not record[name] or record[name].isspace():
                record[name] = None
        if self.texts:
            record[AS_WRITTEN] = self.texts

    def kept_as_written(self, sample: Iterable[Sequence[str]]) -> list[str]:
        """Columns that look like numbers here and there, and are none; the last is a count where there are many."""
        rows = list(sample)
        found = [name for name in self.texts if any(self._looks_like_one(row, name) for row in rows)]
        more = len(found) - _NAMED
        return found if more <= 0 else [*found[:_NAMED], f"and {more:,} more"]

    def _looks_like_one(self, row: Sequence[str], name: str) -> bool:
        index = self.index_of[name]
        return index < len(row) and not isinstance(number_once(row[index]), str | None)
