"""The web's side: hands a request over to the predictor and waits for its answer, never for ever, and never in more
than a few threads at once."""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from threading import BoundedSemaphore
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.utils.crypto import salted_hmac

JSON, FORM = "application/json", "multipart/form-data"
KEY_HEADER = "X-Querent-Key"
PATIENCE_HEADER = "X-Querent-Patience"
#: A body of so many bytes is given one second more than PREDICT_TIMEOUT_S.
BYTES_PER_S = 128 * 1024
CONNECT_S = 2.0
BLOCK_BYTES = 256 * 1024
#: A head of the predictor's answers is a few lines.
HEAD_BYTES = 16 * 1024
_slots = BoundedSemaphore(settings.PREDICT_IN_FLIGHT)


class Body(Protocol):
    """What is sent on, read as it goes."""

    def read(self, size: int = ..., /) -> bytes: ...


class Unavailable(Exception):
    """No answer now; the text is for who asked, ``retry_after_s`` is when asking again is worth it."""

    def __init__(self, words: str, retry_after_s: int = 1) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


def most_bytes(media_type: str) -> int:
    """Of a body of this media type, JSON or FORM."""
    return int(settings.PREDICT_MAX_BYTES if media_type == FORM else settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def asked_by(user_id: int, token_id: int | None) -> dict[str, Any]:
    """The query by which the predictor is told who asks."""
    return {"user": user_id} if token_id is None else {"user": user_id, "token": token_id}


@cache
def predictor_key() -> str:
    """What the two sides know of each other: who reaches the predictor's address and has no key is not answered."""
    return salted_hmac("querent.predictor", "1", algorithm="sha256").hexdigest()


def told(
    project_id: int, query: Mapping[str, Any], body: Body, size: int, content_type: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and JSON for who asked: the predictor's answer, or when asking again is worth it."""
    try:
        status, found, data = ask(project_id, query, body, size, content_type)
    except Unavailable as error:
        body_of_refusal = {"detail": str(error), "code": "busy", "retry_after_s": error.retry_after_s}
        headers = {"Retry-After": str(error.retry_after_s), "Cache-Control": "no-store"}
        return 503, headers, orjson.dumps(body_of_refusal)
    return status, {name: value for name, value in found.items() if name == "Retry-After"}, data


def ask(
    project_id: int, query: Mapping[str, Any], body: Body, size: int, content_type: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as the predictor answered. Raises Unavailable."""
    if not _slots.acquire(blocking=False):
        raise Unavailable("As many predictions as this server makes at once are under way.")
    try:
        return _ask(project_id, query, body, size, content_type)
    finally:
        _slots.release()


def _ask(
    project_id: int, query: Mapping[str, Any], body: Body, size: int, content_type: str
) -> tuple[int, dict[str, str], bytes]:
    patience_s = settings.PREDICT_TIMEOUT_S + size / BYTES_PER_S
    until = time.monotonic() + patience_s
    if "\r" in content_type or "\n" in content_type:  # the predictor would believe a line of its own
        raise ValueError("A media type is one line.")
    try:
        sock = _connected()
    except OSError as error:
        raise Unavailable("The predictor is not there: it starts again by itself.", 2) from error
    try:
        sock.settimeout(patience_s)
        head = (
            f"POST /predict/{project_id}?{urlencode(query)} HTTP/1.1\r\nHost: predictor\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {size}\r\n"
            f"{KEY_HEADER}: {predictor_key()}\r\n{PATIENCE_HEADER}: {patience_s:.1f}\r\n\r\n"
        )
        with suppress(BrokenPipeError):  # it may have answered before it read all
            sock.sendall(head.encode("latin-1") + body.read(BLOCK_BYTES))
            while size > BLOCK_BYTES and (block := body.read(BLOCK_BYTES)):
                sock.sendall(block)
        sock.settimeout(max(0.1, until - time.monotonic()))
        return _answered(sock)
    except TimeoutError as error:
        raise Unavailable(f"The predictor did not answer within {patience_s:.0f} s.", 5) from error
    except (OSError, ValueError, LookupError) as error:  # it was ended meanwhile
        raise Unavailable("The predictor was ended while it worked on this: it starts again by itself.") from error
    finally:
        sock.close()


def _answered(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The predictor ends each connection after one answer, whose length it says. Not ``http.client``: that reads the
    head as a letter, which takes longer than all the rest here. Raises ValueError for anything but a whole answer."""
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        if len(received) > HEAD_BYTES or not (block := sock.recv(BLOCK_BYTES)):
            raise ValueError("no whole head")
        received += block
    status_line, *lines = received[:end].decode("latin-1").split("\r\n")
    status = int(status_line.split(" ", 2)[1])
    headers = dict(line.split(": ", 1) for line in lines)
    del received[: end + 4]
    size = int(headers["Content-Length"]) if "Content-Length" in headers else -1
    while len(received) != size:
        if size < 0 or len(received) > size or not (block := sock.recv(BLOCK_BYTES)):
            raise ValueError("no whole answer")
        received += block
    return status, headers, bytes(received)


def _connected() -> socket.socket:
    address: str = settings.PREDICTOR_ADDRESS
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), CONNECT_S)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(CONNECT_S)
        sock.connect(address.removeprefix("unix:"))
    except OSError:
        sock.close()
        raise
    return sock
