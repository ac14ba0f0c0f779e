"""One client's connection. The loop owns it, or one thread does, never both: who hands it on touches it no more."""

import contextvars
import fcntl
import logging
import socket
import struct
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from config.serving import refusals
from config.serving.answer import Answer, ClientGone
from config.serving.pace import Pace
from config.serving.receiving import RECEIVE_LARGE_BYTES, Receiving, State
from config.serving.refusals import Refused

if TYPE_CHECKING:
    from config.serving.loop import Loop

logger = logging.getLogger(__name__)

LINGER_S = 2.0
LINGER_BYTES = 64 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)


class Connection(Receiving):
    """From the first byte of a request to the last of its answer, again and again."""

    __slots__ = ("answer", "context", "delivered")

    def __init__(self, loop: "Loop", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(loop, sock, client, server)
        self.answer: Answer | None = None
        self.context: contextvars.Context | None = None
        self.delivered = 0

    # what the loop calls

    def ready(self) -> None:
        """The socket has something to read, or room to write."""
        if self.state is State.SENDING:
            self._send_more()
        elif self.state is State.LINGERING:
            self._throw_away()
        else:
            self.receive()

    def tick(self, now: float) -> None:
        """Once a second: ends the connection when its client was too slow."""
        state = self.state
        if state is State.BUSY:
            return
        if state is State.SENDING:
            if not self._delivers(now):
                self.log_end("a slow reader")
                self.drop(reset=True)
        elif self.pace is not None:
            if not self.pace.moved(0, now):
                self.log_end("a slow sender")
                self.refuse(refusals.too_slow())
        elif now > self.until:
            self.drop()

    @property
    def is_idle(self) -> bool:
        return self.state is State.HEAD and not self.received

    # the application answers

    def dispatch(self) -> None:
        self.pace = None
        if not is_for_predictor(self.request.path):
            self.hand_on(self.loop.to_application, self._run)
            return
        self.state = State.BUSY
        if not self.loop.to_predictions(self._run):
            self._close_answer()
            self.refuse(refusals.too_many_predictions())

    def _run(self) -> None:
        """In a thread of the application."""
        try:
            self.answer, environ = self.created()
            self.loop.count_request()
            if not self.loop.alive:
                self.answer.force_close()
            self.answer.of(self.loop.wsgi(environ, self.answer.start_response))
        except Exception:  # Django answers its own errors: this one is the server's or a middleware's outside it
            logger.exception("Error handling request %s %s", self.request.method, self.request.uri)
            self._close_answer()
            self.refuse(Refused(refusals.HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error"))
            return
        self._answer()

    def _resume(self) -> None:
        """In a thread of the application: the client has taken what there was."""
        context, self.context = self.context, None
        assert context is not None
        context.run(self._answer)

    def _answer(self) -> None:
        """Writes the answer until it is whole or the client takes no more."""
        answer = self.answer
        assert answer is not None
        try:
            for piece in answer.pieces:
                answer.write(piece)
                if not answer.push():
                    self._park()
                    return
            answer.close()
            is_sent = answer.push()
        except Exception as error:  # noqa: BLE001 - whatever a stream of the application raises ends its connection, see there
            self._interrupted(error)
            return
        self._close_answer()
        if is_sent:
            self._next()
        else:
            self._wait_to_send()

    def _interrupted(self, error: Exception) -> None:
        """The client is gone, or a stream failed: the connection breaks, so that nobody takes a part for the whole."""
        if not isinstance(error, ClientGone):
            logger.error("Error handling request %s %s", self.request.method, self.request.uri, exc_info=error)
        self._close_answer()
        self.answer = None
        self.drop(reset=True)

    def _close_answer(self) -> None:
        if self.answer is not None:
            try:
                self.answer.let_go()
            except Exception:  # an error in the application's last words changes nothing for the client
                logger.exception("Error closing the answer of %s %s", self.request.method, self.request.uri)
        if self.body is not None:
            self.loop.release(self)
            self.body.close()
            self.body = None

    def _park(self) -> None:
        self.context = contextvars.copy_context()  # what the application set for this request goes on with it
        self._wait_to_send()

    def _wait_to_send(self) -> None:
        now = time.monotonic()
        if self.pace is None:
            self.pace = Pace(self.loop.limits, now)
            self.delivered = 0
        else:
            self.pace.goes_on(now)
        self.state = State.SENDING
        self.loop.await_writing(self)

    def _send_more(self) -> None:
        answer = self.answer
        assert answer is not None
        try:
            is_sent = answer.push()
        except ClientGone:
            self.drop()
            return
        if not is_sent:
            self.loop.await_writing(self)
        elif self.context is not None:
            self.hand_on(self.loop.to_application, self._resume)
        else:
            self._next()

    def _delivers(self, now: float) -> bool:
        """Whether the client takes its answer fast enough. What lies in the kernel has not been taken: at 20 kB/s a
        full send buffer shows no room for a minute."""
        assert self.answer is not None
        assert self.pace is not None
        taken = self.answer.n_sent - _unacknowledged(self.sock)
        gained, self.delivered = taken - self.delivered, taken
        return self.pace.moved(max(0, gained), now)

    def _next(self) -> None:
        """The answer is out."""
        answer, self.answer, self.pace = self.answer, None, None
        assert answer is not None
        if answer.should_close():
            self._linger()
            return
        self.request = self.framing = None
        self.state = State.HEAD
        self.until = time.monotonic() + self.loop.keepalive_s
        if self.received:
            self.pace = Pace(self.loop.limits, time.monotonic())
            self.proceed()
        else:
            self.loop.await_reading(self)

    # the end

    def refuse(self, refused: Refused) -> None:
        try:
            self.sock.send(refused.encoded())
        except OSError:
            self.drop()
            return
        self._linger()

    def _linger(self) -> None:
        """Closing while the client still sends would take the answer away from it."""
        if self.body is not None:
            self.loop.release(self)
            self.body.close()
            self.body = None
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop()
            return
        self.received.clear()
        self.pace = None
        self.delivered = 0
        self.state = State.LINGERING
        self.until = time.monotonic() + LINGER_S
        self.loop.await_reading(self)

    def _throw_away(self) -> None:
        try:
            data = self.sock.recv(RECEIVE_LARGE_BYTES)
        except BlockingIOError:
            data = b"-"
        except OSError:
            data = b""
        self.delivered += len(data)
        if data and self.delivered < LINGER_BYTES:
            self.loop.await_reading(self)
        else:
            self.drop()

    def drop(self, *, reset: bool = False) -> None:
        self.state = State.BUSY
        self.loop.forget(self)
        if reset:
            with suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.sock.close()
        if self.answer is not None or self.body is not None:
            self.loop.to_application(self._close_answer)


def is_for_predictor(path: str) -> bool:
    """Told by the address alone: the loop asks it of every request."""
    path = unquote(path)  # as it is resolved, however it is written
    return path.endswith("/predict/") and path.startswith("/api/v1/projects/")


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes the kernel has from us and the client has not."""
    try:
        held: int = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0]
    except OSError:
        return 0
    return held
