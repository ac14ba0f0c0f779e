"""Snapshots are kept compressed and served from any place, byte for byte."""

import gzip
import io
import random

import pytest

from labeling.services.files.block_gzip import BLOCK_BYTES, BlockReader, BlockWriter


def packed(content: bytes, piece_bytes: int = 70_001) -> bytes:
    file = io.BytesIO()
    writer = BlockWriter(file)
    for start in range(0, len(content), piece_bytes):
        writer.write(content[start : start + piece_bytes])
    writer.finish()
    assert writer.size_bytes == len(file.getvalue())
    return file.getvalue()


def lines(n_bytes: int) -> bytes:
    rng = random.Random(n_bytes)
    return b"".join(b'{"label":"spam","n":%d}\n' % rng.randrange(10**6) for _ in range(n_bytes // 20))[:n_bytes]


SIZES = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 77]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_read_is_what_was_written_and_gunzip_reads_it_too(size):
    content = lines(size)
    held = packed(content)
    assert gzip.decompress(held) == content
    assert io.BufferedReader(BlockReader(io.BytesIO(held))).read() == content


def test_the_pieces_it_came_in_do_not_show():
    content = lines(2 * BLOCK_BYTES + 5)
    assert packed(content, 999) == packed(content, 5_000_000)


@pytest.mark.parametrize("start", [0, 5, BLOCK_BYTES - 3, BLOCK_BYTES, 2 * BLOCK_BYTES + 9, 3 * BLOCK_BYTES + 76])
def test_any_place_can_be_read_without_unpacking_what_is_before(start, monkeypatch):
    content = lines(3 * BLOCK_BYTES + 77)
    unpacked = []
    original = BlockReader._block_at

    def counted(self, number):
        unpacked.append(number)
        return original(self, number)

    monkeypatch.setattr(BlockReader, "_block_at", counted)
    reader = BlockReader(io.BytesIO(packed(content)))
    reader.seek(start)
    assert reader.read(4) == content[start : start + 4][: BLOCK_BYTES - start % BLOCK_BYTES]
    assert set(unpacked) == {start // BLOCK_BYTES}


def test_beyond_the_end_there_is_nothing():
    reader = BlockReader(io.BytesIO(packed(lines(100))))
    reader.seek(10 * BLOCK_BYTES)
    assert reader.read(10) == b""


@pytest.mark.parametrize("place", [2, 30, -3])
def test_a_flipped_byte_or_a_cut_is_an_error_never_other_content(place):
    held = bytearray(packed(lines(50_000)))
    held[place] ^= 0xFF
    with pytest.raises(OSError, match=r"damaged|begins"):
        io.BufferedReader(BlockReader(io.BytesIO(bytes(held)))).read()
    with pytest.raises(OSError, match=r"damaged|short"):
        io.BufferedReader(BlockReader(io.BytesIO(packed(lines(50_000))[:-9]))).read()
