"""One JSON array of objects, an object at a time: memory does not grow with the file. Its objects are read as lines."""

import json
import re
from collections.abc import Iterator

from django.conf import settings

from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.base import BEGINNING
from labeling.services.imports.readers.jsonl import JsonlReader
from labeling.services.imports.readers.lines import BLOCK_BYTES, blocks, encoding_of
from labeling.services.imports.records.rows import Rejection

_BLANKS = re.compile(r"[ \t\r\n\ufeff]*")
_DECODER = json.JSONDecoder()


class JsonReader(JsonlReader):
    def _lines(self) -> Iterator[bytes | Rejection]:
        self.has_long_numbers = True  # asked of each object: a block does not know where the next one ends
        self.file.seek(0)
        pieces = blocks(self.file, *encoding_of(self.file.read(BLOCK_BYTES)))
        array = _Array(4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES)
        for piece in pieces:
            array.text, array.at = array.text[array.at :] + piece, 0
            while found := array.take():
                yield found.encode(errors="surrogateescape")
        array.wanted, array.is_last = 0, True
        while found := array.take():
            yield found.encode(errors="surrogateescape")
        if not array.is_closed and not self.options.get(BEGINNING):
            raise ImportRefused(f"The JSON array is broken or cut off after {array.number:,} objects.")


class _Array:
    """The text of an array as far as it was read. ``wanted`` characters are due before a long object is tried again:
    each time twice as many, or reading it would take the square of its length."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.text = ""
        self.at = 0
        self.number = 0
        self.wanted = 0
        self.is_last = False
        self.is_closed = False
        self._expects = "["

    def take(self) -> str:
        """The next object; "" where the text does not hold all of it, and after the last. Raises ImportRefused."""
        while not self.is_closed:
            self.at = _BLANKS.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self.at == len(self.text):
                return ""
            if not self._expects:
                if self.text[self.at] != "]":
                    return self._object()
                self.is_closed = True
            elif self.text[self.at] == self._expects:
                self._expects = ""
                self.at += 1
            elif self._expects == "," and self.text[self.at] == "]":
                self.is_closed = True
            else:
                raise ImportRefused(
                    f"The JSON array is broken after {self.number:,} objects: {self._expects} is missing."
                )
        return ""

    def _object(self) -> str:
        there = len(self.text) - self.at
        if there < self.wanted:
            return ""
        try:
            _, end = _DECODER.raw_decode(self.text, self.at)
        except (ValueError, RecursionError):
            end = 0
        if not end or (end == len(self.text) and not self.is_last):  # a number may go on
            if there > self.longest:
                raise ImportRefused(
                    f"Object {self.number + 1:,} of the JSON array is broken, or longer than {self.longest:,} bytes."
                )
            self.wanted = 2 * there
            return ""
        found = self.text[self.at : end]
        self.at, self.wanted, self._expects = end, 0, ","
        self.number += 1
        return found
