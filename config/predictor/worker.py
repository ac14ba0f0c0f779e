"""gunicorn's plain worker: one request at a time, the next one waits in the socket for whichever process is free."""

import io
import logging
import mmap
import os
import re
import select
import signal
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.sync import SyncWorker

from config.environment import whole_number
from config.predictor.body import Body

logger = logging.getLogger(__name__)

_asked_at = mmap.mmap(-1, 8)  # shared by the processes: the moment of the last request, by the monotonic clock
PEEKED_BYTES, BODY_BYTES = 16 * 1024, 128 * 1024
#: Whoever sends or takes nothing for so long is gone. Less than gunicorn's ``timeout``, which would end the process.
SILENT_S = 30.0
_LINE = re.compile(rb"POST (/predict/[^ ?]+)\?([^ ]*) HTTP/1\.1\r\n")


class PredictorWorker(SyncWorker):
    """Ends the predictor when nobody has asked for PREDICTOR_IDLE_S, so that it costs no memory; 0 is never. Whoever
    started it listens on, and starts it again.

    What the web process writes (``learning.services.serving.asking``) is read and answered by ``handle`` itself: in
    gunicorn's way a request costs half of what the model takes for a text. Everything else is gunicorn's to parse."""

    def init_process(self) -> None:
        self._idle_s = whole_number("PREDICTOR_IDLE_S", 0)
        self._awaited: select.epoll | None = None
        self._note()
        super().init_process()

    def load_wsgi(self) -> None:
        self.wsgi: Any = None
        super().load_wsgi()
        application: Any = self.wsgi
        self.wsgi = partial(_with_beat, application, self._get_on)

    def wait(self, timeout: float) -> Any:
        if self._idle_s:
            timeout = min(timeout, max(0.1, self._idle_s / 4))
        if len(self.sockets) > 1 or not hasattr(select, "EPOLLEXCLUSIVE"):
            return super().wait(timeout)
        if self._awaited is None:  # by select all that rest would be woken for one request
            self._awaited = select.epoll()
            self._awaited.register(self.sockets[0], select.EPOLLIN | select.EPOLLEXCLUSIVE)
            self._awaited.register(self.PIPE[0], select.EPOLLIN)
        self.notify()
        ready = [fd for fd, _ in self._awaited.poll(timeout)]
        if self.PIPE[0] in ready:
            os.read(self.PIPE[0], 1)
        return ready

    def notify(self) -> None:
        super().notify()
        if self._idle_s and time.monotonic() - struct.unpack("d", _asked_at[:])[0] > self._idle_s:
            self._note()  # asked to end once
            os.kill(self.ppid, signal.SIGTERM)

    def _get_on(self) -> None:
        """In the middle of a request: nobody rests while this one is answered, however long it takes."""
        self._note()
        self.notify()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        client.settimeout(SILENT_S)
        try:
            environ = _environ_of(client)
        except (OSError, ValueError):  # gone, silent, or a length that is none: none of them ends the process
            client.close()
            return
        if environ is None:
            super().handle(listener, client, addr)
            return
        self._note()
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False
        body: Body = environ["wsgi.input"].raw
        try:
            self._answer(client, environ)
        except OSError:
            logger.debug("whoever asked is gone")
        except Exception:  # whatever it is: who asked sees the connection end, the next one is answered
            logger.exception("%s failed", environ["PATH_INFO"])
        finally:
            if body.left:  # closed at once, what was answered would be thrown away with it
                close_graceful(client)
            else:
                client.close()
        self._note()

    def _answer(self, client: socket.socket, environ: dict[str, Any]) -> None:
        """What the application gives, in one piece: the one who waits is woken once."""
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            head.extend((f"HTTP/1.1 {status}", "Connection: close", *(f"{name}: {value}" for name, value in headers)))

        answered = self.wsgi(environ, start_response)
        try:
            client.sendall(b"".join(("\r\n".join([*head, "", ""]).encode("latin-1"), *answered)))
            client.shutdown(socket.SHUT_WR)
        finally:
            if hasattr(answered, "close"):
                answered.close()

    def handle_request(self, *args: Any) -> None:
        self._note()
        super().handle_request(*args)
        self._note()

    @staticmethod
    def _note() -> None:
        _asked_at[:] = struct.pack("d", time.monotonic())


def _environ_of(client: socket.socket) -> dict[str, Any] | None:
    """Of a request as ``asking`` writes it; None where it is another, or its head has not come whole: then nothing was
    read. Raises OSError, ValueError."""
    peeked = client.recv(PEEKED_BYTES, socket.MSG_PEEK)
    end = peeked.find(b"\r\n\r\n")
    if end < 0 or (line := _LINE.match(peeked)) is None:
        return None
    lines = peeked[line.end() : end].decode("latin-1").split("\r\n")
    headers = {name: value for name, _, value in (each.partition(": ") for each in lines)}
    if not headers.get("Content-Length", "").isdecimal():
        return None
    client.recv(end + 4, socket.MSG_WAITALL)
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": line[1].decode("latin-1"),
        "QUERY_STRING": line[2].decode("latin-1"),
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": headers["Content-Length"],
        "SERVER_NAME": "predictor",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BufferedReader(Body(client, int(headers["Content-Length"])), BODY_BYTES),
        "querent.waits": partial(_waits, client),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


def _waits(client: socket.socket) -> bool:
    """Whether who asked is there still, once the body was read: it lay in the queue while a model was loaded."""
    ready = select.poll()
    ready.register(client, select.POLLIN)
    try:
        return (
            not ready.poll(0) or client.recv(1, socket.MSG_PEEK) != b""
        )  # one that has a limit of time would wait for it
    except OSError:
        return False


def _with_beat(application: Any, beat: Any, environ: dict[str, Any], start_response: Any) -> Any:
    environ["querent.beat"] = beat
    return application(environ, start_response)
