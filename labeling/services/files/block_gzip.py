"""Files kept as gzip that can be read from any place: independent blocks, each of which says how long it is.

The whole is an ordinary gzip file of many members (``gunzip`` reads it). Every member holds ``BLOCK_BYTES`` of the
content, the last one fewer, and names its own length in the extra field of its header, as BGZF of genomics does: the
block at an offset is found by hopping over the headers before it, without decompressing what they hold.
"""

import io
import struct
import zlib
from typing import IO

BLOCK_BYTES = 1024 * 1024
LEVEL = 3
#: magic, deflate, flag "extra field", no time, no hint, unknown system; length of the extra field; its one part "QT".
_HEADER = struct.Struct("<4sIBBH2sHI")
_TRAILER = struct.Struct("<II")


class BlockWriter:
    """Compresses what is written, the same bytes for the same content, whatever pieces it comes in."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size_bytes = 0
        self._waiting = bytearray()

    def write(self, piece: bytes) -> None:
        self._waiting += piece
        while len(self._waiting) >= BLOCK_BYTES:
            self._store(bytes(self._waiting[:BLOCK_BYTES]))
            del self._waiting[:BLOCK_BYTES]

    def finish(self) -> None:
        """Writes the last block. The file stays open."""
        if self._waiting or not self.size_bytes:
            self._store(bytes(self._waiting))
            self._waiting.clear()

    def _store(self, content: bytes) -> None:
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(content) + packer.flush()
        length = _HEADER.size + len(packed) + _TRAILER.size
        self.file.write(_HEADER.pack(b"\x1f\x8b\x08\x04", 0, 0, 255, 8, b"QT", 4, length))
        self.file.write(packed)
        self.file.write(_TRAILER.pack(zlib.crc32(content), len(content)))
        self.size_bytes += length


class BlockReader(io.RawIOBase):
    """The content of such a file; ``seek`` reads one short header a block on the way. Raises OSError when damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self.file = file
        self._starts = [0]
        self._position = 0
        self._number = -1
        self._block = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        offset += {io.SEEK_SET: lambda: 0, io.SEEK_CUR: self.tell, io.SEEK_END: self._size}[whence]()
        if offset < 0:
            raise ValueError("before the beginning")
        self._position = offset
        return offset

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        number, inside = divmod(self._position, BLOCK_BYTES)
        piece = self._block_at(number)[inside : inside + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self.file.close()
        super().close()

    def _block_at(self, number: int) -> bytes:
        if number == self._number:
            return self._block
        while len(self._starts) <= number:
            length = self._length_at(self._starts[-1])
            if length is None:
                return b""
            self._starts.append(self._starts[-1] + length)
        length = self._length_at(self._starts[number])
        if length is None:
            return b""
        packed = self.file.read(length - _HEADER.size)
        try:
            content = zlib.decompress(packed[: -_TRAILER.size], -zlib.MAX_WBITS)
        except zlib.error as error:
            raise OSError(f"block {number} is damaged: {error}") from error
        if _TRAILER.unpack(packed[-_TRAILER.size :]) != (zlib.crc32(content), len(content)):
            raise OSError(f"block {number} is damaged")
        self._number, self._block = number, content
        return content

    def _size(self) -> int:
        """Length of the content: all blocks but the last one are full."""
        while (length := self._length_at(self._starts[-1])) is not None:
            self._starts.append(self._starts[-1] + length)
        number = len(self._starts) - 2  # the last start is where the file ends
        return number * BLOCK_BYTES + len(self._block_at(number)) if number >= 0 else 0

    def _length_at(self, start: int) -> int | None:
        """Length of the block that begins there; None at the end of the file. The file stands behind its header."""
        self.file.seek(start)
        header = self.file.read(_HEADER.size)
        if not header:
            return None
        if len(header) < _HEADER.size:
            raise OSError("the file is cut short")
        magic, _, _, _, _, name, _, length = _HEADER.unpack(header)
        if magic != b"\x1f\x8b\x08\x04" or name != b"QT":
            raise OSError("no block begins there")
        return int(length)
