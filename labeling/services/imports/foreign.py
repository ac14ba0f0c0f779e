"""Files of other tools that hold what no kind of question asks for yet, told by their structure and said by name."""

import re
from collections.abc import Iterator
from pathlib import PurePath

HEAD_BYTES = 64 * 1024

COCO = "a COCO file"
YOLO = "a YOLO file"
VOC = "a Pascal VOC file"
LABEL_STUDIO = "a Label Studio export"

_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}:,]')
_VOC = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<annotation(\s[^>]*)?>", re.DOTALL)
_VOC_PARTS = (b"<bndbox>", b"<segmented>", b"<object>", b"<filename>")
_YOLO_NUMBER = rb"[ \t]+-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
#: a class and a box, a box with its confidence, or a class and a polygon
_YOLO_LINE = re.compile(rb"\d+((?:" + _YOLO_NUMBER + rb"){4,})[ \t]*")


def not_supported(tool: str) -> str:
    """The sentence a person reads."""
    if tool == LABEL_STUDIO:
        return (
            f"This is {tool}; its JSON is not read yet. Export it from there as CSV, or send rows with text and label."
        )
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
    if PurePath(file_name).suffix.lower() == ".txt" and start[:1].isdigit():
        return YOLO if _is_yolo(head) else ""
    return ""


def _is_yolo(head: bytes) -> bool:
    """Whether every line is a class and shares of a picture's width and height."""
    lines = head.splitlines()
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1]  # cut off
    lines = [line for line in lines if line.strip()]
    return b"." in head and bool(lines) and all(_is_yolo_line(line) for line in lines)


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
    task = {"annotations/result", "completions/result", "predictions/result"} & paths
    if task and any(path == "data" or path.startswith("data/") for path in paths):
        return LABEL_STUDIO
    return LABEL_STUDIO if {"annotation_id", "annotator", "lead_time"} <= top else ""


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
