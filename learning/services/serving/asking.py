"""The web's side: hands a request over to the predictor and waits for its answer, never for ever, and never in more
than a few threads at once."""

import http.client
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.utils.crypto import salted_hmac

KEY_HEADER = "X-Querent-Key"
PATIENCE_HEADER = "X-Querent-Patience"
#: A body of so many bytes is given one second more than PREDICT_TIMEOUT_S.
BYTES_PER_S = 128 * 1024
CONNECT_S = 2.0
BLOCK_BYTES = 256 * 1024
_slots = BoundedSemaphore(settings.PREDICT_IN_FLIGHT)


class Body(Protocol):
    """What is sent on, read as it goes."""

    def read(self, size: int = ..., /) -> bytes: ...


class Unavailable(Exception):
    """No answer now; the text is for who asked, ``retry_after_s`` is when asking again is worth it."""

    def __init__(self, words: str, retry_after_s: int = 1) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


def predictor_key() -> str:
    """What the two sides know of each other: who reaches the predictor's address and has no key is not answered."""
    return salted_hmac("querent.predictor", "1", algorithm="sha256").hexdigest()


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
    connection = _connection()
    try:
        connection.connect()
    except OSError as error:
        raise Unavailable("The predictor is not there: it starts again by itself.", 2) from error
    try:
        connection.sock.settimeout(patience_s)
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(size),
            KEY_HEADER: predictor_key(),
            PATIENCE_HEADER: f"{patience_s:.1f}",
        }
        with suppress(BrokenPipeError):  # it may have answered before it read all
            connection.request("POST", f"/predict/{project_id}?{urlencode(query)}", body, headers)
        connection.sock.settimeout(max(0.1, until - time.monotonic()))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except TimeoutError as error:
        raise Unavailable(f"The predictor did not answer within {patience_s:.0f} s.", 5) from error
    except (OSError, http.client.HTTPException) as error:  # it was ended meanwhile
        raise Unavailable("The predictor was ended while it worked on this: it starts again by itself.") from error
    finally:
        connection.close()


def _connection() -> http.client.HTTPConnection:
    address: str = settings.PREDICTOR_ADDRESS
    if address.startswith("unix:"):
        return _UnixConnection(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=CONNECT_S, blocksize=BLOCK_BYTES)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("predictor", timeout=CONNECT_S, blocksize=BLOCK_BYTES)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
