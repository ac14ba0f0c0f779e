"""Passwords that length alone lets through (AUTH_PASSWORD_VALIDATORS)."""

import re
from typing import Any

from django.core.exceptions import ValidationError

LEFT_OVER = 8
DIFFERENT = 5


class NotLikeTheName:
    """Without the person's names enough must be left: ``a6a6a6a6a6a6`` is nothing but ``a6``."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.casefold()
        for name in sorted(_names(user), key=len, reverse=True):
            rest = rest.replace(name, "").replace(name[::-1], "")
        if len(rest) < min(LEFT_OVER, len(password)):
            raise ValidationError("The password is too much like the name.", code="password_too_similar")

    def get_help_text(self) -> str:
        return "Not made of your name."


class EnoughCharacters:
    """``ababababab`` is long and known."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(set(password)) < DIFFERENT:
            message = f"The password has fewer than {DIFFERENT} different characters."
            raise ValidationError(message, code="password_too_uniform")

    def get_help_text(self) -> str:
        return f"At least {DIFFERENT} different characters."


def _names(user: Any) -> set[str]:
    """What the person is called, whole and in parts; single characters are in every password."""
    values = [getattr(user, field, None) or "" for field in ("username", "first_name", "last_name", "email")]
    parts = {part for value in values for part in [value, *re.split(r"\W+", value)]}
    return {part.casefold() for part in parts if len(part) > 1}
