"""What django-axes asks: its backend before a password is checked, its signals after it (AXES_HANDLER)."""

from typing import Any

from axes.handlers.base import AxesHandler
from django.http import HttpRequest

from labeling.models import User
from labeling.services.accounts.sign_in.attempts import SignInAttempt, TooManyAttempts, begin, finish, forget, wait_s


class SignInHandler(AxesHandler):
    """Our limits in the place of its own, which know one number for all of them and keep a row a browser."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        try:
            attempt = begin((credentials or {}).get("username") or "", address_of(request))
        except TooManyAttempts as error:
            request.sign_in_wait_s = error.wait_s  # type: ignore[attr-defined]
            return False
        request.sign_in_attempt = attempt  # type: ignore[attr-defined]
        return True

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Says 429 already with the last attempt there was: the next one would be refused."""
        attempt: SignInAttempt | None = getattr(request, "sign_in_attempt", None)
        if request is None:
            return
        if attempt and not hasattr(request, "sign_in_wait_s"):
            request.sign_in_wait_s = wait_s(attempt)  # type: ignore[attr-defined]
        if getattr(request, "sign_in_wait_s", 0):
            request.axes_locked_out = True  # type: ignore[attr-defined]

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        attempt: SignInAttempt | None = getattr(request, "sign_in_attempt", None)
        if attempt:
            finish(attempt, user, address_of(request))

    def reset_attempts(
        self, *, ip_address: str | None = None, username: str | None = None, ip_or_username: bool = False
    ) -> int:
        """``manage.py axes_reset``, ``axes_reset_ip``, ``axes_reset_username``."""
        if ip_or_username:
            return forget(name=username or "") + forget(address=ip_address or "")
        return forget(name=username, address=ip_address)

    def post_save_access_attempt(self, instance: Any, **kwargs: Any) -> None:
        """Its own rows are of no interest; it calls this whenever one is touched."""

    post_delete_access_attempt = post_save_access_attempt


def address_of(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR") or ""
