"""One JSON object a line. A bad line is one rejection."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from math import inf
from typing import Any

import orjson
from django.conf import settings

from labeling.services.imports.columns.mapping import LEFT_OUT
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.names import ColumnNames, plain_name
from labeling.services.imports.readers.base import Numbered, Reader
from labeling.services.imports.readers.lines import BLOCK_BYTES, blocks, encoding_of
from labeling.services.imports.records.row_names import row_name
from labeling.services.imports.records.rows import Rejection

#: Lines in which a column that was chosen by name must turn up.
HEAD_LINES = 200
_CONSTANTS = {"NaN": None, "Infinity": inf, "-Infinity": -inf}
_DIGITS_AS_ZEROS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
#: What a number that may not fit into 64 bits looks like then; and one that does not, but for a few of 20 digits.
_PERHAPS_LONG = b"0" * 19
_LONG_NUMBER = re.compile(rb"\d{20}|-\d{19}")


class JsonlReader(Reader):
    #: whether any of the lines just read may hold one
    has_long_numbers = False

    def check(self) -> None:
        self.file.seek(0)
        encoding_of(self.file.read(BLOCK_BYTES))
        if self.modality == "image" and not self.kind.rows_name_items:
            raise ImportRefused("A project of pictures needs pictures: upload a zip of them or one picture.")
        self.names = ColumnNames(self.modality, self.kind, self.notes, self.mapping)
        if self.as_it_is:
            return
        if self.mapping.chosen:
            self.mapping.fits(self._first_columns())
        first = next((line for line in self._lines() if isinstance(line, bytes) and line.strip()), b"")
        try:
            record = orjson.loads(first)
        except ValueError:
            return  # that line's rejection
        if type(record) is dict:
            self.names.of(tuple(record))

    def _first_columns(self) -> list[str]:
        """The columns of the first rows, among which those that were chosen must be."""
        found: dict[str, None] = {}
        for line in islice(self._lines(), HEAD_LINES):
            if isinstance(line, Rejection):
                continue
            with suppress(ValueError):  # that line's rejection
                record = orjson.loads(line)
                found.update(dict.fromkeys(record if type(record) is dict else ()))
        return list(found)

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
            except ValueError as error:  # NaN, Infinity and 1e999 are no JSON, though many programs write them
                record = self._slowly(number, line, f"Not valid JSON: {error}.")
            else:
                if self.has_long_numbers and _perhaps_long(line) and _LONG_NUMBER.search(line):
                    # orjson rounds what does not fit into 64 bits: two ids would be one
                    record = self._slowly(number, line)
            if type(record) is dict:
                yield number, record if tuple(record) in self.names.unchanged else self._named(number, record)
            elif type(record) is Rejection:
                yield number, record
            else:
                yield number, Rejection(number, f"Expected a JSON object, found {_json_kind(record)}.")

    def _slowly(self, number: int, line: bytes, why: str = "") -> Any:
        """What ``_exact`` finds, else a rejection that says ``why`` or what is wrong."""
        try:
            return self._exact(line)
        except (ValueError, ArithmeticError, RecursionError) as error:
            return Rejection(number, (why or f"Cannot be read: {error}.")[:500])

    def _exact(self, line: bytes) -> Any:
        """The line read slowly: whole numbers of any length, decimals in reserved columns digit for digit, NaN as null.
        Raises ValueError, ArithmeticError, RecursionError."""
        record = json.loads(line.decode(), parse_float=Decimal, parse_constant=_CONSTANTS.get)
        if type(record) is dict:
            for name, value in record.items():
                if self.mapping.chosen.get(name, plain_name(name)) not in self.reserved or type(value) is dict:
                    record[name] = _floats(value)
            self.empty_infinities(record)
        return record

    def _named(self, number: int, record: dict[str, Any]) -> dict[str, Any] | Rejection:
        columns = tuple(record)
        if self.as_it_is:
            return record
        try:
            names = self.names.of(columns)
        except ImportRefused as refused:  # of this line's columns; others may have their own
            return Rejection(number, refused.reason, name=row_name(record.get("id"), record))
        if names == columns:
            return record
        record = dict(zip(names, record.values(), strict=True))
        if self.mapping.chosen:
            record.pop(LEFT_OUT, None)
        return record

    def _lines(self) -> Iterator[bytes | Rejection]:
        self.file.seek(0)
        encoding, skip = encoding_of(self.file.read(BLOCK_BYTES))
        longest = 4 * settings.IMPORT_MAX_CELL_BYTES + BLOCK_BYTES
        carry, dropping = b"", False
        for block in self._blocks(encoding, skip):
            piece = carry + block
            self.has_long_numbers = _perhaps_long(piece)  # a look at many lines costs a tenth of one at each
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


def _perhaps_long(text: bytes) -> bool:
    return _PERHAPS_LONG in text.translate(_DIGITS_AS_ZEROS)


def _floats(value: Any) -> Any:
    """Decimals as the floating-point numbers that every reader of JSON makes of them."""
    if type(value) is Decimal:
        return float(value)
    if type(value) is dict:
        return {name: _floats(inner) for name, inner in value.items()}
    return [_floats(inner) for inner in value] if type(value) is list else value


def _json_kind(value: Any) -> str:
    return {list: "an array", str: "a string", bool: "true or false", type(None): "null"}.get(type(value), "a number")
