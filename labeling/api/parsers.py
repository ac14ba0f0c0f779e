"""JSON bodies with a limit: DRF itself would read a body of any size into memory."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from labeling.api.exceptions import TooLarge
from labeling.services.machines.rows import UnreadableRow


class JsonLinesParser(BaseParser):
    """One JSON value a line, as ``{"rows": […]}``; a line that is none is the row's own fault, an empty one no row."""

    media_type = "application/jsonl"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = _LimitedBody(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE).read()
        return {"rows": [_row(line) for line in body.split(b"\n") if line.strip()]}


def _row(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return UnreadableRow("The line is no JSON.")


class LimitedJSONParser(JSONParser):
    """Refuses by Content-Length first, and by what was really sent where that is missing or wrong."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        try:
            return super().parse(_LimitedBody(stream, limit), media_type, parser_context)  # type: ignore[arg-type]
        except RecursionError as error:
            raise ParseError("JSON parse error: nested too deeply.") from error


class _LimitedBody:
    def __init__(self, stream: IO[Any], limit: int) -> None:
        self.stream = stream
        self.left = limit

    def read(self, size: int = -1) -> bytes:
        wanted = self.left + 1 if size is None or size < 0 else min(size, self.left + 1)
        data: bytes = self.stream.read(wanted)
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge
        return data
