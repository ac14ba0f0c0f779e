from collections.abc import Iterable, Iterator
from typing import Any


class RowCount:
    """Counts rows as they go by."""

    def __init__(self) -> None:
        self.rows = 0

    def over(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            self.rows += 1
            yield row
