"""What was answered of a file, as a file again: a row each, in their order."""

import gzip
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import orjson

from labeling.kinds import kind_of
from labeling.selectors.columns import Column
from labeling.services.exports import FORMATS
from learning.models import PredictionFile
from learning.services import files


def result_of(asked: PredictionFile, format: str) -> Iterator[bytes]:  # noqa: A002 - the contract's name
    """The result in pieces, in memory that does not grow with it. Raises files.Corrupt while it is read."""
    return FORMATS[format].write(_columns(asked), _rows(asked), kind_of(asked.project))


def name_of(asked: PredictionFile, format: str) -> str:  # noqa: A002
    """What the result is called: as what was sent."""
    return f"{PurePosixPath(asked.file_name).stem or 'rows'}-predictions.{FORMATS[format].extension}"


def _columns(asked: PredictionFile) -> list[Column]:
    types = {
        "row": "integer", "id": "text", "status": "text", "label": kind_of(asked.project).value_type,
        "probabilities": "json",
        "sure": "number", "band": "text", "model": "integer", "prediction": "text", "field": "text", "reason": "text",
    }  # fmt: skip
    return [Column(name, type_) for name, type_ in types.items()]


def _rows(asked: PredictionFile) -> Iterator[dict[str, Any]]:
    for name, sha256, _ in asked.parts:
        for line in gzip.decompress(files.load(name, sha256)).splitlines():
            yield orjson.loads(line)
