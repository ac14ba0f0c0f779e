"""Whose request it is: the one rule for the client's address (decision 0036).

Everything that counts, limits or records by address reads ``REMOTE_ADDR`` and nothing else, so what stands there is
settled once, before anything looks: the address of the connection, or behind ``TRUSTED_PROXIES`` reverse proxies what
they appended to ``X-Forwarded-For``.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"([^:]*):\d{1,5}")


class ClientAddressMiddleware:
    """Puts the client's address into ``REMOTE_ADDR``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = of_meta(request.META)
        return self.get_response(request)


def of_meta(meta: Mapping[str, Any]) -> str:
    """Of a request as the server has it."""
    return client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES)


def client_address(connection: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The client's address in its plain form; empty when there is none (a Unix socket without a proxy).

    ``forwarded_for`` is counted from the right: each proxy appends who connected to it, so only the last
    ``trusted_proxies`` entries were written by ours; all before them is what the client says. An entry that is no
    address gives way to the one a proxy nearer to us wrote, in the end to the connection's own.
    """
    ours = forwarded_for.rsplit(",", trusted_proxies)[-trusted_proxies:] if trusted_proxies else []
    return next(filter(None, (plain_address(hop) for hop in [*ours, connection])), "")


@lru_cache(maxsize=1_024)
def plain_address(written: str) -> str:
    """One spelling for each address: no port, brackets or zone, IPv4 inside IPv6 as IPv4. Empty when it is none."""
    written = written.strip().strip('"')
    if match := _BRACKETED.fullmatch(written) or _WITH_PORT.fullmatch(written):
        written = match[1]
    try:
        address = ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def of_request(request: HttpRequest) -> str | None:
    """What the middleware found; for libraries that would look for themselves."""
    return request.META.get("REMOTE_ADDR") or None
