"""One module a format. Adding a format is one module and one line here."""

from labeling.models import ImportFormat
from labeling.services.imports.readers.base import Reader
from labeling.services.imports.readers.csv import CsvReader
from labeling.services.imports.readers.image import ImageReader
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.parquet import ParquetReader
from labeling.services.imports.readers.zip import ZipReader

READERS: dict[str, type[Reader]] = {
    ImportFormat.CSV: CsvReader,
    ImportFormat.JSONL: JsonlReader,
    ImportFormat.ROWS: JsonlReader,
    ImportFormat.PARQUET: ParquetReader,
    ImportFormat.ZIP: ZipReader,
    ImportFormat.IMAGE: ImageReader,
}

__all__ = ["READERS", "Reader"]
