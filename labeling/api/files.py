"""Answers that are files: ETag, one byte range, never guessed at by a browser."""

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

BLOCK_BYTES = 256 * 1024
IMMUTABLE = "private, max-age=31536000, immutable"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_response(
    request: HttpRequest, file: IO[bytes], *, size_bytes: int, sha256: str, media_type: str, name: str
) -> HttpResponseBase:
    """The file as a download: 200, 206 for a range, 304 for what the client has, 416 for a range beyond the end.

    Closes ``file`` when the answer has been sent.
    """
    etag = f'"{sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": IMMUTABLE,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
    }
    if unchanged(request, etag):
        file.close()
        return HttpResponse(status=304, headers=headers)
    span = _span(request, etag, size_bytes)
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size_bytes}"})
    start, end = span
    partial = (start, end) != (0, size_bytes)
    headers["Content-Length"] = str(end - start)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size_bytes}"
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=206 if partial else 200, headers=headers, content_type=media_type)
    return StreamingHttpResponse(
        _Blocks(file, start, end), status=206 if partial else 200, headers=headers, content_type=media_type
    )


def unchanged(request: HttpRequest, etag: str) -> bool:
    """Whether the client has this version (If-None-Match)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in [value.removeprefix("W/") for value in known]


def _span(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; the whole file where the header asks for nothing we can do."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if_range = request.headers.get("If-Range")
    if not match or not any(match.groups()) or (if_range and if_range != etag):
        return 0, size
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    if last and int(last) < int(first):
        return 0, size
    if int(first) >= size:
        return None
    return int(first), min(int(last) + 1, size) if last else size


class _Blocks:
    """The bytes of a span; Django calls ``close`` also when nobody read them."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self.file = file
        self.start = start
        self.end = end

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.start)
        left = self.end - self.start
        while left and (block := self.file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        self.file.close()
