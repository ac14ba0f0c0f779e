"""What every reader provides."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, Any, ClassVar

from labeling.kinds import QuestionKind
from labeling.services.imports.columns.mapping import LEFT_OUT, ColumnMapping
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.names import ColumnNames, nearest
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.records.rows import Rejection
from labeling.services.imports.records.values import EXPLANATION, GOLD, reserved_columns, take_infinities

#: A row's number (from 1) and its record, or why there is none.
Numbered = tuple[int, dict[str, Any] | Rejection]
#: Among the options of a reader, never of an import: nothing is renamed, required or left out.
AS_IT_IS = "as_it_is"
#: Columns that make no row of a table.
_BESIDE_FEATURES = frozenset({"id", "label", "group", "context", "origin", "split", GOLD, EXPLANATION})
#: Likewise: the file is the beginning of one, and may end anywhere.
BEGINNING = "beginning"


class Reader(ABC):
    """Reads one upload. The same file gives the same numbered records however often it is read: resuming needs that."""

    chunk_rows: int = 2_000
    #: whether files of this format that Querent wrote have a ' before cells that a spreadsheet would run
    quotes_formulas: ClassVar[bool] = False

    def __init__(
        self, file: IO[bytes], *, modality: str, kind: QuestionKind, options: dict[str, Any], file_name: str = "",
        notes: ImportNotes | None = None,
    ) -> None:  # fmt: skip
        self.file = file
        self.modality = modality
        self.kind = kind
        self.options = options
        self.file_name = file_name
        self.total: int | None = None
        #: what to tell the person about the file
        self.notes = notes if notes is not None else ImportNotes()

        #: columns that are not kept as they are
        self.reserved = reserved_columns(modality, kind)
        #: what the sender said that columns are for
        self.mapping = ColumnMapping(options.get("columns"))
        #: the columns are looked at under the names that the file gives them, whatever a project needs
        self.as_it_is = bool(options.get(AS_IT_IS))
        #: the columns as a header calls them, where the file has one
        self.header_names: list[str] = []
        #: of pictures, how many lie in which folder
        self.folders: Counter[str] = Counter()

    def names_of(self, columns: Sequence[str], names: ColumnNames) -> list[str]:
        """What the columns of a header are called in the project; LEFT_OUT for those that stay out. Raises
        ImportRefused."""
        self.header_names = list(columns)
        if self.as_it_is:
            return self.header_names
        self.mapping.fits(columns)
        found = list(names.of(tuple(columns)))
        self.check_header([name for name in found if name != LEFT_OUT] if self.mapping.chosen else found)
        return found

    def check_header(self, columns: list[str]) -> None:
        check_columns(columns, self.modality, self.kind)

    def empty_infinities(self, record: dict[str, Any]) -> None:
        """Empties the cells that hold infinity, which JSON does not, and says how many there were of which column."""
        for name in take_infinities(record, self.reserved):
            what = f"of {name[:80]!r} held infinity, which is kept as an empty cell."
            self.notes.count(f"1 cell {what}", f"{{count}} cells {what}")

    def head(self, records: int) -> tuple[list[str], list[dict[str, Any]]]:
        """The columns as the file calls them, and its first records."""
        found = [record for _, record in islice(self.records(0), records) if isinstance(record, dict)]
        shown = dict.fromkeys(name for record in found for name in record if not name.startswith("\0"))
        return self.header_names or list(shown), found

    @abstractmethod
    def check(self) -> None:
        """Looks at the head of the file only. Raises ImportRefused when nothing of it can be imported."""

    @abstractmethod
    def records(self, start: int) -> Iterator[Numbered]:
        """The records after the first ``start``. Raises ImportRefused where the file becomes unreadable."""


def check_columns(columns: list[str], modality: str, kind: QuestionKind | None = None) -> None:
    """Raises ImportRefused for a header that no row of it could satisfy, be it a row about an item (no ``kind``)."""
    seen: set[str] = set()
    for position, name in enumerate(columns, 1):
        if not name:
            raise ImportRefused(f"Column {position} of the header has no name.")
        if name in seen:
            raise ImportRefused(f"The header names the column {name[:80]!r} twice.")
        seen.add(name)
    if kind is not None and kind.rows_name_items and {"left", "right"} <= seen:
        return
    if modality == "text" and "text" not in seen:
        found = ", ".join(columns)[:200]
        raise ImportRefused(f"A text project needs a column named text; found {found}.{nearest('text', columns)}")
    if modality == "tabular" and not seen - _BESIDE_FEATURES:
        raise ImportRefused("A table needs at least one feature column beside the reserved ones.")
    if modality == "image":
        raise ImportRefused("A project of pictures needs pictures: upload a zip of them or one picture.")
