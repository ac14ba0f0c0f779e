"""A zip that is made while it is read: the same content is the same bytes, and none of it stays in memory.

Written here and not by ``zipfile``, which keeps an object of a kB for every file until the end and spends on a small
picture three times what it takes to read it (decision 0084). The bytes are those that ``zipfile`` writes, which a test
holds them to.
"""

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial

SPOOL_BYTES = 8 * 1024 * 1024
COPY_BYTES = 1024 * 1024

STORED, DEFLATED = 0, 8
_QUICKEST = 1
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR, _LARGE_DESCRIPTOR = struct.Struct("<4s3L"), struct.Struct("<4sL2Q")
_LISTED = struct.Struct("<4s2B5H3L5H2L")
_LARGE_END = struct.Struct("<4sQ2H2L4Q4sLQL")
_END = struct.Struct("<4s4H2LH")
_EXTRA = struct.Struct("<2H")

_VERSION, _LARGE_VERSION = 20, 45  # of the format that a reader has to know: what is beyond 4 GB is of the second
_UNIX = 3
_MODE = 0o600 << 16
_SIZES_FOLLOW = 8
_EARLIEST = 33  # 1980-01-01, the first day there is: a date of its own would be other bytes each time
_LARGE_EXTRA = 1
_MOST_FILES = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
#: Beyond 2 GiB, as ``zipfile`` has it: there are readers that take the numbers as signed ones.
LARGE_BYTES = 0x7FFFFFFF


class Archive:
    """Files one after the other. What is kept of a file is its line in the list at the end, which is on disk where it
    is long."""

    def __init__(self) -> None:
        self._listed = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  # closed by ``end``
        self._n_files = 0
        self._position = 0
        self._taken_to = 0
        self._pending: list[bytes] = []
        self._lines: list[bytes] = []

    @property
    def pending_bytes(self) -> int:
        """How many are waiting for ``take``."""
        return self._position - self._taken_to

    def put(self, name: str, content: bytes) -> None:
        """A file as it is, among what ``take`` gives next."""
        said, size_bytes, crc, at = name.encode("ascii"), len(content), zlib.crc32(content), self._position
        if size_bytes > LARGE_BYTES:
            raise ValueError(f"{name} is too large to be put in as a whole.")
        sizes = (crc, size_bytes, size_bytes, len(said))
        self._pending += (_LOCAL.pack(b"PK\3\4", _VERSION, 0, STORED, 0, _EARLIEST, *sizes, 0), said, content)
        self._position = at + _LOCAL.size + len(said) + size_bytes
        if at > LARGE_BYTES:
            self._list(said, at, STORED, 0, crc, size_bytes, size_bytes, _VERSION)
            return
        self._lines += (
            _LISTED.pack(b"PK\1\2", _VERSION, _UNIX, _VERSION, 0, STORED, 0, _EARLIEST, *sizes, 0, 0, 0, 0, _MODE, at),
            said,
        )  # what ``_list`` would write, in a third of its time
        self._n_files += 1

    def take(self) -> bytes:
        """The archive's next bytes."""
        self._listed.write(b"".join(self._lines))
        taken = b"".join(self._pending)
        self._pending, self._lines, self._taken_to = [], [], self._position
        return taken

    def add(
        self, name: str, pieces: Iterable[bytes], *, squeeze: bool = False, is_large: bool = False
    ) -> Iterator[bytes]:
        """The archive's next bytes: a file whose size is known when it has gone by. ``squeeze`` what is text;
        ``is_large`` may be more than 2 GiB."""
        said, at = name.encode("ascii"), self._position
        method, version = DEFLATED if squeeze else STORED, _LARGE_VERSION if is_large else _VERSION
        extra = _EXTRA.pack(_LARGE_EXTRA, 16) + bytes(16) if is_large else b""
        sizes = _IN_EXTRA if is_large else 0
        fields = (version, _SIZES_FOLLOW, method, 0, _EARLIEST, 0, sizes, sizes, len(said), len(extra))
        yield self.take() + self._moved(_LOCAL.pack(b"PK\3\4", *fields) + said + extra)
        packer = zlib.compressobj(_QUICKEST, zlib.DEFLATED, -15) if squeeze else None
        crc, size_bytes, begins = 0, 0, self._position
        for piece in pieces:
            crc, size_bytes = zlib.crc32(piece, crc), size_bytes + len(piece)
            if packed := self._moved(packer.compress(piece) if packer else piece):
                yield packed
        rest = self._moved(packer.flush() if packer else b"")
        packed_bytes = self._position - begins
        if not is_large and max(size_bytes, packed_bytes) > LARGE_BYTES:
            raise ValueError(f"{name} is larger than it was said to be.")
        descriptor = _LARGE_DESCRIPTOR if is_large else _DESCRIPTOR
        yield rest + self._moved(descriptor.pack(b"PK\7\10", crc, packed_bytes, size_bytes))
        self._list(said, at, method, _SIZES_FOLLOW, crc, packed_bytes, size_bytes, version)

    def end(self) -> Iterator[bytes]:
        """The last bytes: the list of the files."""
        if rest := self.take():
            yield rest
        at, size_bytes = self._position, self._listed.tell()
        self._listed.seek(0)
        with self._listed:
            yield from iter(partial(self._listed.read, COPY_BYTES), b"")
        n_files = self._n_files
        if n_files > _MOST_FILES or max(at, size_bytes) > LARGE_BYTES:
            fields = (44, _LARGE_VERSION, _LARGE_VERSION, 0, 0, n_files, n_files, size_bytes, at)
            yield _LARGE_END.pack(b"PK\6\6", *fields, b"PK\6\7", 0, at + size_bytes, 1)
            n_files = min(n_files, _MOST_FILES)
            at, size_bytes = min(at, _IN_EXTRA), min(size_bytes, _IN_EXTRA)
        yield _END.pack(b"PK\5\6", 0, 0, n_files, n_files, size_bytes, at, 0)

    def _moved(self, written: bytes) -> bytes:
        self._position += len(written)
        self._taken_to = self._position
        return written

    def _list(
        self, name: bytes, at: int, method: int, flags: int, crc: int, packed_bytes: int, size_bytes: int, version: int
    ) -> None:
        """A line of the list at the end; numbers that have no room in it go into its extra field."""
        large: list[int] = []
        if max(size_bytes, packed_bytes) > LARGE_BYTES:
            large += (size_bytes, packed_bytes)
            size_bytes = packed_bytes = _IN_EXTRA
        if at > LARGE_BYTES:
            large.append(at)
            at = _IN_EXTRA
        extra = b""
        if large:
            extra = struct.pack(f"<2H{len(large)}Q", _LARGE_EXTRA, 8 * len(large), *large)
            version = _LARGE_VERSION
        line = _LISTED.pack(
            b"PK\1\2", version, _UNIX, version, flags, method, 0, _EARLIEST, crc, packed_bytes, size_bytes, len(name),
            len(extra), 0, 0, 0, _MODE, at,
        )  # fmt: skip
        self._lines += (line, name, extra)
        self._n_files += 1
