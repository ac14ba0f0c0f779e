"""Which format an upload has, by its content. A name that says something else is a refusal, not a guess."""

import re
from pathlib import PurePath

import orjson

from labeling.kinds import QuestionKind
from labeling.models import ImportFormat, Modality
from labeling.services.imports.errors import ImportRefused
from labeling.services.imports.foreign.refused import HEAD_BYTES, foreign_tool, not_supported
from labeling.services.items.decoding import name_other_content

_PICTURE_MARKS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+",
    b"\0\0\0\x0cjP", b"\xffO\xffQ",
)  # fmt: skip
#: BMP and PNM begin with two letters that could begin a csv header too
_BITMAP = re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0|P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s", re.DOTALL)
_ARRAY = re.compile(rb"\[\s*\{\s*\"")
#: How the first entry of an Office document is called, whichever program wrote it.
_OFFICE = (b"[Content_Types].xml", b"_rels/.rels", b"docProps/", b"xl/", b"mimetypeapplication/vnd.oasis.opendocument")
_PICTURE_NAMES = {
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2", ".avif", ".svg", ".heic",
}  # fmt: skip
_NAMES = {
    ".csv": ImportFormat.CSV, ".tsv": ImportFormat.CSV, ".txt": ImportFormat.CSV, ".jsonl": ImportFormat.JSONL,
    ".ndjson": ImportFormat.JSONL, ".json": ImportFormat.JSONL,
    ".parquet": ImportFormat.PARQUET, ".zip": ImportFormat.ZIP,
}  # fmt: skip
_ROWS = (
    ImportFormat.CSV, ImportFormat.JSONL, ImportFormat.JSON, ImportFormat.PARQUET, ImportFormat.ROWS, ImportFormat.ZIP,
)  # fmt: skip
_ALLOWED: dict[str, tuple[str, ...]] = {
    Modality.IMAGE: (ImportFormat.ZIP, ImportFormat.IMAGE, ImportFormat.PARQUET, ImportFormat.JSON, ImportFormat.JSONL),
    Modality.TEXT: _ROWS,
    Modality.TABULAR: _ROWS,
}
#: Rows of a text file, whichever of them it says it is.
_TEXT_LIKE = (ImportFormat.CSV, ImportFormat.JSONL, ImportFormat.JSON)


def format_of(head: bytes, file_name: str, modality: str, wanted: str | None, kind: QuestionKind) -> str:
    """The format of an upload that a project of this modality and kind can take. Raises ImportRefused."""
    if not head:
        raise ImportRefused("The file is empty.")
    if tool := foreign_tool(head, file_name):
        raise ImportRefused(not_supported(tool))
    found = _by_content(head, file_name)
    suffix = PurePath(file_name).suffix.lower()
    said = ImportFormat.IMAGE if suffix in _PICTURE_NAMES else _NAMES.get(suffix)
    for claim, source in ((wanted, "format"), (said, "name")):
        if claim and claim != found and not (claim in _TEXT_LIKE and found in _TEXT_LIKE):
            raise ImportRefused(f"The {source} says {claim}, but the content is {_described(found)}.")
    if wanted and wanted not in ImportFormat.values:
        raise ImportRefused(f"Unknown format {wanted[:40]!r}.")
    if wanted in _TEXT_LIKE and (wanted == ImportFormat.CSV or found == ImportFormat.CSV):
        found = wanted
    allowed = _ALLOWED[modality]
    if kind.rows_name_items:  # pairs of pictures come as rows
        allowed = tuple(dict.fromkeys((*allowed, *_ALLOWED[Modality.TEXT])))
    if found not in allowed:
        accepted = ", ".join(name for name in allowed if name != ImportFormat.ROWS)
        raise ImportRefused(f"This project takes {accepted}; the file is {_described(found)}.")
    return found


def _by_content(head: bytes, file_name: str) -> str:
    if head.startswith(b"PAR1"):
        return ImportFormat.PARQUET
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if head[30:].startswith(_OFFICE) or b"[Content_Types].xml" in head[:4096]:
            raise ImportRefused("An Office document. Save the table as csv.")
        return ImportFormat.ZIP
    container = head[8:12] == b"WEBP" or head[4:12] in (b"ftypavif", b"ftypavis")
    if container or _BITMAP.match(head) or head.startswith(_PICTURE_MARKS):
        return ImportFormat.IMAGE
    other = name_other_content(head)
    if other:
        raise ImportRefused(f"This cannot be imported: {other}.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start and len(head) < HEAD_BYTES:
        raise ImportRefused("The file holds nothing but white space.")
    suffix = PurePath(file_name).suffix.lower()
    if start.startswith(b"[") and (suffix not in (".csv", ".tsv", ".txt") or _ARRAY.match(start)):
        return ImportFormat.JSON
    if start.startswith(b"{") and (suffix not in (".csv", ".tsv", ".txt") or _is_json(start)):
        return ImportFormat.JSONL
    if suffix in (".jsonl", ".ndjson", ".json"):
        return ImportFormat.JSONL
    return ImportFormat.CSV


def _is_json(start: bytes) -> bool:
    try:
        orjson.loads(start.split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return False
    return True


def _described(found: str) -> str:
    return {
        ImportFormat.CSV: "text", ImportFormat.JSONL: "JSON lines", ImportFormat.JSON: "a JSON array",
        ImportFormat.PARQUET: "parquet", ImportFormat.ZIP: "a zip", ImportFormat.IMAGE: "a picture",
    }.get(ImportFormat(found), found)  # fmt: skip
