"""Turns what services raise into answers: a 4xx names the field and the reason."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from labeling.kinds import InvalidAnswer
from labeling.services.errors import Invalid
from labeling.services.imports.errors import ImportRefused
from labeling.services.pictures import PictureRejected
from labeling.services.tasks.slots import LeaseLost


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is larger than this server accepts."
    default_code = "too_large"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST_FRAMEWORK's EXCEPTION_HANDLER."""
    return exception_handler(_translated(error), context)


def _translated(error: Exception) -> Exception:
    if isinstance(error, Invalid | InvalidAnswer):
        return ValidationError(_nested(error.field, error.reason))
    if isinstance(error, ImportRefused):
        return TooLarge(error.reason) if error.too_large else ValidationError({"file": [error.reason]})
    if isinstance(error, PictureRejected):  # an original that was damaged after its import
        return Conflict(error.reason)
    if isinstance(error, LeaseLost):
        return Conflict(str(error))
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation):
        return ParseError(str(error))
    if isinstance(error, DataError):  # PostgreSQL: a value that no column of the kind can hold
        return ParseError("A value is out of range.")
    return error


def _nested(field: str, reason: str) -> dict[str, Any]:
    """``settings.overlap`` is ``{"settings": {"overlap": [reason]}}``, as DRF's own nested errors."""
    first, _, rest = field.partition(".")
    return {first: _nested(rest, reason) if rest else [reason]}
