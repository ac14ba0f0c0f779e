"""Requests that are sent again where that is harmless, and answers that become values or exceptions."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from querent_client.errors import ConnectionLost, QuerentError, RequestRefused, refusal
from querent_client.models import OPERATIONS
from querent_client.retries import Retries, retry_after_s

KEY = "Idempotency-Key"
PAGE_ROWS = 1000
CONNECT_S = 10.0
#: POSTs that are harmless to repeat without a key: a look stores nothing, open questions come back first, a skip or a
#: run that waits is given back, and what is cancelled stays so.
REPEATABLE_POSTS = {
    "imports_preview",
    "tasks_next",
    "tasks_skip",
    "runs_start",
    "runs_cancel",
    "invitations_revoke",
    "reviews_next",
    "reviews_release",
}
#: The server has done nothing and says so; a gateway that answers 502 or 504 does not know.
NOT_DONE, UNKNOWN = {429, 503}, {502, 504}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


class Transport:
    """Calls operations of the schema by their id. ``http`` stands in for the network in tests."""

    def __init__(
        self, url: str, token: str | None, *, timeout_s: float, retries: Retries, http: httpx.BaseTransport | None
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"An address such as https://label.example.org, not {url!r}.")
        self.url, self.retries = url.rstrip("/"), retries
        headers = {"User-Agent": "querent-client", "Accept": "application/json"}
        timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S))
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=http)
        if token:
            self.authorize(token)

    def authorize(self, token: str) -> None:
        self._http.headers["Authorization"] = f"Token {token}"

    def close(self) -> None:
        self._http.close()

    def json(
        self, name: str, *, query: Mapping[str, Any] | None = None, body: Any = None, repeatable: bool | None = None,
        key: str | None = None, **parts: Any,
    ) -> Any:  # fmt: skip
        """The answer's JSON; None where it has no content. ``parts`` are the path's parameters."""
        sent = {} if body is None else {"json": body}
        return self._value(name, self._sent(name, parts, query=query, repeatable=repeatable, key=key, **sent))

    def upload(self, name: str, file: Any, fields: Mapping[str, Any], *, key: str | None = None, **parts: Any) -> Any:
        """As ``json``, the body a form with a file; every attempt reads the file from its beginning."""
        return self._value(name, self._sent(name, parts, key=key, files={"file": file}, data=fields))

    def pages(self, name: str, *, query: Mapping[str, Any] | None = None, **parts: Any) -> Iterator[Any]:
        """The rows of a list, page after page, read as they are wanted."""
        asked = {"limit": PAGE_ROWS, **(query or {})}
        while True:
            page = self.json(name, query=asked, **parts)
            yield from page["results"]
            # of the next address only the cursor: behind a proxy its host may be another, which must not see the token
            cursor = parse_qs(urlsplit(page.get("next") or "").query).get("cursor")
            if not cursor:
                return
            asked["cursor"] = cursor[0]

    @contextmanager
    def stream(
        self, name: str, *, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> Iterator[httpx.Response]:  # fmt: skip
        """An open answer, its bytes as they are stored: a range of them means what it says. 416 is no error here."""
        asked = {"Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
        response = self._sent(name, parts, query=query, headers=asked, stream=True, accepted=frozenset({416}))
        try:
            yield response
        finally:
            response.close()

    def _sent(
        self, name: str, parts: Mapping[str, Any], *, query: Mapping[str, Any] | None = None,
        repeatable: bool | None = None, key: str | None = None, headers: Mapping[str, str] | None = None,
        stream: bool = False, accepted: frozenset[int] = frozenset(), **content: Any,
    ) -> httpx.Response:  # fmt: skip
        """One call, with the attempts it may take. Raises ConnectionLost, and what ``refusal`` makes."""
        operation = OPERATIONS[name]
        asked = dict(headers or {})
        if KEY in operation.headers:
            asked[KEY] = key or str(uuid.uuid4())  # one for all attempts: whichever of them arrives, it makes one thing
        if repeatable is None:
            repeatable = operation.method != "POST" or KEY in asked or name in REPEATABLE_POSTS
        params = {one: _text(value) for one, value in (query or {}).items() if value is not None}
        url = self.url + operation.address(parts)
        attempt, answer_lost = 0, False
        while True:
            attempt += 1
            request = self._http.build_request(operation.method, url, params=params, headers=asked, **content)
            failed = self._attempt(name, request, stream, accepted)
            if isinstance(failed, httpx.Response):
                return failed
            if isinstance(failed.error, RequestRefused):
                failed.error.answer_lost = answer_lost
            answer_lost |= not failed.nothing_done
            may = failed.passes and (repeatable or failed.nothing_done)
            pause_s = self.retries.pause_s(attempt, failed.retry_after_s) if may else None
            if pause_s is None:
                raise failed.error
            self.retries.sleep(pause_s)

    def _attempt(
        self, name: str, request: httpx.Request, stream: bool, accepted: frozenset[int]
    ) -> "httpx.Response | _Failed":
        try:
            response = self._http.send(request, stream=stream)
        except httpx.TransportError as error:
            lost = ConnectionLost(f"{name}: {type(error).__name__}: {error}")
            lost.__cause__ = error
            return _Failed(lost, passes=isinstance(error, _LOST), nothing_done=isinstance(error, _NOT_SENT))
        status = response.status_code
        if response.is_success or status in accepted:
            return response
        wanted = retry_after_s(response.headers.get("Retry-After"))
        made = refusal(name, status, _body_of(response), wanted)
        return _Failed(
            made, passes=status in NOT_DONE | UNKNOWN, nothing_done=status not in UNKNOWN, retry_after_s=wanted
        )

    def _value(self, name: str, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise QuerentError(f"{name}: the answer is no JSON: {response.text[:200]!r}") from error


@dataclass(frozen=True)
class _Failed:
    """An attempt's outcome: whether it may be another next time, and whether the server surely has done nothing."""

    error: QuerentError
    passes: bool
    nothing_done: bool
    retry_after_s: float | None = None


def _body_of(response: httpx.Response) -> Any:
    """What an error says; a proxy's page, or one that was cut off, says its status."""
    try:
        response.read()
        if response.is_redirect:
            return {"detail": f"The server is at another address: {response.headers.get('Location')}"}
        return response.json()
    except httpx.TransportError:
        return response.reason_phrase
    except ValueError:
        return f"{response.reason_phrase}: {response.text[:200]}"
    finally:
        response.close()


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
