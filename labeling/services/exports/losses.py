"""What a format cannot hold of the rows it writes: declared beside the format, counted while the rows go by.

A format declares ``losses``; whoever certifies its file (``counting.ConversionCount``) asks each of them for a counter
of every column, and hands it the column's values, some rows at a time. What a writer meets on its own way (a row that
it has to skip) it counts itself. ``cannot_hold`` of a format are sentences about it that no row can be counted for.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from labeling.selectors.columns import Column

Count = Callable[[Sequence[Any]], int]


def given(values: Sequence[Any]) -> int:
    """How many rows have a value."""
    return len(values) - values.count(None)


@dataclass(frozen=True)
class Loss:
    """``counter(column, own)`` counts rows that lose something in the column, None where none can; ``own`` are the
    columns that items brought with them."""

    what: str
    counter: Callable[[Column, bool], Count | None]


def in_columns(what: str, chosen: Callable[[Column, bool], bool], count: Count = given) -> Loss:
    """Of the chosen columns, the rows that ``count`` counts: those with a value, if it is not given."""
    return Loss(what, lambda column, own: count if chosen(column, own) else None)


def no_place(held: Collection[str], what: str = "The format has no place for this column.") -> Loss:
    """All columns but those that are held."""
    kept = frozenset(held)
    return in_columns(what, lambda column, own: column.name not in kept)


#: Of tables, which are a file each.
NO_PICTURES = in_columns(
    "Pictures are named by their SHA-256; their bytes are not in the file.",
    lambda column, own: column.name == "image_sha256" and not own,
)
AS_JSON_TEXT = in_columns(
    "Objects, lists and values of mixed types in an item's own column are JSON texts.",
    lambda column, own: own and column.type == "json",
)
AS_FRACTION = in_columns(
    "A whole number in an item's own column of fractions is a fraction: 1 is 1.0.",
    lambda column, own: own and column.type == "number",
    lambda values: sum(type(value) is int for value in values),
)
#: Of readers that know lists.
OBJECTS_AS_JSON_TEXT = in_columns(
    "Objects and values of mixed types in an item's own column are JSON texts.",
    lambda column, own: own and column.type == "json" and not column.of,
)
FRACTIONS_IN_LISTS = in_columns(
    "A whole number in an item's own column of lists of fractions is a fraction: [1, 0.5] is [1.0, 0.5].",
    lambda column, own: own and column.type == "json" and column.of == "number",
    lambda values: sum(isinstance(value, list) and any(type(part) is int for part in value) for value in values),
)


class Limited(Protocol):
    """A format, as far as its limits are concerned."""

    @property
    def cannot_hold(self) -> tuple[str, ...]: ...

    @property
    def losses(self) -> tuple[Loss, ...]: ...


def limits(format_: Limited) -> list[str]:
    """What the format cannot hold, whatever the rows are."""
    return [*format_.cannot_hold, *(loss.what for loss in format_.losses)]


class Lost(NamedTuple):
    what: str
    column: str
    rows: int


class Losses(Counter[str]):
    """Rows by what they lost: of the whole row here, of single columns in ``columns``. ``skipped`` rows are not in the
    file at all."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: Counter[tuple[str, str]] = Counter()
        self.skipped = 0

    def skip(self, what: str) -> None:
        self[what] += 1
        self.skipped += 1

    def listed(self) -> list[Lost]:
        """The same order for the same losses."""
        rows = [Lost(what, "", n) for what, n in self.items()]
        return sorted(rows + [Lost(what, column, n) for (what, column), n in self.columns.items()])

    @classmethod
    def of(cls, listed: Iterable[dict[str, Any]]) -> "Losses":
        """Those that a certificate keeps."""
        made = cls()
        for lost in listed:
            if lost["column"]:
                made.columns[lost["what"], lost["column"]] = lost["rows"]
            else:
                made[lost["what"]] = lost["rows"]
        return made
