"""Checks of single values that several services share; all raise ``Invalid`` naming the field."""

import math
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, FloatField, IntegerField

from labeling.models import Project
from labeling.services.validation.errors import Invalid

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text(field: str, value: Any, *, max_length: int, required: bool = False) -> str:
    """``value`` without surrounding spaces. PostgreSQL cannot store NUL, UTF-8 no lone surrogates: both are refused."""
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise Invalid(field, "Expected a text.")
    if _UNSTORABLE.search(value):
        raise Invalid(field, "The text contains a character that cannot be stored.")
    stripped: str = value.strip()
    if required and not stripped:
        raise Invalid(field, "This may not be empty.")
    if len(stripped) > max_length:
        raise Invalid(field, f"At most {max_length} characters.")
    return stripped


def project_setting(field: str, value: Any) -> Any:
    """A value of one of the project's settings as its column stores it."""
    column: Field[Any, Any] = Project._meta.get_field(field)  # type: ignore[assignment]  # settings are plain columns
    if isinstance(column, IntegerField | FloatField):
        value = _number(field, value, whole=isinstance(column, IntegerField))
    else:
        value = text(f"settings.{field}", value, max_length=column.max_length or 40, required=True)
    try:
        return column.clean(value, None)
    except ValidationError as error:
        raise Invalid(f"settings.{field}", " ".join(error.messages)) from error


def _number(field: str, value: Any, *, whole: bool) -> Any:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Invalid(f"settings.{field}", "Expected a number.") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Invalid(f"settings.{field}", "Expected a number.")
    if whole:
        if value != int(value):
            raise Invalid(f"settings.{field}", "Expected a whole number.")
        return int(value)
    return float(value)
