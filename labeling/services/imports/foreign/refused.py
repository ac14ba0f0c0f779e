"""Files of other tools that hold what no kind of question asks for yet, told by their structure and said by name."""

import re
from collections.abc import Iterator
from pathlib import PurePath

HEAD_BYTES = 64 * 1024

COCO = "a COCO file"
YOLO = "a YOLO file"
VOC = "a Pascal VOC file"
FASTTEXT = "a fastText file"
TREC = "a file of TREC judgments or runs"

_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}:,]')
_VOC = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<annotation(\s[^>]*)?>", re.DOTALL)
_VOC_PARTS = (b"<bndbox>", b"<segmented>", b"<object>", b"<filename>")
_YOLO_NUMBER = rb"[ \t]+-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
#: a class and a box, a box with its confidence, or a class and a polygon
_YOLO_LINE = re.compile(rb"\d+((?:" + _YOLO_NUMBER + rb"){4,})[ \t]*")
#: What to do instead, where the file holds no boxes.
_ADVICE = {
    FASTTEXT: "its labels stand among the words. doccano and others write the same as JSONL or CSV.",
    TREC: "it names items and does not hold what they show.",
}
_TREC_LINE = re.compile(rb"\S+ (0 \S+ -?\d+|Q0 \S+ \d+ \S+ \S+)\r?")


def not_supported(tool: str) -> str:
    """The sentence a person reads."""
    if tool in _ADVICE:
        return f"This is {tool}; {_ADVICE[tool]}"
    return f"This is {tool}; boxes are not supported yet."


def foreign_tool(head: bytes, file_name: str) -> str:
    """Which tool a file comes from, by its first bytes; "" for everything else.

    >>> foreign_tool(b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}', "a.json")
    'a COCO file'
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return _of_json(start)
    if start[:1] == b"<":
        return VOC if _VOC.match(start) and any(part in start for part in _VOC_PARTS) else ""
    if start.startswith(b"__label__"):
        return FASTTEXT
    if PurePath(file_name).suffix.lower() not in (".txt", ".qrels", ".run", ".trec"):
        return ""
    if start[:1].isdigit() and _is_yolo(head):
        return YOLO
    return TREC if all(map(_TREC_LINE.fullmatch, _lines(head))) else ""


def _is_yolo(head: bytes) -> bool:
    """Whether every line is a class and shares of a picture's width and height."""
    return b"." in head and all(map(_is_yolo_line, _lines(head)))


def _lines(head: bytes) -> list[bytes]:
    """Its whole lines; one that is none where there are none."""
    lines = head.splitlines()
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1]  # cut off
    return [line for line in lines if line.strip()] or [b""]


def _is_yolo_line(line: bytes) -> bool:
    found = _YOLO_LINE.fullmatch(line)
    return found is not None and all(-0.01 <= float(share) <= 1.01 for share in found[1].split())


def _of_json(start: bytes) -> str:
    paths = _paths(start)
    top = {path for path in paths if "/" not in path}
    if "images/file_name" in paths and ("images/id" in paths or {"annotations", "categories"} & top):
        return COCO
    if {"annotations/image_id", "annotations/category_id"} <= paths or {"images", "annotations", "categories"} <= top:
        return COCO
    return ""


def _paths(start: bytes) -> set[str]:
    """Keys of the first document two deep, lists looked through; none where further documents follow: that is jsonl."""
    found: set[str] = set()
    keys: list[str] = []  # of the objects that are open
    opened: list[bytes] = []
    pending = ""  # a string that may be a key
    for token in _tokens(start):
        if token in b"{[":
            if opened == [] and found:
                return set()
            opened.append(token)
            if token == b"{":
                keys.append("")
        elif token in b"}]":
            if opened and opened.pop() == b"{":
                keys.pop()
        elif token == b":":
            if keys:
                keys[-1] = pending
                if len(keys) <= 2:
                    found.add("/".join(keys))
        elif token != b",":
            pending = token[1:-1].decode(errors="replace")
    return found


def _tokens(start: bytes) -> Iterator[bytes]:
    return (match[0] for match in _JSON_TOKEN.finditer(start))
