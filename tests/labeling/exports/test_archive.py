"""The zip that data sets are written into: the bytes are those of a zipfile that marks what is large, whatever this
Python's does, and what reads zips reads it."""

import io
import random
import shutil
import struct
import subprocess
import tempfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from labeling.services.exports.folders import archive as archives
from labeling.services.exports.folders.archive import Archive
from labeling.services.exports.folders.written import BrokenArchive, WrittenArchive
from labeling.services.exports.sink import Sink

TEXT = "Grüße, 你好\n".encode() * 3_000
FILES = [
    ("label_config.xml", b"<View/>", {}),
    ("tasks.json", TEXT, {"squeeze": True, "is_large": True}),
    ("images/a.png", bytes(range(256)), None),
    ("images/empty.png", b"", None),
    ("train.parquet", random.Random(7).randbytes(70_000), {"is_large": True}),
    ("nothing.jsonl", b"", {"squeeze": True}),
    ("images/b.jpg", random.Random(8).randbytes(5_000), None),
]
IN_EXTRA = 0xFFFFFFFF


def marks_large() -> bool:
    """Older ones say in a head whose sizes are in its extra field that they are 0, and ask for any reader."""
    info = zipfile.ZipInfo("a")
    info.flag_bits = 8
    return info.FileHeader(zip64=True)[18:26] == struct.pack("<2L", IN_EXTRA, IN_EXTRA)


def pieces_of(content: bytes) -> list[bytes]:
    return [content[at : at + 20_000] for at in range(0, len(content), 20_000)]


def written(files) -> bytes:
    """``how`` None puts a file in as a whole."""
    archive, out = Archive(), []
    for name, content, how in files:
        if how is None:
            archive.put(name, content)
        else:
            out += archive.add(name, pieces_of(content), **how)
    return b"".join([*out, *archive.end()])


def by_zipfile(files) -> bytes:
    """Into a stream, as the archive does, what has its size behind it; else into a file that can be gone back in."""
    target = Sink() if files[0][2] is not None else io.BytesIO()
    with zipfile.ZipFile(target, "w", compresslevel=1) as archive:
        for name, content, how in files:
            archive.compression = zipfile.ZIP_DEFLATED if how and how.get("squeeze") else zipfile.ZIP_STORED
            with archive.open(name, "w", force_zip64=bool(how and how.get("is_large"))) as file:
                for piece in pieces_of(content):
                    file.write(piece)
    return target.take() if isinstance(target, Sink) else target.getvalue()


def is_large(how) -> bool:
    return bool(how and how.get("is_large"))


def check_bytes(files) -> None:
    """Those of zipfile, where it writes what is asked for."""
    if not marks_large():
        files = [one for one in files if not is_large(one[2])]
    if files:
        assert written(files) == by_zipfile(files)


def check(content: bytes, files) -> None:
    """Read by zipfile, by our own reader and, where there is one, by unzip."""
    expected = {name: said for name, said, _ in files}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    ours = WrittenArchive(io.BytesIO(content))
    assert [one.name for one in ours.listed()] == list(expected)
    assert [b"".join(pieces) for pieces in ours.files("")] == list(expected.values())
    if unzip := shutil.which("unzip"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "set.zip")
            path.write_bytes(content)
            subprocess.run([unzip, "-tqq", path], check=True, capture_output=True)


@pytest.mark.parametrize("whole", [True, False], ids=["put in as a whole", "in pieces"])
def test_the_bytes_are_those_of_zipfile(whole):
    files = [one for one in FILES if (one[2] is None) == whole]
    check_bytes(files)
    check(written(files), files)


def test_every_file_is_read_as_it_was_put_in():
    check(written(FILES), FILES)


