"""Pictures that Pillow can read and not write: colours of 16 bits a channel, by hand."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def deep_png(values: NDArray[np.uint16]) -> bytes:
    """Grey, grey and alpha, RGB or RGBA by the number of channels."""
    height, width = values.shape[:2]
    channels = values.reshape(height, width, -1)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels.shape[2]]

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in channels)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tiff(
    values: NDArray, order: str = "<", compressed: bool = False, nodata: str = "", least_is_white: bool = False
) -> bytes:
    """Grey or RGB of any type of numbers; ``order`` of bytes as NumPy writes it."""
    height, width = values.shape[:2]
    bands = 1 if values.ndim == 2 else values.shape[2]
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    data = zlib.compress(data) if compressed else data
    sort = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    bits = values.dtype.itemsize * 8
    tags: list[tuple[int, str, list[int] | bytes]] = [
        (256, "I", [width]), (257, "I", [height]), (258, "H", [bits] * bands), (259, "H", [8 if compressed else 1]),
        (262, "H", [0 if least_is_white else 1 if bands == 1 else 2]), (273, "I", [8]), (277, "H", [bands]),
        (278, "I", [height]), (279, "I", [len(data)]), (339, "H", [sort] * bands),
    ]  # fmt: skip
    if nodata:
        tags.append((42113, "s", nodata.encode() + b"\0"))
    start = 8 + len(data) + len(data) % 2
    entries, rest = b"", b""
    rest_at = start + 2 + 12 * len(tags) + 4
    for tag, kind, value in tags:
        body = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{kind}", *value)
        number = {"H": 3, "I": 4, "s": 2}[kind]
        where = body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(f"{order}I", rest_at + len(rest))
        entries += struct.pack(f"{order}HHI", tag, number, len(value)) + where
        rest += body + b"\0" * (len(body) % 2) if len(body) > 4 else b""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    data += b"\0" * (len(data) % 2)
    return head + data + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + rest


def deep_ppm(values: NDArray[np.uint16]) -> bytes:
    height, width = values.shape[:2]
    return f"P6 {width} {height} 65535\n".encode() + values.astype(">u2").tobytes()
