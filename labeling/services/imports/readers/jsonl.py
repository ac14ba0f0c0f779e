"""One JSON object a line. A bad line is one rejection."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
from django.conf import settings

from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.readers.lines import BLOCK_BYTES, blocks, encoding_of
from labeling.services.imports.rows import Rejection

_DIGITS_AS_ZEROS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
#: What a number that may not fit into 64 bits looks like then.
_LONG_NUMBER = b"0" * 19


class JsonlReader(Reader):
    #: whether any of the lines just read holds one
    has_long_numbers = False

    def check(self) -> None:
        self.file.seek(0)
        encoding_of(self.file.read(BLOCK_BYTES))
        if self.modality == "image" and not self.kind.rows_name_items:
            raise ImportRefused("A project of pictures needs pictures: upload a zip of them or one picture.")

    def records(self, start: int) -> Iterator[Numbered]:
        self.check()
        number = 0
        for line in self._lines():
            if isinstance(line, bytes) and (not line or line.isspace()):
                continue
            number += 1
            if number <= start:
                continue
            if isinstance(line, Rejection):
                yield number, Rejection(number, line.reason)
                continue
            try:
                record = orjson.loads(line)
                if self.has_long_numbers and _has_long_number(line):
                    record = json.loads(line)  # orjson rounds what does not fit into 64 bits: two ids would be one
            except ValueError as error:
                yield number, Rejection(number, f"Not valid JSON: {error}."[:500])
                continue
            if type(record) is dict:
                yield number, record
            else:
                yield number, Rejection(number, f"Expected a JSON object, found {_json_kind(record)}.")

    def _lines(self) -> Iterator[bytes | Rejection]:
        self.file.seek(0)
        encoding, skip = encoding_of(self.file.read(BLOCK_BYTES))
        longest = 4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES
        carry, dropping = b"", False
        for block in self._blocks(encoding, skip):
            piece = carry + block
            self.has_long_numbers = _has_long_number(piece)  # a look at many lines costs a tenth of one at each
            *lines, rest = piece.split(b"\n")
            if dropping and lines:
                yield Rejection(0, f"The line is longer than {longest:,} bytes.")
                lines, dropping = lines[1:], False
            yield from lines
            carry = b"" if dropping else rest
            if len(carry) > longest:
                carry, dropping = b"", True
        if dropping:
            yield Rejection(0, f"The line is longer than {longest:,} bytes.")
        elif carry:
            yield carry

    def _blocks(self, encoding: str, skip: int) -> Iterator[bytes]:
        if encoding != "utf-8":
            for text in blocks(self.file, encoding, skip):
                yield text.encode(errors="surrogatepass")
            return
        self.file.seek(skip)
        while block := self.file.read(BLOCK_BYTES):
            yield block


def _has_long_number(text: bytes) -> bool:
    return _LONG_NUMBER in text.translate(_DIGITS_AS_ZEROS)


def _json_kind(value: Any) -> str:
    return {list: "an array", str: "a string", bool: "true or false", type(None): "null"}.get(type(value), "a number")
