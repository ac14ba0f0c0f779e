"""What every format of folders provides. Adding one is a module here and a line in the registry."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from labeling.models import Project
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.written import WrittenArchive
from labeling.services.exports.losses import Loss


class FolderFormat(ABC):
    """A folder of files for one sort of reader, as a zip: deterministic, in memory that does not grow with the rows."""

    name: ClassVar[str]
    #: what the export page says
    label: ClassVar[str]
    hint: ClassVar[str]
    media_type: ClassVar[str] = "application/zip"
    extension: ClassVar[str] = "zip"
    #: what of a project the format has no place for, a sentence each
    cannot_hold: ClassVar[tuple[str, ...]] = ()
    #: what rows lose in it, counted as they are written
    losses: tuple[Loss, ...] = ()

    def refuse(self, project: Project, rows: str) -> str:
        """Why the format does not fit the project or these rows; "" where it does."""
        return ""

    @abstractmethod
    def write(self, data: DataSet, archive: Archive) -> Iterator[bytes]:
        """The archive's bytes but for the datasheet and the end. What is lost on the way goes to ``data.lost``."""

    def rows_in(self, archive: WrittenArchive) -> int | None:
        """How many rows a written folder holds, found by reading it; None where that cannot be known."""
        return None
