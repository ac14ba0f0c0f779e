"""What every sort of row says of itself, so that a chunk is stored the same way whatever rows it holds."""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from django.db import OperationalError

from labeling.models import ImportBatch, Project
from labeling.services.imports.records.rows import Rejection

#: Values that one statement looks up.
LOOKED_UP = 900


class ImportedRow(Protocol):
    """A good row of any sort."""

    number: int

    @property
    def size_bytes(self) -> int: ...


R = TypeVar("R", bound=ImportedRow)


class ChunkHeld(OperationalError):
    """The database is busy with rows that the chunk changes: nothing of it is stored, the import goes on later."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What holds while a chunk is stored, read under the lock of the project's Progress."""

    project: Project
    next_ordinal: int


@dataclass(slots=True)
class Stored:
    """What became of the rows of one sort. Every row is accepted, refused or a duplicate."""

    accepted: int = 0
    duplicates: int = 0
    #: of the duplicates, those that gave their item something it lacked
    completed: int = 0
    #: of the duplicates, those whose answer is another than the one their item has, which stays
    contradicted: int = 0
    refused: list[Rejection] = field(default_factory=list)
    #: known answers that were stored
    gold: int = 0
    #: what moves in Progress
    moved: "Counter[str]" = field(default_factory=Counter)


class RowStore(ABC, Generic[R]):
    """Stores the rows of one sort, chunk after chunk of one attempt. ``rows`` are those of its sort."""

    row_type: ClassVar[type]
    #: what certificates call the accepted rows
    counted_as: ClassVar[str]

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.project: Project = batch.project

    def keep_files(self, rows: list[R]) -> None:
        """Before the transaction: files are named by their hash, storing one twice is harmless."""

    def lock(self, rows: list[R]) -> None:
        """Locks what must be locked before Progress."""

    @abstractmethod
    def store(self, rows: list[R], chunk: Chunk) -> Stored:
        """Stores the rows under the lock of Progress, which the caller moves. Raises ChunkHeld."""

    def committed(self) -> None:
        """The chunk is in."""
