"""What every export format provides. Adding one is one module here and one line in the registry."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, ClassVar

from labeling.kinds import QuestionKind
from labeling.selectors.batches import Batch, in_batches
from labeling.selectors.columns import Column
from labeling.services.exports.losses import Loss

Row = dict[str, Any]


class ExportFormat(ABC):
    """Turns rows into bytes: deterministic, in memory that does not grow with the number of rows."""

    name: ClassVar[str]
    media_type: ClassVar[str]
    extension: ClassVar[str]
    #: whether the types of the items' own columns must be known, or their names will do
    needs_types: ClassVar[bool] = True
    #: what of a project the format has no place for, a sentence each
    cannot_hold: ClassVar[tuple[str, ...]] = ()
    #: what rows lose in it, counted as they are written
    losses: tuple[Loss, ...] = ()

    @abstractmethod
    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        """The file in pieces. A row may lack any of the columns and has no others."""

    def rows_in(self, file: IO[bytes], lines: int) -> int | None:
        """How many rows a written file holds, found by reading it; ``lines`` ends of lines are in it. None where that
        cannot be known without a reader of its own."""
        return None


class ColumnFormat(ExportFormat):
    """Written a column at a time: what repeats in a column is written down once."""

    @abstractmethod
    def write_batches(self, columns: Sequence[Column], batches: Iterable[Batch], kind: QuestionKind) -> Iterator[bytes]:
        """The same file as ``write`` of the same rows."""

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        return self.write_batches(columns, in_batches(rows), kind)
