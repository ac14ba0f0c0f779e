"""What a request asks about, row by row, read as an import would read it: the same texts, numbers and hashes."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import orjson
from django.conf import settings

from labeling.models import Modality
from labeling.services.imports.errors import RowRejected
from labeling.services.imports.records.rows import RowBuilder
from labeling.services.items.decoding import PictureRejected
from labeling.services.validation.errors import Invalid
from learning.services.features.contents import pixels_of

MOST_ROWS = 1_000
#: Decoded pictures that are in memory at once: so many, or the one with which they have so many bytes.
PICTURES_AT_ONCE = 16
PICTURES_BYTES = 64 * 1024**2
TEXTS_AT_ONCE = 512
#: Said of a row of an import, and nothing that a model is asked by; the second where the table has no such features.
_NOT_ASKED = ("label", "split", "origin", "group")
_KNOWN_ANSWER = ("gold", "explanation")


@dataclass
class Asked:
    """Rows of one request by number from 0: ``hashes`` name their contents as those of items, ``refused`` says of a row
    that is none (field, reason). ``contents`` are texts, table rows, or bytes of pictures that are not decoded yet."""

    n: int = 0
    hashes: list[str] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)
    #: as they were sent, rows or bytes of pictures, until they are answered
    sent: dict[int, Any] = field(default_factory=dict)
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)

    def add(self, content: Any, content_hash: str) -> None:
        self.n += 1
        self.contents.append(content)
        self.hashes.append(content_hash)

    def refuse(self, row: int, field: str, reason: str) -> None:
        self.refused[row] = field, reason


def read_json(builder: RowBuilder, body: bytes) -> Asked:
    """``{"rows": [{…}, …]}``, each as a row of an import without its label. Raises Invalid."""
    if builder.modality == Modality.IMAGE:
        raise Invalid("rows", "Pictures are sent as files, one for each row, in a form (multipart/form-data).")
    try:
        data = orjson.loads(body)
    except ValueError as error:
        raise Invalid("rows", f"The body is no JSON: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise Invalid("rows", 'Expected {"rows": [{…}, …]}.')
    if unknown := sorted(str(name) for name in data if name != "rows"):
        raise Invalid(unknown[0], "There is no such field.")
    rows = data["rows"]
    _check_number(len(rows))
    asked = Asked()
    for record in rows:
        if not isinstance(record, dict):
            asked.refuse(asked.n, "", "A row is an object, of names and values.")
            asked.add(None, "")
        else:
            add_record(asked, builder, record)
    builder.columns.clear()  # a builder of an import learns the columns of a table
    return asked


def add_record(asked: Asked, builder: RowBuilder, record: dict[str, Any]) -> None:
    """One row more, of names and values: a text or a row of a table. What is none is refused."""
    number = asked.n
    if builder.modality == Modality.TEXT and len(record) == 1 and type(record.get("text")) is str:
        asked.sent[number] = record
        try:
            asked.add(record["text"], builder.hash_of_text(record["text"]))
        except RowRejected as rejected:
            asked.refuse(number, rejected.field, rejected.reason)
            asked.add(None, "")
        return
    if named_inside := [name for name in record if "\0" in name]:  # by which readers hand things over
        asked.refuse(number, named_inside[0].replace("\0", "")[:100], "Holds a NUL character.")
        asked.add(None, "")
        return
    for name in _NOT_ASKED + (_KNOWN_ANSWER if builder.takes_gold else ()):
        record.pop(name, None)
    asked.sent[number] = dict(record)  # building a row takes it apart
    try:
        row = builder.build(number + 1, record)
    except RowRejected as rejected:
        asked.refuse(number, rejected.field, rejected.reason)
        asked.add(None, "")
    else:
        asked.add(row.text if builder.modality == Modality.TEXT else orjson.loads(row.data), row.content_hash)


def read_pictures(builder: RowBuilder, files: Sequence[IO[bytes]]) -> Asked:
    """One row a file, in their order. Raises Invalid."""
    if builder.modality != Modality.IMAGE:
        raise Invalid("rows", 'The items of this project are no pictures: send JSON, {"rows": [{…}, …]}.')
    _check_number(len(files))
    asked = Asked()
    for file in files:
        add_picture(asked, file.read(settings.IMPORT_MAX_IMAGE_BYTES + 1))
    return asked


def add_picture(asked: Asked, content: bytes) -> None:
    """One row more, the bytes of a picture; they are decoded when it is answered."""
    if not content:
        asked.refuse(asked.n, "image", "The file is empty.")
    elif len(content) > settings.IMPORT_MAX_IMAGE_BYTES:
        asked.refuse(asked.n, "image", f"A picture has at most {settings.IMPORT_MAX_IMAGE_BYTES:,} bytes.")
    asked.add(content, hashlib.sha256(content).hexdigest())


def _check_number(n: int) -> None:
    if not 1 <= n <= MOST_ROWS:
        raise Invalid("rows", f"From 1 to {MOST_ROWS:,} rows at once, not {n:,}.")


def blocks(asked: Asked, modality: str) -> Iterator[tuple[list[int], list[Any]]]:
    """(row numbers, contents as encoders read them), a block at a time; what is no picture is refused on the way."""
    is_picture = modality == Modality.IMAGE
    most = PICTURES_AT_ONCE if is_picture else TEXTS_AT_ONCE
    numbers: list[int] = []
    contents: list[Any] = []
    size_bytes = 0
    for number in range(asked.n):
        if number in asked.refused:
            continue
        content, asked.contents[number] = asked.contents[number], None
        if is_picture:
            asked.sent[number] = content
            try:
                content = pixels_of(content)
            except PictureRejected as rejected:
                asked.refuse(number, "image", rejected.reason)
                continue
            size_bytes += content.nbytes
        numbers.append(number)
        contents.append(content)
        if len(numbers) == most or size_bytes >= PICTURES_BYTES:
            yield numbers, contents
            numbers, contents, size_bytes = [], [], 0
    if numbers:
        yield numbers, contents
