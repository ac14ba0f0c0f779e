"""Answers of the API are one person's: nothing between us and them may keep one, unless it says for itself how."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PREFIX = "/api/"


class PrivateByDefault:
    """``Cache-Control: private, no-store`` where a view below ``/api/`` says nothing; files with an ETag say it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(PREFIX):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
