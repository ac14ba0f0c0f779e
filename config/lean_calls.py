"""Lean calls of REST are answered here, before the layers that ask and say nothing about them.

What those layers write into every answer is asked of them once, so that it is the same for whoever comes this way.
"""

from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from config.content_policy import ContentPolicyMiddleware
from labeling.api.caching import PrivateByDefault
from labeling.api.lean import PREFIX, LeanCalls

#: Those that write headers, the outermost first.
WRITERS = (SecurityMiddleware, PrivateByDefault, ContentPolicyMiddleware, XFrameOptionsMiddleware)


class LeanCallsMiddleware:
    """Stands behind the access log and before all other layers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        import_module(settings.ROOT_URLCONF)  # who is lean is said with the addresses
        self.calls = LeanCalls()
        self.redirects = bool(settings.SECURE_SSL_REDIRECT)
        self.headers = {secure: _written(secure) for secure in (False, True) if secure or not self.redirects}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_secure = request.is_secure()
        if self.redirects and not is_secure:
            return self.get_response(request)
        response = self.calls.answer_to(request)
        if response is None:
            return self.get_response(request)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        # checked when they were written: Django would look at each of their characters again
        held = response.headers._store
        for key, written in self.headers[is_secure].items():
            held.setdefault(key, written)
        return response


def _written(is_secure: bool) -> dict[str, tuple[str, str]]:
    """What the layers write into an answer that says nothing itself: name and value by the name in small letters."""
    request = HttpRequest()
    request.path = request.path_info = PREFIX
    request._get_scheme = lambda: "https" if is_secure else "http"  # type: ignore[attr-defined]
    if (header := settings.SECURE_PROXY_SSL_HEADER) and is_secure:
        request.META[header[0]] = header[1]
    layer: Callable[[HttpRequest], HttpResponseBase] = lambda request: HttpResponse()  # noqa: E731
    for writer in reversed(WRITERS):
        layer = writer(layer)  # type: ignore[assignment]
    headers = layer(request).items()
    return {name.lower(): (name, value) for name, value in headers if name != "Content-Type"}
