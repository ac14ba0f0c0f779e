"""An answer on its way: gunicorn's framing, but into a buffer of ours, sent as far as the client takes it."""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

from gunicorn import util
from gunicorn.http.wsgi import FileWrapper, Response

BLOCK_BYTES = 256 * 1024


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
        if isinstance(iterable, FileWrapper):
            read = iterable.filelike.read
            self.pieces = iter(()) if self._omits_body else iter(lambda: read(BLOCK_BYTES), b"")
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
        """The end of the body has been written."""
        self.send_headers()
        if self.chunked:
            self.out += b"0\r\n\r\n"

    def push(self) -> bool:
        """Sends what the client takes now; True when nothing is left. Raises OSError when the client is gone."""
        while self.out:
            try:
                sent = self.sock.send(self.out)
            except BlockingIOError:
                return False
            self.n_sent += sent
            del self.out[:sent]
        return True

    def let_go(self) -> None:
        """Tells the application that the answer is over (Django's request_finished), also when nobody took it."""
        iterable, self.iterable, self.pieces = self.iterable, None, iter(())
        if iterable is not None and hasattr(iterable, "close"):
            iterable.close()
