"""The body of a request to the predictor, read from its socket as it is asked for."""

import io
import socket
from typing import Any


class CutShort(Exception):
    """Less came than was announced: who asked is gone."""


class Body(io.RawIOBase):
    """``left`` bytes of a socket. Raises CutShort where fewer come: a part is not to be taken for the whole."""

    def __init__(self, client: socket.socket, size: int) -> None:
        super().__init__()
        self._client, self.left = client, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: self.left]
        if not len(view):
            return 0
        try:
            n = self._client.recv_into(view)
        except OSError as error:
            raise CutShort(str(error)) from error
        if n == 0:
            raise CutShort(f"{self.left:,} bytes did not come.")
        self.left -= n
        return n
