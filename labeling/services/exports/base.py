"""What every export format provides. Adding one is one module here and one line in the registry."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import IO, Any, ClassVar

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.losses import Loss

Row = dict[str, Any]


def values_of(column: Column, rows: Sequence[Row]) -> list[Any]:
    """The values of one column; None where a row lacks it. A column at a time costs half of a row at a time."""
    try:
        return list(map(itemgetter(column.name), rows))
    except KeyError:
        return [row.get(column.name) for row in rows]


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
