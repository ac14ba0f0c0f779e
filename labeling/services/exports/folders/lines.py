"""Rows as JSON text in pieces, for formats made of objects. Each is written as it comes: objects that wait for others
are work for the garbage collector."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import orjson

OBJECTS_A_PIECE = 200


def json_lines(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """An object a line; nothing for no object."""
    lines = map(partial(orjson.dumps, option=orjson.OPT_APPEND_NEWLINE), objects)
    while piece := b"".join(islice(lines, OBJECTS_A_PIECE)):
        yield piece


def json_array(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One array, an object a line."""
    written, opening = map(orjson.dumps, objects), b"[\n"
    while piece := b",\n".join(islice(written, OBJECTS_A_PIECE)):
        yield opening + piece
        opening = b",\n"
    yield b"\n]\n" if opening == b",\n" else b"[]\n"


def lines_in(pieces: Iterable[bytes]) -> int:
    """How many lines a file has."""
    return sum(piece.count(b"\n") for piece in pieces)
