"""Text out of an upload in bounded pieces: encodings told by their mark, no piece longer than a limit."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from labeling.services.imports.errors import ImportRefused

BLOCK_BYTES = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BAD_SHARE = 0.05


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding and the length of the mark that tells it. Raises ImportRefused for what is neither UTF-8 nor marked.

    A few bad bytes are a matter of their rows; when more than one line in twenty is not UTF-8 the whole file is in
    another encoding, and importing the lines that happen to be ASCII would be worse than refusing.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark) if name == "utf-8" else 0
    if b"\0" in head[:4096]:
        pairs = head[:4096]
        if pairs[1::2].count(0) > len(pairs) // 4 or pairs[0::2].count(0) > len(pairs) // 4:
            raise ImportRefused("The text looks like UTF-16 without a byte order mark. Save it as UTF-8.")
        raise ImportRefused("The file holds binary data, not text.")
    lines = head.split(b"\n")
    if len(lines) > 1:
        lines.pop()  # may be cut in the middle of a character
    bad = [(number, line) for number, line in enumerate(lines, 1) if not _is_utf8(line)]
    if bad and len(bad) > _BAD_SHARE * len(lines):
        number, line = bad[0]
        raise ImportRefused(
            f"The text is not UTF-8: line {number} holds the byte 0x{_bad_byte(line):02X}, as Latin-1 or Windows-1252"
            " would. Save the file as UTF-8."
        )
    return "utf-8", 0


def blocks(file: IO[bytes], encoding: str, skip: int) -> Iterator[str]:
    """The whole file as text, a block at a time. Bytes that are not UTF-8 come through as surrogates."""
    file.seek(skip)
    errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while block := file.read(BLOCK_BYTES):
        try:
            yield decoder.decode(block)
        except UnicodeDecodeError as error:
            raise ImportRefused(f"The text stops being valid {encoding.upper()}: {error.reason}.") from error
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ImportRefused(f"The text ends in the middle of a {encoding.upper()} character.") from error


def holds(file: IO[bytes], mark: bytes) -> bool:
    """Whether a file holds a mark of a few bytes."""
    file.seek(0)
    tail = b""
    while block := file.read(BLOCK_BYTES):
        if mark in block or mark in tail + block[: len(mark)]:
            return True
        tail = block[-len(mark) :]
    return False


def lines_holding(marks: Sequence[str], pieces: Iterable[str], newline: str) -> Iterator[str]:
    """The lines of a text in pieces that hold one of the marks. A piece without them costs next to nothing."""
    carry = ""
    for piece in pieces:
        text = carry + piece
        cut = text.rfind(newline) + 1
        carry = text[cut:] if len(text) - cut < BLOCK_BYTES else ""  # a line as long says nothing
        if any(mark in text for mark in marks):
            yield from (line for line in text[:cut].split(newline) if any(mark in line for mark in marks))
    if any(mark in carry for mark in marks):
        yield carry


def text_lines(pieces: Iterable[str], newline: str, longest: int) -> Iterator[str | None]:
    """Lines of a text in pieces, without their ends; None for one that is longer than ``longest`` characters."""
    carry, dropping = "", False
    for piece in pieces:
        *lines, carry = (carry + piece).split(newline)
        if lines and dropping:
            yield None
            lines, dropping = lines[1:], False
        for line in lines:
            yield line.removesuffix("\r")
        if len(carry) > longest:
            carry, dropping = "", True
    if dropping:
        yield None
    elif carry:
        yield carry.removesuffix("\r")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _bad_byte(line: bytes) -> int:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return line[error.start]
    return 0
