"""Who may send a large body: who may start the import it is, or ask about the pictures. Asked before it is taken in."""

from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import Error as DatabaseError
from django.http import Http404
from django.urls import Resolver404, resolve
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from config.serving.refusals import Refused
from labeling.api.authentication import TokenAuthentication
from labeling.models import Action, User
from labeling.selectors.access import project_for

OVERHEAD_BYTES = 1024 * 1024  # of a form around a file
PREDICT = "learning-api:predict"
UPLOADS = {
    "api:imports": Action.IMPORTS_START, "pages:imports": Action.IMPORTS_START, PREDICT: Action.MODELS_PREDICT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Admission:
    """``small_bytes`` anybody may send anywhere; ``large_bytes`` those who are let in, where files are uploaded, and
    ``pictures_bytes`` where they are asked about."""

    small_bytes: int
    large_bytes: int
    pictures_bytes: int
    keep_free_bytes: int = 64 * 1024 * 1024

    @classmethod
    def from_settings(cls) -> "Admission":
        small = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + OVERHEAD_BYTES
        return cls(
            small_bytes=small,
            large_bytes=max(small, settings.IMPORT_MAX_BYTES + OVERHEAD_BYTES),
            pictures_bytes=max(small, settings.PREDICT_MAX_BYTES + OVERHEAD_BYTES),
        )

    def limit(self, path: str) -> int:
        name = _name_of(path)
        if name == PREDICT:
            return self.pictures_bytes
        return self.large_bytes if name in UPLOADS else self.small_bytes

    def check(self, environ: dict[str, Any]) -> None:
        """Raises Refused unless the client may send it there. Queries the database: not for the loop."""
        request_started.send(sender=type(self), environ=environ)
        try:
            request = WSGIRequest(environ)
            user = _user(request)
            if user is None:
                raise Refused(HTTPStatus.UNAUTHORIZED, f"Sign in to send more than {self.small_bytes:,} bytes.")
            found = resolve(request.path_info)
            project_for(user, found.kwargs["slug"], UPLOADS[found.view_name])
        except Http404 as error:
            raise Refused(HTTPStatus.NOT_FOUND, "Not found.") from error
        except PermissionDenied as error:
            raise Refused(HTTPStatus.FORBIDDEN, str(error)) from error
        except APIException as error:
            raise Refused(HTTPStatus.UNAUTHORIZED, str(error)) from error
        except DatabaseError as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer.", retry_after_s=5) from error
        finally:
            request_finished.send(sender=type(self))


def _name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def _user(request: WSGIRequest) -> User | None:
    if found := TokenAuthentication().authenticate(Request(request)):
        return found[0] if isinstance(found[0], User) else None  # a machine starts no import
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_authenticated else None
