"""A request as it comes: its head, its body, what is refused before the application sees it."""

import io
import logging
import socket
import time
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from gunicorn.http.message import Request
from gunicorn.http.wsgi import create

from config.serving import refusals
from config.serving.answer import Answer
from config.serving.body import Body, Chunked, Framing, OfLength
from config.serving.pace import Pace
from config.serving.refusals import Refused

if TYPE_CHECKING:
    from config.serving.loop import Loop

logger = logging.getLogger(__name__)

RECEIVE_BYTES = 64 * 1024
RECEIVE_LARGE_BYTES = 512 * 1024
HEAD_BYTES = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class State(Enum):
    HEAD = "between requests, or in the head of one"
    BODY = "in the body of a request"
    BUSY = "with a thread"
    SENDING = "waiting until the client takes more of its answer"
    LINGERING = "answered for the last time: what still comes is thrown away until the client has read the answer"


class _Head:
    """What gunicorn's parser reads from: a head that has come whole."""

    def __init__(self, head: bytes) -> None:
        self.head = head

    def read(self, *_: Any) -> bytes:
        head, self.head = self.head, b""
        return head

    def unread(self, data: bytes) -> None:
        """Nothing follows a head here."""


class Receiving:
    """``received`` holds bytes that belong to nothing yet: part of a head, or requests sent ahead of their turn."""

    __slots__ = (
        "body", "client", "fd", "framing", "loop", "n_requests", "pace", "received", "request", "server", "sock",
        "state", "until", "was_admitted",
    )  # fmt: skip

    def __init__(self, loop: "Loop", sock: socket.socket, client: Any, server: Any) -> None:
        self.loop = loop
        self.sock = sock
        self.fd = sock.fileno()
        self.client = client
        self.server = server
        self.received = bytearray()
        self.n_requests = 0
        self.request: Any = None
        self.body: Body | None = None
        self.framing: Framing | None = None
        self.was_admitted = False
        self.state = State.HEAD
        self.until = time.monotonic() + loop.keepalive_s
        self.pace: Pace | None = None

    def receive(self) -> None:
        is_large = self.body is not None and self.body.file is not None
        try:
            data = self.sock.recv(RECEIVE_LARGE_BYTES if is_large else RECEIVE_BYTES)
        except BlockingIOError:
            self.loop.await_reading(self)
            return
        except OSError:
            data = b""
        if not data:
            self.drop()
            return
        now = time.monotonic()
        if self.pace is None:
            self.pace = Pace(self.loop.limits, now)
        elif not self.pace.moved(len(data), now):
            self.log_end("a slow sender")
            self.refuse(refusals.too_slow())
            return
        self.received += data
        self.proceed()

    def proceed(self) -> None:
        """Makes what it can of the bytes received. The caller owns the connection, and no longer does afterwards."""
        try:
            if self.state is State.HEAD and not self._read_head():
                self.loop.await_reading(self)
                return
            self._read_body()
        except Refused as refused:
            self.refuse(refused)
        except OSError:
            self.drop()
        except Exception as error:  # noqa: BLE001 - gunicorn's errors share no base
            logger.warning("refused a request of %s: %s %s", self.address, type(error).__name__, error)
            self.refuse(refusals.of_parser(error))

    def _read_head(self) -> bool:
        if self.received[:2] == b"\r\n":  # an empty line before a request is allowed, once
            del self.received[:2]
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            if len(self.received) > HEAD_BYTES:
                raise Refused(refusals.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head is too large.")
            if self.received.count(b"\n") != self.received.count(b"\r\n"):  # it would never end
                raise Refused(refusals.HTTPStatus.BAD_REQUEST, "Lines of the head end with CR LF.")
            return False
        self.n_requests += 1
        head = bytes(self.received[: end + 4])
        del self.received[: end + 4]
        request = self.request = Request(self.loop.cfg, _Head(head), self.client, self.n_requests)
        self.state = State.BODY
        self._frame(request)
        return True

    def _frame(self, request: Any) -> None:
        self.framing = None
        self.was_admitted = False
        for name, value in request.headers:
            if name == "CONTENT-LENGTH":
                self.framing = OfLength(int(value))  # gunicorn's parser has looked at it: digits, once
            elif name == "TRANSFER-ENCODING":
                self.framing = Chunked()
        if self.framing is None or self.framing.is_whole:
            self.framing = None
            return
        self.body = Body(self.loop.spool)
        if isinstance(self.framing, OfLength):
            self._check_size(self.framing.left)

    def _check_size(self, size: int) -> None:
        """Raises Refused for a body that may not be so large, whoever sends it."""
        admission = self.loop.admission
        if size > admission.small_bytes and size > (limit := admission.limit(self.request.path)):
            raise refusals.too_large(limit)

    def _read_body(self) -> None:
        framing, body = self.framing, self.body
        if framing is None or body is None:
            self.dispatch()
            return
        if not self.was_admitted and isinstance(framing, OfLength) and self._needs_admission(framing.left):
            self._ask_admission()
            return
        if self.request._expected_100_continue:
            self.request._expected_100_continue = False
            if not self.received:
                self.sock.send(CONTINUE)  # a first answer of 25 bytes: there is room
        framing.take(self.received, body)
        if isinstance(framing, Chunked):
            self._check_size(body.size)
            if not self.was_admitted and self._needs_admission(body.size):
                self._ask_admission()
                return
        if body.wants_flush or (framing.is_whole and body.file is not None):
            self.hand_on(self.loop.to_disk, self._flush)
        elif framing.is_whole:
            self.dispatch()
        else:
            self.loop.await_reading(self)

    def _needs_admission(self, size: int) -> bool:
        return size > self.loop.admission.small_bytes

    def _ask_admission(self) -> None:
        self.hand_on(self.loop.to_application, self._admit)

    def _admit(self) -> None:
        """In a thread of the application: asks the database whether this client may send a large body."""
        try:
            self.loop.admission.check(self.created()[1])
        except Refused as refused:
            self.refuse(refused)
            return
        self.was_admitted = True
        self._back_to_body()

    def _flush(self) -> None:
        """In the disk's thread."""
        body, framing = self.body, self.framing
        assert body is not None
        assert framing is not None
        try:
            self.loop.reserve(len(body.memory), self)
            body.flush()
        except Refused as refused:
            self.refuse(refused)
        except OSError as error:
            logger.error("a body of %s cannot be kept: %s", self.address, error)
            self.refuse(refusals.no_room())
        else:
            if framing.is_whole:
                self.dispatch()
            else:
                self._back_to_body()

    def _back_to_body(self) -> None:
        if self.pace is not None:
            self.pace.goes_on(time.monotonic())
        self.state = State.BODY
        self.proceed()

    def created(self) -> tuple[Answer, dict[str, Any]]:
        """The answer to the request, and what the application is told of it."""
        request, body = self.request, self.body
        is_whole = self.framing is not None and self.framing.is_whole
        request.body = body.opened() if body is not None and is_whole else io.BytesIO()
        request._expected_100_continue, expected = False, request._expected_100_continue
        answer, environ = create(request, self.sock, self.client, self.server, self.loop.cfg, response_class=Answer)
        request._expected_100_continue = expected
        environ["wsgi.multithread"] = True
        if environ.pop("HTTP_TRANSFER_ENCODING", None):  # it has come whole: its length is known now
            environ["CONTENT_LENGTH"] = str(body.size if body is not None else 0)
        return answer, environ

    def dispatch(self) -> None:
        """The request is whole: the application's turn."""
        raise NotImplementedError

    def refuse(self, refused: Refused) -> None:
        """Answers for the application, and for the last time on this connection."""
        raise NotImplementedError

    def drop(self, *, reset: bool = False) -> None:
        """Closes the socket; ``reset`` also throws away what the kernel still holds for the client."""
        raise NotImplementedError

    def hand_on(self, queue: Callable[[Callable[[], None]], None], work: Callable[[], None]) -> None:
        self.state = State.BUSY
        queue(work)

    @property
    def address(self) -> str:
        return str(self.client[0] if isinstance(self.client, tuple) and self.client else self.client or "a socket")

    def log_end(self, whom: str) -> None:
        request = self.request
        line = f"{request.method} {request.path}" if request is not None else "the head of a request"
        logger.info("ended %s at %s: %s", whom, self.address, line)
