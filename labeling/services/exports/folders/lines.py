"""Rows as JSON text in pieces, for formats made of objects."""

import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import orjson

OBJECTS_A_PIECE = 500
READ_BYTES = 1024 * 1024


def json_lines(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """An object a line; nothing for no object."""
    objects = iter(objects)
    while group := list(islice(objects, OBJECTS_A_PIECE)):
        yield b"".join([orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in group])


def json_array(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One array, an object a line."""
    objects, opening = iter(objects), b"[\n"
    while group := list(islice(objects, OBJECTS_A_PIECE)):
        yield opening + b",\n".join(map(orjson.dumps, group))
        opening = b",\n"
    yield b"\n]\n" if opening == b",\n" else b"[]\n"


def lines_in(archive: zipfile.ZipFile, name: str) -> int:
    """How many lines a file has."""
    with archive.open(name) as file:
        return sum(piece.count(b"\n") for piece in iter(partial(file.read, READ_BYTES), b""))
