r"""One rule for the names of files in a zip, whoever wrote them.

An entry's name is read as UTF-8 wherever its bytes are that, with or without the flag that says so, and as code page
437 where they are not (APPNOTE 4.4.4 and appendix D). ``\`` and ``/`` both part folders; empty parts and ``.`` mean
nothing; a leading ``/`` is the root of the zip. Nothing is ever unpacked to a path.

A path that a table gives means the entry that has the same name, in the first of these senses in which one has it:
letter for letter; after Unicode composition (NFC); with ``%20`` read as what it stands for; in other case; by the bytes
of an old code page. Two entries that are the same in that sense are no answer.
"""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from labeling.services.imports.errors import RowRejected

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP: the name in UTF-8 beside one in a code page
#: What archivers of Windows, DOS and the Mac wrote before there was a flag.
_OLD_CODE_PAGES = (
    "cp1252", "cp850", "cp852", "cp1250", "cp1251", "cp866", "mac_roman", "gb18030", "big5", "shift_jis", "euc_kr",
)  # fmt: skip

NOT_THERE = "The zip holds no file of this name."
SEVERAL = "Several files of the zip have this name, but for case or accents. Spell it as in the zip."


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A file in a zip; ``name`` is its path as people write it."""

    info: zipfile.ZipInfo
    name: str

    @property
    def folder(self) -> str:
        """The folder it lies in, composed; "" at the top."""
        return composed(self.name).rpartition("/")[0].rpartition("/")[2]

    @property
    def is_legible(self) -> bool:
        """Whether the letters of its name are those that were meant: not those of an old code page."""
        info = self.info
        return bool(info.flag_bits & _UTF8_FLAG) or info.orig_filename.isascii() or decoded(info) != info.orig_filename

    @property
    def path(self) -> str:
        """Its name, where a ``\\`` that may be the half of a letter of an old code page parts no folders."""
        return self.name if self.is_legible else self.info.orig_filename.replace("\\", "_")

    @property
    def base(self) -> str:
        """The last part of its name in lower case."""
        return self.name.rpartition("/")[2].lower()


def entries_of(archive: zipfile.ZipFile) -> list[Entry]:
    """The files of a zip in its order, folders left out."""
    found = (Entry(info, decoded(info)) for info in archive.infolist())
    return [Entry(entry.info, tidy(entry.name)) for entry in found if not entry.name.endswith(("/", "\\"))]


def decoded(info: zipfile.ZipInfo) -> str:
    """The name of an entry as it was stored, by the bytes of it and not by its flag alone."""
    name = info.orig_filename
    if info.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    raw = name.encode("cp437")  # as zipfile read them: nothing is lost on the way back
    try:
        return _unicode_path(info.extra, raw) or raw.decode()
    except UnicodeDecodeError:
        return name


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name that the extra field gives, if it is about this name; it may raise UnicodeDecodeError."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            (checked,) = struct.unpack("<I", body[1:5])
            if checked == zlib.crc32(raw):
                return body[5:].decode()
    return ""


def leads_out(info: zipfile.ZipInfo) -> bool:
    """Whether an entry claims a place outside the zip. One that begins with ``/`` does not: that is its root."""
    name = decoded(info).replace("\\", "/")
    return "\0" in name or ".." in name.split("/") or bool(re.match(r"^/*[A-Za-z]:", name))


def tidy(path: str) -> str:
    """The path with ``/`` between its parts, without empty ones, ``.`` and blanks around it; letters as they came."""
    return "/".join(part for part in path.strip().replace("\\", "/").split("/") if part not in ("", "."))


def composed(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _folded(path: str) -> str:
    return composed(composed(path).casefold())


def _spelled_out(path: str) -> str:
    return composed(tidy(unquote(path))) if "%" in path else ""


#: How names are compared, strictest first: of an entry's name, and of the path that is looked for.
_SENSES: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (str, str),
    (composed, composed),
    (composed, _spelled_out),
    (_folded, _folded),
    (_folded, lambda path: _folded(_spelled_out(path))),
)


class Names:
    """The entries of one zip by what they are called."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self._tables: dict[Callable[[str], str], dict[str, list[Entry]]] = {}
        self._raw: dict[bytes, list[Entry]] | None = None

    def find(self, path: str, folder: str = "") -> Entry:
        """The entry that a row means, beside its table (in ``folder``) or from the root. Raises RowRejected."""
        wanted = [inside for base in dict.fromkeys((folder, "")) if (inside := _resolved(base, path))]
        for of_entry, of_path in _SENSES:
            for inside in wanted:
                key = of_path(inside)
                if key and (found := self._table(of_entry).get(key)):
                    return _one(found)
        for inside in wanted:
            if not inside.isascii() and (found := list(self._by_bytes(inside))):
                return _one(found)
        raise RowRejected(NOT_THERE, "image")

    def holds(self, path: str, folder: str) -> bool:
        """Whether a path means one of the entries."""
        try:
            return bool(self.find(path, folder))
        except RowRejected as rejected:
            return rejected.reason == SEVERAL

    def shadowed(self, entry: Entry) -> list[Entry]:
        """Earlier entries of the very same name: a zip that was added to holds what it was before, too."""
        return [other for other in self._table(str)[entry.name] if other is not entry]

    def _table(self, of_entry: Callable[[str], str]) -> dict[str, list[Entry]]:
        """Made on first use: most zips need the first only."""
        if of_entry not in self._tables:
            table: defaultdict[str, list[Entry]] = defaultdict(list)
            for entry in self.entries:
                table[of_entry(entry.name)].append(entry)
            self._tables[of_entry] = dict(table)
        return self._tables[of_entry]

    def _by_bytes(self, path: str) -> Iterator[Entry]:
        if self._raw is None:
            table: defaultdict[bytes, list[Entry]] = defaultdict(list)
            for entry in self.entries:
                if not entry.info.flag_bits & _UTF8_FLAG and not entry.info.orig_filename.isascii():
                    table[entry.info.orig_filename.encode("cp437").replace(b"\\", b"/")].append(entry)
            self._raw = dict(table)
        spellings = dict.fromkeys(raw for page in _OLD_CODE_PAGES if (raw := _encoded(composed(path), page)))
        return (entry for entry in dict.fromkeys(e for raw in spellings for e in self._raw.get(raw, ())))


def _encoded(path: str, code_page: str) -> bytes:
    try:
        return path.encode(code_page).replace(b"\\", b"/")
    except UnicodeEncodeError:
        return b""


def _resolved(folder: str, path: str) -> str:
    """The path from the root of the zip; "" when it leads out of it, or nowhere."""
    parts: list[str] = []
    for part in tidy(f"{folder}/{path.strip()}").split("/"):
        if part != "..":
            parts.append(part)
        elif not parts:
            return ""
        else:
            parts.pop()
    return "/".join(parts) if tidy(path) else ""


def _one(found: list[Entry]) -> Entry:
    """Of entries of the very same name the last, as every archiver has it. Raises RowRejected for different names."""
    if len({entry.name for entry in found}) > 1:
        raise RowRejected(SEVERAL, "image")
    return found[-1]
