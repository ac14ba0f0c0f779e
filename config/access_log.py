"""One line a request, its id on every other line it writes, and where it comes from for the trail.

The line is written when the answer has left, so that its time and bytes are those of the whole answer. It holds the
path and no query: signed addresses and searches are nobody's business. ``ACCESS_LOG`` says whether lines are written.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject, empty

from labeling.services.audit.origin import ORIGIN, Origin

log = logging.getLogger("config.access")
HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DOORS = (("/api/", "rest"), ("/admin/", "console"))


class AccessLogMiddleware:
    """Stands behind the one that settles the client's address, before everything that may answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = request_id_of(request.META)
        via = next((name for start, name in _DOORS if request.path_info.startswith(start)), "page")
        ORIGIN.set(Origin(via, request.META.get("REMOTE_ADDR", ""), request_id))
        response = self.get_response(request)
        response[HEADER] = request_id
        if response.streaming:
            _when_closed(request, response, began)
        else:
            _write(request, response, began, len(response.content))  # type: ignore[attr-defined]
            ORIGIN.set(Origin())
        return response


def request_id_of(meta: Mapping[str, Any]) -> str:
    """What a proxy in front calls the request, when that is an id and nothing else; otherwise a new one."""
    given = meta.get("HTTP_X_REQUEST_ID", "")
    return given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)


def _when_closed(request: HttpRequest, response: Any, began: float) -> None:
    """Writes the line once the server is done with the answer, whether it was read to its end or not."""
    sent, close, origin = [0], response.close, ORIGIN.get()
    length = response.headers.get("Content-Length")
    if length is None:  # else left alone: the server may hand the file itself to the socket
        response.streaming_content = _counted(response.streaming_content, sent)

    def closed() -> None:
        response.close = close
        close()
        ORIGIN.set(origin)  # a server may have answered others meanwhile
        _write(request, response, began, int(length or sent[0]))
        ORIGIN.set(Origin())

    response.close = closed


def _counted(pieces: Iterable[bytes], sent: list[int]) -> Iterator[bytes]:
    for piece in pieces:
        sent[0] += len(piece)
        yield piece


def _write(request: HttpRequest, response: HttpResponseBase, began: float, size_bytes: int) -> None:
    if is_written():
        size_bytes = 0 if request.method == "HEAD" else size_bytes
        write_line(request.method or "", request.path, response.status_code, began, size_bytes, _user_name(request))


def is_written() -> bool:
    return bool(settings.ACCESS_LOG) and log.isEnabledFor(logging.INFO)


def write_line(method: str, path: str, status: int, began: float, size_bytes: int, user: str) -> None:
    """``began`` by ``time.perf_counter``; where it came from says ORIGIN."""
    origin = ORIGIN.get()
    fields = {
        "method": method,
        "path": escape_uri_path(path),
        "status": status,
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "bytes": size_bytes,
        "user": user,
        "address": origin.address,
        "request_id": origin.request_id,
    }
    words = "%(method)s %(path)s %(status)s %(ms)sms %(bytes)sB user=%(user)s address=%(address)s"
    log.info(words, fields, extra={"fields": fields})


def _user_name(request: HttpRequest) -> str:
    """Who was found to have sent it; empty when nobody looked, for looking would cost a query."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, SimpleLazyObject) and user._wrapped is empty):
        return ""
    return str(user.get_username())
