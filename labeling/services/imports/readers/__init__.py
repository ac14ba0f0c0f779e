"""One module a format. Adding a format is one module and one line here."""

from typing import IO, Any

from labeling.kinds import kind_of
from labeling.models import ImportFormat, Modality, Project
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.foreign import AS_IT_STANDS
from labeling.services.imports.notes import ImportNotes
from labeling.services.imports.readers.base import Reader
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.image import ImageReader
from labeling.services.imports.readers.json import JsonReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.readers.translated import (
    READ_AS,
    CsvOfTool,
    JsonlOfTool,
    JsonOfTool,
    ParquetOfTool,
    tool_in,
)
from labeling.services.imports.readers.zip import ZipReader
from labeling.services.imports.readers.zip_tables import TABLES, ZipOfTables, holds_tables

READERS: dict[str, type[Reader]] = {
    ImportFormat.CSV: CsvReader,
    ImportFormat.JSON: JsonReader,
    ImportFormat.JSONL: JsonlReader,
    ImportFormat.ROWS: JsonlReader,
    ImportFormat.PARQUET: ParquetReader,
    ImportFormat.ZIP: ZipReader,
    ImportFormat.IMAGE: ImageReader,
}
#: Of the same formats where the records are another tool's.
_OF_TOOLS: dict[str, type[Reader]] = {
    ImportFormat.CSV: CsvOfTool,
    ImportFormat.JSON: JsonOfTool,
    ImportFormat.JSONL: JsonlOfTool,
    ImportFormat.PARQUET: ParquetOfTool,
    ImportFormat.ZIP: ZipOfTables,
}


def reader_of(
    stored: IO[bytes], project: Project, format: str, file_name: str, options: dict[str, Any],  # noqa: A002
    notes: ImportNotes | None = None,
) -> Reader:  # fmt: skip
    """What reads an upload of this format for this project."""
    of_tool = (options.get(READ_AS) or AS_IT_STANDS) != AS_IT_STANDS
    return (_OF_TOOLS if of_tool else READERS)[format](
        stored, modality=project.modality, options=options, file_name=file_name, kind=kind_of(project), notes=notes
    )


def tool_of_upload(
    stored: IO[bytes], project: Project, format: str, file_name: str, said: str = ""  # noqa: A002
) -> str:  # fmt: skip
    """Whose file an upload is, as the option ``tool`` has it: what was ``said``, else by its content; "" for nobody's.
    Raises ImportRefused."""
    if said == AS_IT_STANDS or format in (ImportFormat.ROWS, ImportFormat.IMAGE):
        return said
    kind = kind_of(project)
    if format != ImportFormat.ZIP:
        return said or tool_in(stored, format, file_name, kind)
    if holds_tables(stored, project.modality, kind):
        return TABLES
    if project.modality != Modality.IMAGE:
        raise ImportRefused("This project takes csv, jsonl, json, parquet; the zip holds none of them.")
    return ""


__all__ = ["READERS", "READ_AS", "Reader", "reader_of", "tool_of_upload"]
