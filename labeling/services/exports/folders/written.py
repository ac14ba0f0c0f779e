"""Reads back what ``Archive`` wrote. ``zipfile`` would hold a kB for every picture; here one line is held at a time."""

import struct
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from labeling.services.exports.folders.archive import DEFLATED, STORED

READ_BYTES = 256 * 1024

_END = struct.Struct("<4s4H2LH")
_LARGE_END_PLACE = struct.Struct("<4sLQL")
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
_LISTED = struct.Struct("<4s2B5H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_IN_EXTRA = 0xFFFFFFFF


class BrokenArchive(ValueError):
    """What was read is not what was written."""


class Listed(NamedTuple):
    """A file by the list at the end; ``at`` its head begins."""

    name: str
    method: int
    crc: int
    packed_bytes: int
    size_bytes: int
    at: int


class WrittenArchive:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def files(self, ending: str) -> Iterator[Iterator[bytes]]:
        """The content of those whose names end so, each in pieces. Raises BrokenArchive."""
        for listed in self.listed():
            if listed.name.endswith(ending):
                yield self._pieces(listed)

    def listed(self) -> Iterator[Listed]:
        """All of them."""
        at, n_files = self._list()
        for _ in range(n_files):
            self._file.seek(at)
            fields = self._unpacked(_LISTED, b"PK\1\2")
            method, crc, packed_bytes, size_bytes = fields[5], *fields[8:11]
            name, extra = self._file.read(fields[11]).decode("ascii"), self._file.read(fields[12])
            large = iter(struct.unpack(f"<{len(extra[4:]) // 8}Q", extra[4:]))
            size_bytes, packed_bytes, head = (
                next(large) if number == _IN_EXTRA else number for number in (size_bytes, packed_bytes, fields[17])
            )
            at += _LISTED.size + len(name) + len(extra)
            yield Listed(name, method, crc, packed_bytes, size_bytes, head)

    def _list(self) -> tuple[int, int]:
        """Where the list begins, and of how many files it is."""
        ends = self._file.seek(-_END.size, 2)
        *_, n_files, _, at, _ = self._unpacked(_END, b"PK\5\6")
        self._file.seek(max(ends - _LARGE_END_PLACE.size, 0))
        signature, _, large_end, _ = _LARGE_END_PLACE.unpack(self._file.read(_LARGE_END_PLACE.size))
        if signature == b"PK\6\7":
            self._file.seek(large_end)
            *_, n_files, _, at = self._unpacked(_LARGE_END, b"PK\6\6")
        return at, n_files

    def _pieces(self, listed: Listed) -> Iterator[bytes]:
        self._file.seek(listed.at)
        *_, n_name, n_extra = self._unpacked(_LOCAL, b"PK\3\4")
        at = listed.at + _LOCAL.size + n_name + n_extra
        ends, crc, size_bytes = at + listed.packed_bytes, 0, 0
        if listed.method not in (STORED, DEFLATED):
            raise BrokenArchive(f"{listed.name} is packed by the method {listed.method}.")
        unpack = zlib.decompressobj(-15).decompress if listed.method == DEFLATED else bytes
        while at < ends:
            self._file.seek(at)
            packed = self._file.read(min(READ_BYTES, ends - at))
            if not packed:
                break
            at += len(packed)
            piece = unpack(packed)
            crc, size_bytes = zlib.crc32(piece, crc), size_bytes + len(piece)
            yield piece
        if (crc, size_bytes) != (listed.crc, listed.size_bytes):
            raise BrokenArchive(f"{listed.name} has another checksum than the list says.")

    def _unpacked(self, form: struct.Struct, signature: bytes) -> tuple[int, ...]:
        """Raises BrokenArchive."""
        given = self._file.read(form.size)
        if len(given) < form.size or not given.startswith(signature):
            raise BrokenArchive("The list of the files is not where it was written.")
        return form.unpack(given)
