"""Counts the rows of an export as they go by, and where it is certified what they are about and what they lose."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from labeling.selectors.batches import Batch
from labeling.selectors.columns import Column
from labeling.services.exports.base import Row
from labeling.services.exports.losses import Count, Limited, Losses

#: Rows that wait for one another while their columns are counted: more would be work for the garbage collector.
ROWS_AT_ONCE = 100
_NAME_ITEMS = ("item_id", "left_id", "right_id", "chosen_id", "rejected_id")
#: The columns that say where a row's label comes from.
_NAME_SOURCES = ("source", "label_source")
_BLOCK_BITS = 16
_IN_BLOCK = (1 << _BLOCK_BITS) - 1


class RowCount:
    """Counts rows as they go by."""

    def __init__(self) -> None:
        self.rows = 0
        self.lost = Losses()
        #: rows by where their label comes from; they add up to ``rows``. None where a row has no source, or several
        self.sources: Counter[str] | None = None

    def begin(self, columns: Sequence[Column], own: Collection[str], rows: str) -> None:
        """Which columns the rows have, which of them items brought, and the name of their shape."""

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            yield row

    def over_batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.rows += len(batch)
            yield batch


class ConversionCount(RowCount):
    """For a certificate: the items that rows name, the answers they are made of, and what the format loses."""

    def __init__(self, format_: Limited) -> None:
        super().__init__()
        self._format = format_
        self._items: SeenNumbers | None = None
        self.answers: int | None = None
        self.columns: Sequence[Column] = ()
        self._counters: list[tuple[Column, Callable[[Sequence[Any]], None]]] = []

    @property
    def items(self) -> int | None:
        return None if self._items is None else len(self._items)

    def begin(self, columns: Sequence[Column], own: Collection[str], rows: str) -> None:
        if self.columns:  # a folder has its rows side by side, and begins with each side
            return
        self.columns, counters = columns, []
        for column in columns:
            for loss in self._format.losses:
                if count := loss.counter(column, column.name in own):
                    counters.append((column, self._losing(loss.what, column.name, count)))
            if column.name in _NAME_ITEMS:
                if self._items is None:
                    self._items = SeenNumbers()
                counters.append((column, self._items.update))
            if column.name in _NAME_SOURCES and column.name not in own:
                self.sources = Counter()
                counters.append((column, self.sources.update))
            if column.name == "votes" and column.name not in own:
                self.answers = 0
                counters.append((column, self._voted))
        self._is_answers = rows == "annotations"
        self._counters = counters

    def _losing(self, what: str, column: str, count: Count) -> Callable[[Sequence[Any]], None]:
        def counting(values: Sequence[Any]) -> None:
            if n := count(values):
                self.lost.columns[what, column] += n

        return counting

    def _voted(self, values: Sequence[Any]) -> None:
        self.answers = (self.answers or 0) + sum(filter(None, values))

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        rows = iter(rows)
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            self._count(Batch.of(chunk))
            yield from chunk
        self._end()

    def over_batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self._count(batch)
            yield batch
        self._end()

    def _count(self, batch: Batch) -> None:
        self.rows += len(batch)
        for column, counting in self._counters:
            counting(batch.values(column.name))

    def _end(self) -> None:
        if self._is_answers:
            self.answers = self.rows


class SeenNumbers:
    """How many different numbers there were, in a bit each; None is none."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}

    def update(self, numbers: Iterable[int | None]) -> None:
        for number in numbers:
            if number is not None:
                block = self._blocks.get(number >> _BLOCK_BITS)
                if block is None:
                    block = self._blocks[number >> _BLOCK_BITS] = bytearray(1 << (_BLOCK_BITS - 3))
                block[(number & _IN_BLOCK) >> 3] |= 1 << (number & 7)

    def add(self, number: int) -> bool:
        """Whether it was not among them before."""
        block = self._blocks.get(number >> _BLOCK_BITS)
        if block is None:
            self.update((number,))
            return True
        at, bit = (number & _IN_BLOCK) >> 3, 1 << (number & 7)
        if block[at] & bit:
            return False
        block[at] |= bit
        return True

    def __len__(self) -> int:
        return sum(int.from_bytes(block, "little").bit_count() for block in self._blocks.values())
