"""What the server answers where the application is not asked: JSON, as everything else that is refused."""

import json
from http import HTTPStatus

from gunicorn.http import errors

BY_PARSER: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


class Refused(Exception):
    """The request is not passed on; ``detail`` is for a person."""

    def __init__(self, status: HTTPStatus, detail: str, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s

    def encoded(self) -> bytes:
        """The whole answer. The connection ends with it: where the next request begins is not known."""
        body = json.dumps({"detail": self.detail}).encode()
        more = f"Retry-After: {self.retry_after_s}\r\n" if self.retry_after_s else ""
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{more}\r\n"
        )
        return head.encode("latin-1") + body


def of_parser(error: Exception) -> Refused:
    """What a head that cannot be read is answered with."""
    status = next((status for kind, status in BY_PARSER.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    return Refused(status, f"The request cannot be read: {type(error).__name__}.")


def too_slow() -> Refused:
    return Refused(HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly.")


def too_large(limit: int) -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have at most {limit:,} bytes here.")


def no_room() -> Refused:
    return Refused(HTTPStatus.INSUFFICIENT_STORAGE, "The server's disk is full.", retry_after_s=60)


def too_many() -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many bodies are being received.", retry_after_s=10)


def too_many_predictions() -> Refused:
    detail = "As many predictions as this server makes at once are under way."
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after_s=1)
