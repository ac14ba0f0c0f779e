"""A single picture is an import of one row."""

from collections.abc import Iterator
from typing import Any

from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.records.rows import PICTURE


class ImageReader(Reader):
    chunk_rows = 1

    def check(self) -> None:
        if self.modality != "image":
            raise ImportRefused("A picture cannot go into a project of texts or table rows.")

    def head(self, records: int) -> tuple[list[str], list[dict[str, Any]]]:
        return [], []  # a picture has no columns

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        self.total = 1
        if start < 1:
            self.file.seek(0)
            yield 1, {PICTURE: self.file.read(), "image": self.file_name}
