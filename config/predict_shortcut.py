"""The everyday question to a model, in front of Django: let in by one statement and handed over to the predictor.

Middleware, addresses and DRF's view took the web process twice as long as the model takes for a text (decision 0122).
What is not everyday (a session, a parameter, a token that lacks something, a body that is too large) goes the long way
to the view, which is what the schema describes and who says what is wrong. It lets nobody in whom the view would not.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections

from config import access_log
from config.client_address import of_meta
from labeling.api import scopes
from labeling.api.authentication import KEYWORD
from labeling.models import Action
from labeling.services.accounts.tokens import Known, may_at_once
from labeling.services.audit.origin import ORIGIN, Origin
from learning.services.serving import asking

log = logging.getLogger("django.request")

_ADDRESS = re.compile(r"/api/v1/projects/([-a-zA-Z0-9_]+)/predict/")
_TOKEN = re.compile(rf"{KEYWORD} ([-a-zA-Z0-9_]+)")
#: What is said of an answer by whoever gives it; the rest is the same for all to whom the site has this name.
_OF_ONE_ANSWER = {"content-length", "retry-after", access_log.HEADER.lower()}
_MOST_NAMES = 64

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Shortcut:
    """WSGI. What headers an answer has is learned from the first one that went the long way, for each name of the site:
    so they are those of Django's middleware, and a name that Django refuses is never known here."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self._headers: dict[tuple[Any, ...], Headers] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began = time.perf_counter()
        if (found := _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))) is None or not _is_everyday(environ):
            return self._django(environ, start_response)
        name = environ.get("HTTP_HOST"), environ.get("wsgi.url_scheme"), environ.get("HTTP_X_FORWARDED_PROTO")
        headers = self._headers.get(name)
        if headers is None:
            return self._django(environ, self._learning(name, start_response))
        close_old_connections()
        try:
            known = may_at_once(_key(environ), found[1], Action.MODELS_PREDICT, scopes.PREDICT)
        except DatabaseError:  # the long way answers it
            known = None
        finally:
            close_old_connections()
        if known is None:
            return self._django(environ, start_response)
        return _answer(environ, start_response, headers, known, began)

    def _learning(self, name: tuple[Any, ...], start_response: Any) -> Any:
        def start(status: str, headers: Headers, *more: Any) -> Any:
            lasting = [(each, value) for each, value in headers if each.lower() not in _OF_ONE_ANSWER]
            is_whole = status.startswith("200") and not any(each.lower() == "set-cookie" for each, _ in lasting)
            if is_whole and len(self._headers) < _MOST_NAMES:
                self._headers[name] = lasting
            return start_response(status, headers, *more)

        return start


def _key(environ: dict[str, Any]) -> str:
    found = _TOKEN.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


def _is_everyday(environ: dict[str, Any]) -> bool:
    media_type, length = environ.get("CONTENT_TYPE", "").partition(";")[0], environ.get("CONTENT_LENGTH", "")
    return (
        environ["REQUEST_METHOD"] == "POST"
        and not environ.get("QUERY_STRING")
        and not environ.get("SCRIPT_NAME")
        and media_type in (asking.JSON, asking.FORM)
        and length.isdecimal()
        and 0 < int(length) <= asking.most_bytes(media_type)
        and environ.get("HTTP_ACCEPT", "*/*") in ("*/*", asking.JSON)
        and bool(_key(environ))
    )


def _answer(
    environ: dict[str, Any], start_response: Any, headers: Headers, known: Known, began: float
) -> Iterable[bytes]:
    request_id = access_log.request_id_of(environ)
    ORIGIN.set(Origin("rest", of_meta(environ), request_id))
    asks = asking.asked_by(known.user_id, known.token_id)
    size = int(environ["CONTENT_LENGTH"])
    status, told, data = asking.told(known.project_id, asks, environ["wsgi.input"], size, environ["CONTENT_TYPE"])
    mine = {**told, "Content-Length": str(len(data)), access_log.HEADER: request_id}
    phrase = HTTPStatus(status).phrase
    start_response(f"{status} {phrase}", [*(one for one in headers if one[0] not in told), *mine.items()])
    if status >= 500:  # Django writes this line of what failed, and operators look for it
        log.error("%s: %s", phrase, environ["PATH_INFO"], extra={"status_code": status})
    if access_log.is_written():
        access_log.write_line("POST", environ["PATH_INFO"], status, began, len(data), known.user_name)
    ORIGIN.set(Origin())
    return [data]
