"""An answer on its way: gunicorn's framing, but into a buffer of ours, sent as far as the client takes it."""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

from gunicorn import util
from gunicorn.http.wsgi import FileWrapper, Response

BLOCK_BYTES = 256 * 1024


class ClientGone(Exception):
    """The other side of the connection is no longer there."""


class Answer(Response):
    """Headers and pieces are framed into ``out``; ``push`` sends without ever waiting."""

    def __init__(self, req: Any, sock: socket.socket, cfg: Any) -> None:
        super().__init__(req, sock, cfg)
        self.headers_sent: bool = False
        self.out = bytearray()
        self.n_sent = 0
        self.iterable: Iterable[bytes] | None = None
        self.pieces: Iterator[bytes] = iter(())

    def of(self, iterable: Iterable[bytes]) -> None:
        """Takes what the application gave; a file is read in large blocks, whatever the application asked for."""
        self.iterable = iterable
        if self._omits_body:  # HEAD: a stream is not made to be thrown away
            self.pieces = iter(())
        elif isinstance(iterable, FileWrapper):
            read = iterable.filelike.read
            self.pieces = iter(lambda: read(BLOCK_BYTES), b"")
        else:
            self.pieces = iter(iterable)

    def send_headers(self) -> None:
        if not self.headers_sent:
            lines = self.default_headers()
            lines += [f"{name}: {value}\r\n" for name, value in self.headers]
            self.out += util.to_bytestring("".join(lines) + "\r\n", "latin-1")
            self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self.out += b"%X\r\n%b\r\n" % (len(data), data)
        else:
            self.out += data

    def close(self) -> None:
        """The end of the body has been written. Raises EOFError when less came than was announced."""
        self.send_headers()
        if self.response_length is not None and self.sent < self.response_length and not self._omits_body:
            raise EOFError(f"{self.sent} of {self.response_length} bytes of an answer")
        if self.chunked:
            self.out += b"0\r\n\r\n"

    def push(self) -> bool:
        """Sends what the client takes now; True when nothing is left. Raises ClientGone."""
        while self.out:
            try:
                sent = self.sock.send(self.out)
            except BlockingIOError:
                return False
            except OSError as error:
                raise ClientGone from error
            self.n_sent += sent
            del self.out[:sent]
        return True

    def let_go(self) -> None:
        """Tells the application that the answer is over (Django's request_finished), also when nobody took it."""
        iterable, self.iterable, self.pieces = self.iterable, None, iter(())
        if iterable is not None and hasattr(iterable, "close"):
            iterable.close()
