"""A request's body as it comes: framing, and where it is kept until it is whole."""

import io
import os
import re
import tempfile
from pathlib import Path
from typing import IO, Protocol

from gunicorn.http import errors

MEMORY_BYTES = 128 * 1024  # a body of at most this never touches the disk
FLUSH_BYTES = 512 * 1024
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_LONGEST_LINE = 4096
_LONGEST_TRAILER = 16 * 1024


class Framing(Protocol):
    """Where a body ends. ``take`` moves what belongs to it from ``data`` to ``body``."""

    is_whole: bool

    def take(self, data: bytearray, body: "Body") -> None: ...


class OfLength:
    """Content-Length."""

    def __init__(self, length: int) -> None:
        self.left = length
        self.is_whole = length == 0

    def take(self, data: bytearray, body: "Body") -> None:
        if len(data) <= self.left:
            body.add(data)
            self.left -= len(data)
            data.clear()
        else:
            body.add(data[: self.left])
            del data[: self.left]
            self.left = 0
        self.is_whole = self.left == 0


class Chunked:
    """Transfer-Encoding: chunked. Raises gunicorn's errors for what is malformed; trailers are read and dropped."""

    def __init__(self) -> None:
        self.is_whole = False
        self.left = 0  # of the chunk
        self.needs_end = False  # the CRLF behind a chunk's bytes
        self.in_trailer = False
        self.trailer_bytes = 0

    def take(self, data: bytearray, body: "Body") -> None:
        while data and not self.is_whole:
            if self.left:
                part = data[: self.left]
                body.add(part)
                self.left -= len(part)
                del data[: len(part)]
                self.needs_end = self.left == 0
            elif self.needs_end:
                if len(data) < 2:
                    return
                if data[:2] != b"\r\n":
                    raise errors.ChunkMissingTerminator(bytes(data[:2]))
                del data[:2]
                self.needs_end = False
            elif not self._line(data):
                return

    def _line(self, data: bytearray) -> bool:
        """Reads a size line or a line of the trailer; False when it has not come whole."""
        end = data.find(b"\r\n", 0, _LONGEST_LINE)
        if end < 0:
            if len(data) >= _LONGEST_LINE or b"\n" in data:
                raise errors.InvalidChunkSize(bytes(data[:20]))
            return False
        line = bytes(data[:end])
        del data[: end + 2]
        if self.in_trailer:
            self.trailer_bytes += len(line)
            if self.trailer_bytes > _LONGEST_TRAILER:
                raise errors.LimitRequestHeaders("trailer")
            self.is_whole = not line
            return True
        match = _SIZE_LINE.fullmatch(line)
        if not match:
            raise errors.InvalidChunkSize(line[:20])
        self.left = int(match[1], 16)
        self.in_trailer = self.left == 0
        return True


class Body:
    """What has come: in memory while it is small, then in a file without a name, of which a kill leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self.memory = bytearray()
        self.file: IO[bytes] | None = None

    def add(self, data: bytes | bytearray) -> None:
        self.memory += data
        self.size += len(data)

    @property
    def wants_flush(self) -> bool:
        return len(self.memory) > (FLUSH_BYTES if self.file else MEMORY_BYTES)

    def flush(self) -> None:
        """Moves what is in memory to the file. Blocks on the disk: never called by the loop. Raises OSError."""
        if self.file is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 - closed by `close`
        left = memoryview(self.memory)
        while left:
            left = left[os.write(self.file.fileno(), left) :]
        del left
        self.memory = bytearray()

    def opened(self) -> IO[bytes]:
        """``wsgi.input``: the whole body from its start."""
        if self.file is None:
            return io.BytesIO(self.memory)
        os.lseek(self.file.fileno(), 0, os.SEEK_SET)
        return io.BufferedReader(self.file, 256 * 1024)  # type: ignore[type-var]

    def close(self) -> None:
        self.memory = bytearray()
        if self.file is not None:
            self.file.close()
            self.file = None
