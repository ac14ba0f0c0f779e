"""What can go wrong, as exceptions. All are ``QuerentError``."""

from collections.abc import Mapping
from typing import Any


class QuerentError(Exception):
    """Any trouble with a Querent server."""


class ConnectionLost(QuerentError):
    """No answer came, after as many attempts as the client was told to make. ``__cause__`` is httpx's own error."""


class WaitedTooLong(QuerentError, TimeoutError):
    """A job is not done yet. It goes on at the server: ask again later by its id."""

    def __init__(self, what: str, job: Mapping[str, Any], timeout_s: float) -> None:
        super().__init__(f"{what} {job['id']} is {job['state']} after {timeout_s:g} s; it goes on at the server.")
        self.job = job


class JobFailed(QuerentError):
    """An import, snapshot or run ended without doing its work; ``job`` is its last state."""

    def __init__(self, what: str, job: Mapping[str, Any]) -> None:
        super().__init__(
            f"{what} {job['id']} {job['state']}: {job.get('error') or job.get('reason') or 'no reason given'}"
        )
        self.job = job


class DownloadDamaged(QuerentError):
    """The bytes that came are not those the server made its hash of."""


class MissingExtra(QuerentError, ImportError):
    """A library that this method needs is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"This needs {library}: pip install 'querent-client[{extra}]'")


class RequestRefused(QuerentError):
    """The server answered with an error.

    ``status`` is the HTTP status, ``field`` the first field at fault (``settings.overlap``; empty where no field is),
    ``reason`` what is wrong with it, ``fields`` all of them with their reasons, ``code`` the server's short name of the
    trouble (empty where it has none), ``retry_after_s`` when asking again is worth it. ``answer_lost``: an earlier
    attempt's answer never came, so the refusal may be about what that attempt did.
    """

    answer_lost = False

    def __init__(self, operation: str, status: int, body: Any, retry_after_s: float | None = None) -> None:
        self.operation, self.status, self.body, self.retry_after_s = operation, status, body, retry_after_s
        self.code = str(body.get("code", "")) if isinstance(body, dict) else ""
        self.fields = {} if _is_about_the_whole(body) else _reasons(body, "")
        self.field = next(iter(self.fields), "")
        self.reason = self.fields[self.field][0] if self.fields else _detail(body)
        named = f"{self.field}: " if self.field else ""
        more = f" (and {len(self.fields) - 1} more fields)" if len(self.fields) > 1 else ""
        super().__init__(f"{operation}: {status}: {named}{self.reason}{more}")


class InvalidRequest(RequestRefused):
    """400: a field does not fit."""


class NotSignedIn(RequestRefused):
    """401: no token, or one that is unknown, revoked or has run out."""


class NotAllowed(RequestRefused):
    """403: your role or your token does not allow this."""


class NotThere(RequestRefused):
    """404: it does not exist, or not for you."""


class StateConflict(RequestRefused):
    """409: not possible in the present state."""


class TaskLost(StateConflict):
    """409 of an answer or skip: the lease ran out and the question went to somebody else. Nothing was stored."""


class BodyTooLarge(RequestRefused):
    """413."""


class TooManyRequests(RequestRefused):
    """429, still after all attempts; ``retry_after_s`` says when to come back."""


class ServerUnavailable(RequestRefused):
    """5xx, still after all attempts."""


BY_STATUS = {
    400: InvalidRequest,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotThere,
    409: StateConflict,
    413: BodyTooLarge,
    429: TooManyRequests,
}


def refusal(operation: str, status: int, body: Any, retry_after_s: float | None = None) -> RequestRefused:
    """The exception for an answer of 300 or more."""
    chosen = ServerUnavailable if status >= 500 else BY_STATUS.get(status, RequestRefused)
    if status == 409 and isinstance(body, dict) and body.get("code") == "lease_lost":
        chosen = TaskLost
    return chosen(operation, status, body, retry_after_s)


def _is_about_the_whole(body: Any) -> bool:
    """``{"detail": "…", "code": …}``, or no JSON at all; else every key is a field."""
    return not isinstance(body, dict | list) or (isinstance(body, dict) and isinstance(body.get("detail"), str))


def _detail(body: Any) -> str:
    return str(body["detail"]) if isinstance(body, dict) and "detail" in body else str(body)[:500]


def _reasons(body: Any, place: str) -> dict[str, list[str]]:
    """``{"settings": {"overlap": ["…"]}}`` as ``{"settings.overlap": ["…"]}``; places in lists are numbers."""
    if isinstance(body, list) and all(isinstance(reason, str) for reason in body):
        return {place: body} if body else {}
    if isinstance(body, dict | list):
        parts = body.items() if isinstance(body, dict) else enumerate(body)
        found: dict[str, list[str]] = {}
        for name, part in parts:
            found |= _reasons(part, f"{place}.{name}" if place else str(name))
        return found
    return {place: [str(body)]}
