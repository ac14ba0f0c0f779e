"""Calls of REST that are made with every question or prediction, without the layers that say nothing about them.

A view names such calls in ``lean``; its own methods answer with the same functions, so what is done is written once.
``answer_to`` takes the everyday request: known address and method, JSON in and out, a usable token with the scope or a
session with its CSRF token. **Every other request goes the ordinary way**, before anything of it was read: who is
refused is refused by the view, in its words. ``config.lean_calls`` is the middleware that asks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import response_for_exception
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.urls.resolvers import RoutePattern, URLPattern
from rest_framework.authentication import CSRFCheck
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from labeling.api.authentication import KEYWORD
from labeling.api.base import ActionView
from labeling.api.exceptions import handle
from labeling.api.renderers import rendered
from labeling.api.scopes import scopes_of
from labeling.models import ApiToken, User
from labeling.services.accounts.sessions import user_of_session
from labeling.services.accounts.tokens import person_by_token

PREFIX = "/api/v1/"
JSON = "application/json"
_ACCEPTED = (None, "*/*", JSON)


@dataclass(slots=True)
class Reply:
    """What a call answers: plain JSON values."""

    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


#: ``request`` is Django's or DRF's: both say ``user`` and ``auth``, the token.
Call = Callable[..., Reply]


class LeanView(ActionView):
    """A view some of whose methods are lean calls: ``lean`` says by method who answers ``(request, data, **kwargs)``
    to a body, read by the first of ``parser_classes``."""

    lean: ClassVar[Mapping[str, Call]]

    @classmethod
    def raised(cls, error: Exception) -> Exception:
        """The error as REST's handler is told it."""
        return error

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(self.raised(exc))

    def respond(self, reply: Reply) -> Response:
        return Response(reply.data, reply.status, headers=dict(reply.headers))


class _Lean:
    """A lean call at its address."""

    def __init__(self, route: str, view: type[LeanView]) -> None:
        self.route = RoutePattern(route, is_endpoint=True)
        self.view = view
        self.parser: BaseParser = view.parser_classes[0]()
        self.allow = ", ".join(view(request=None).allowed_methods)


_CALLS: dict[str, _Lean] = {}


def lean_path(route: str, view: type[LeanView], name: str) -> URLPattern:
    """As ``path``, below ``PREFIX``."""
    _CALLS[route] = _Lean(route, view)
    return path(route, view.as_view(), name=name)


class LeanCalls:
    """Answers what it can; one for a process."""

    def __init__(self) -> None:
        self.csrf = CSRFCheck(lambda request: HttpResponse())

    def answer_to(self, request: HttpRequest) -> HttpResponseBase | None:
        """The answer but for the headers that every answer has; None for a request that goes the ordinary way."""
        if not request.path_info.startswith(PREFIX) or not _is_plain(request):
            return None
        address, method = request.path_info[len(PREFIX) :], request.method or ""
        for lean in _CALLS.values():
            if (found := lean.route.match(address)) is not None:
                call = lean.view.lean.get(method)
                return self._answer(request, lean, call, found[2]) if call and self._admitted(request, lean) else None
        return None

    def _admitted(self, request: HttpRequest, lean: _Lean) -> bool:
        try:
            return self._admits(request, lean)
        except (DatabaseError, ValueError):  # ValueError: psycopg's of a NUL in a cookie
            # no words of its own: the ordinary way says what is the matter, or gets through
            return False

    def _admits(self, request: HttpRequest, lean: _Lean) -> bool:
        """Whether somebody asks who may use the address, by token or session; sets ``user`` and ``auth``."""
        forced = getattr(request, "_force_auth_user", None)  # of DRF's test client, as DRF's own Request knows it
        given = request.META.get("HTTP_AUTHORIZATION")
        token: ApiToken | None = None
        if forced is not None:
            user, token = forced, getattr(request, "_force_auth_token", None)
        elif given is None:
            user = user_of_session(request.COOKIES)
            if user is None or self._is_forged(request):
                return False
        else:
            scheme, _, key = given.partition(" ")
            token = person_by_token(key) if scheme == KEYWORD and key else None
            user = token.user if token else None
        if not isinstance(user, User):
            return False
        if token is not None and scopes_of(lean.view, request.method).isdisjoint(token.scope_set):
            return False
        request.user, request.auth = user, token  # type: ignore[attr-defined]
        return True

    def _is_forged(self, request: HttpRequest) -> bool:
        """Django's own look at the CSRF token, as DRF has it for sessions."""
        self.csrf.process_request(request)
        return self.csrf.process_view(request, None, (), {}) is not None  # type: ignore[arg-type]  # it asks no view

    def _answer(self, request: HttpRequest, lean: _Lean, call: Call, kwargs: Mapping[str, Any]) -> HttpResponseBase:
        try:
            reply = call(request, lean.parser.parse(request, JSON), **kwargs)  # type: ignore[arg-type]  # it is read
        except Exception as error:  # noqa: BLE001  # as in DRF: the handler says which are answers, the rest is a 500
            # an error of a project that is gone is told by ``request.project``
            told = handle(lean.view.raised(error), {"request": request, "view": request})
            if told is None:
                return response_for_exception(request, error)
            headers = {name: value for name, value in told.items() if name != "Content-Type"}
            reply = Reply(told.data, told.status_code, headers)
            was_logged = getattr(told, "_has_been_logged", False)
        else:
            was_logged = False
        response = HttpResponse(rendered(reply.data), content_type=JSON, status=reply.status)
        response.data = reply.data  # type: ignore[attr-defined]  # as DRF's answers have it
        response.headers["Allow"] = lean.allow
        for name, value in reply.headers.items():
            response.headers[name] = value
        if request.auth is None:  # type: ignore[attr-defined]  # set by _admits
            response.headers["Vary"] = "Cookie"
        if was_logged:
            response._has_been_logged = True  # type: ignore[attr-defined]  # as in api/exceptions
        return response


def _is_plain(request: HttpRequest) -> bool:
    """Whether it is JSON in and out, with a body, to a name of ours."""
    meta = request.META
    if meta.get("CONTENT_TYPE") != JSON or meta.get("HTTP_ACCEPT") not in _ACCEPTED:
        return False
    if not (length := meta.get("CONTENT_LENGTH", "")).isdecimal() or int(length) == 0:
        return False
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True
