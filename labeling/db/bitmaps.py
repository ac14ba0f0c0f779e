"""Sets of items as bits: 65,536 ordinals a block, and a sample of 16 blocks in one.

A set is a Python int here, bit ``k`` for ordinal ``65536 * block + k``: intersections and counts of a block take
microseconds. Stored it is little-endian bytes without the zeros at the end, or 16-bit positions while there are few.
"""

import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

BLOCK = 1 << 16
_BYTES = BLOCK // 8
#: Up to so many are stored as positions.
FEW = 256
#: Blocks that one summary samples.
SAMPLED_BLOCKS = 16
_SAMPLE_BYTES = _BYTES // SAMPLED_BLOCKS
#: Of every 16 bytes one, at a place that no regular import can meet.
_CHOSEN = [16 * n + random.Random(n).randrange(16) for n in range(_SAMPLE_BYTES)]
_sampled = itemgetter(*_CHOSEN)
_unpacked = struct.Struct(f"<{_BYTES // 8}Q").unpack
FULL = (1 << BLOCK) - 1
_DIGITS = bytes.maketrans(b"01", b"\0\1")


def encoded(bits: int) -> tuple[int, bytes]:
    """How many there are, and the bytes that are stored."""
    n = bits.bit_count()
    if n <= FEW:
        return packed(list(ascending(bits)))
    return n, bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def packed(positions: Sequence[int]) -> tuple[int, bytes]:
    """The same of at most ``FEW`` positions, in ascending order."""
    return len(positions), struct.pack(f"<{len(positions)}H", *positions)


def decoded(n: int, stored: bytes | memoryview) -> int:
    """What was stored by :func:`encoded`."""
    if n > FEW:
        return int.from_bytes(stored, "little")
    return bits_of(struct.unpack(f"<{n}H", stored))


def bits_of(positions: Iterable[int]) -> int:
    """The set of some positions in a block."""
    filled = bytearray(_BYTES)
    for position in positions:
        filled[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(filled, "little")


def union(stored: Iterable[tuple[int, bytes | memoryview]]) -> int:
    """What several have together, each as :func:`decoded` reads it."""
    filled, whole = bytearray(_BYTES), 0
    for n, bits in stored:
        if n > FEW:
            whole |= int.from_bytes(bits, "little")
        else:
            for position in struct.unpack(f"<{n}H", bits):
                filled[position >> 3] |= 1 << (position & 7)
    return whole | int.from_bytes(filled, "little")


def ascending(bits: int) -> Iterator[int]:
    """The positions in a block, lowest first."""
    for number, word in enumerate(_words(bits)):
        while word:
            low = word & -word
            yield 64 * number + low.bit_length() - 1
            word ^= low


def descending(bits: int) -> Iterator[int]:
    """The positions in a block, highest first."""
    words = _words(bits)
    for number in range(len(words) - 1, -1, -1):
        word = words[number]
        while word:
            top = word.bit_length() - 1
            yield 64 * number + top
            word ^= 1 << top


def _words(bits: int) -> tuple[int, ...]:
    return _unpacked(bits.to_bytes(_BYTES, "little"))


def flags_of(bits: int) -> bytes:
    """A byte for every position of a block: 1 where it is in the set."""
    return f"{bits:0{BLOCK}b}".encode().translate(_DIGITS)[::-1]


def all_below(n: int, block: int) -> int:
    """The block's part of the ordinals below ``n``."""
    return FULL if n >= (block + 1) * BLOCK else (1 << max(0, n - block * BLOCK)) - 1


def summary_of(block: int) -> int:
    """The number of the summary that samples a block."""
    return -1 - block // SAMPLED_BLOCKS


def with_sample(summary: int, block: int, bits: int) -> int:
    """The summary's sample with the one of this block in its place."""
    place = 8 * _SAMPLE_BYTES * (block % SAMPLED_BLOCKS)
    part = int.from_bytes(bytes(_sampled(bits.to_bytes(_BYTES, "little"))), "little")
    return summary & ~(((1 << 8 * _SAMPLE_BYTES) - 1) << place) | part << place
