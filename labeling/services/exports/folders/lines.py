"""Rows as JSON text in pieces, for formats made of objects."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

OBJECTS_A_PIECE = 500


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


def lines_in(pieces: Iterable[bytes]) -> int:
    """How many lines a file has."""
    return sum(piece.count(b"\n") for piece in pieces)
