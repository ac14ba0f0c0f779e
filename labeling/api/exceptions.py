"""Turns what services raise into answers: a 4xx names the field and the reason."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ParseError, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from labeling.kinds import InvalidAnswer, KindNotInstalled
from labeling.selectors.access import is_gone
from labeling.services.accounts.sign_in import TooManyAttempts
from labeling.services.answers.pace import AnswersTooFast
from labeling.services.imports.errors import ImportRefused
from labeling.services.items.decoding import PictureRejected
from labeling.services.outages.causes import Outage, outage_of
from labeling.services.reports.base import StillCounting
from labeling.services.serving.slots import LeaseLost
from labeling.services.validation.errors import Invalid

log = logging.getLogger(__name__)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is larger than this server accepts."
    default_code = "too_large"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class TooMany(Throttled):
    """Its words are whole: DRF would append a second sentence. ``wait`` becomes Retry-After."""

    def __init__(self, error: TooManyAttempts | AnswersTooFast) -> None:
        super().__init__(detail=str(error))
        if isinstance(error, AnswersTooFast):
            self.detail = {"detail": ErrorDetail(str(error)), "code": ErrorDetail("too_fast")}
        self.wait = error.wait_s


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST_FRAMEWORK's EXCEPTION_HANDLER."""
    translated = _translated(error)
    if translated is error and not isinstance(error, APIException):
        if outage := outage_of(error):
            return _answer_to(outage, error, context)
        if is_gone(getattr(context.get("view"), "project", None), error):
            translated = NotFound("Not there any more: it was deleted meanwhile.")
    return exception_handler(translated, context)


def _answer_to(outage: Outage, error: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]
    log.warning("%s %s: %s, answered %s: %s", request.method, request.path, outage.cause, outage.status, error)
    set_rollback()
    headers = {"Retry-After": str(outage.retry_after_s), "Cache-Control": "no-store"}
    response = Response(outage.body, outage.status, headers=headers)
    response._has_been_logged = True  # type: ignore[attr-defined]  # by the line above
    return response


def _translated(error: Exception) -> Exception:
    if isinstance(error, Invalid | InvalidAnswer):
        return ValidationError(_nested(error.field, error.reason))
    if isinstance(error, ImportRefused):
        return TooLarge(error.reason) if error.too_large else ValidationError({"file": [error.reason]})
    if isinstance(error, PictureRejected):  # an original that was damaged after its import
        return Conflict(error.reason)
    if isinstance(error, LeaseLost | KindNotInstalled | StillCounting):
        return Conflict(str(error))
    if isinstance(error, TooManyAttempts | AnswersTooFast):
        return TooMany(error)
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