def check_numbers(content: bytes, files, large_bytes: int) -> None:
    """Byte by byte as the format has it, without zipfile: heads, descriptors, the list and its end."""
    at, lines = 0, []
    for name, said, how in files:
        crc, squeeze = zlib.crc32(said), bool(how and how.get("squeeze"))
        version, flags, method = 45 if is_large(how) else 20, 0 if how is None else 8, 8 if squeeze else 0
        sizes = (IN_EXTRA, IN_EXTRA) if is_large(how) else (0, 0) if how is not None else (len(said), len(said))
        extra = struct.pack("<2H2Q", 1, 16, 0, 0) if is_large(how) else b""
        fields = (version, flags, method, 0, 33, crc if how is None else 0, *sizes, len(name), len(extra))
        head = struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name.encode() + extra
        assert content[at : at + len(head)] == head
        begins = at + len(head)
        packed_bytes, size_bytes = len(said), len(said)
        if squeeze:
            unpacker = zlib.decompressobj(-15)
            assert unpacker.decompress(content[begins:]) == said
            packed_bytes = len(content) - begins - len(unpacker.unused_data)
        else:
            assert content[begins : begins + size_bytes] == said
        descriptor = b""
        if how is not None:
            form = "<4sL2Q" if is_large(how) else "<4s3L"
            descriptor = struct.pack(form, b"PK\7\10", crc, packed_bytes, size_bytes)
        ends = begins + packed_bytes
        assert content[ends : ends + len(descriptor)] == descriptor
        large, place = [], at
        if max(size_bytes, packed_bytes) > large_bytes:
            large, sizes = [size_bytes, packed_bytes], (IN_EXTRA, IN_EXTRA)
        else:
            sizes = (packed_bytes, size_bytes)
        if at > large_bytes:
            large, place = [*large, at], IN_EXTRA
        extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        version = 45 if large else version
        fields = (version, 3, version, flags, method, 0, 33, crc, *sizes, len(name), len(extra), 0, 0, 0)
        lines.append(struct.pack("<4s2B5H3L5H2L", b"PK\1\2", *fields, 0o600 << 16, place) + name.encode() + extra)
        at = ends + len(descriptor)
    listed, n_files = b"".join(lines), len(files)
    fields = (44, 45, 45, 0, 0, n_files, n_files, len(listed), at, b"PK\6\7", 0, at + len(listed), 1)
    end = struct.pack("<4sQ2H2L4Q4sLQL", b"PK\6\6", *fields)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_files, n_files, len(listed), at, 0)
    assert content[at:] == listed + end


def test_numbers_beyond_four_gigabytes_are_in_the_extra_fields(monkeypatch):
    """By limits of some bytes: what is large then is small enough to be made and read."""
    monkeypatch.setattr(archives, "LARGE_BYTES", 6_000)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 6_000)
    files = [one if one[2] is None else (*one[:2], one[2] | {"is_large": True}) for one in FILES]
    whole = [one for one in files if one[2] is None] * 3
    whole = [(f"{number}/{name}", *rest) for number, (name, *rest) in enumerate(whole)]
    in_pieces = [one for one in files if one[2] is not None]
    for some in (files, whole, in_pieces):
        check(written(some), some)
        check_numbers(written(some), some, 6_000)
    check_bytes(whole)
    check_bytes(in_pieces)


def test_what_is_larger_than_it_was_said_to_be_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "LARGE_BYTES", 6_000)
    with pytest.raises(ValueError, match="in as a whole"):
        written([("a.png", bytes(6_001), None)])
    with pytest.raises(ValueError, match="larger than it was said to be"):
        written([("a.parquet", bytes(6_001), {})])


def test_more_files_than_the_old_list_can_count_are_read():
    names = [f"train/{number:08x}.png" for number in range(66_000)]
    content = io.BytesIO(written((name, b"x", None) for name in names))
    with zipfile.ZipFile(content) as archive:
        assert archive.namelist() == names
    assert [one.name for one in WrittenArchive(content).listed()] == names


def test_none_of_the_files_is_kept_in_memory(monkeypatch):
    monkeypatch.setattr(archives, "SPOOL_BYTES", 20_000)
    tracemalloc.start()
    archive, out = Archive(), tempfile.TemporaryFile()  # noqa: SIM115  # of a test
    held = []
    for some in range(30):
        for number in range(100):
            archive.put(f"train/{some:032x}{number:032x}.png", b"x" * 100)
        out.write(archive.take())
        held.append(tracemalloc.get_traced_memory()[0])
    out.writelines(archive.end())
    tracemalloc.reset_peak()
    before, n_files = tracemalloc.get_traced_memory()[0], sum(1 for _ in WrittenArchive(out).listed())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    out.close()
    assert n_files == 3_000
    assert held[-1] - held[4] < 50_000  # zipfile keeps 1.5 MB of the 2,500 files between
    assert peak - before < 50_000


@pytest.mark.parametrize("spoilt", ["content", "list", "end"])
def test_a_spoilt_archive_is_not_read_as_if_it_were_whole(spoilt):
    content = bytearray(written(FILES))
    at = {"content": content.index(bytes(range(256))) + 5, "list": content.index(b"PK\1\2") + 1, "end": -3}[spoilt]
    content[at] ^= 0x7F
    with pytest.raises(BrokenArchive):
        list(map(b"".join, WrittenArchive(io.BytesIO(bytes(content))).files("")))
