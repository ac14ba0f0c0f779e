"""A new password by a link. As with invitations the secret leaves the address at once and is kept in the session."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from labeling.models import User
from labeling.pages.account_forms import NewPasswordForm
from labeling.services.accounts.sign_in import TooManyAttempts, slow_down
from labeling.services.accounts.sign_in.attempts import in_words
from labeling.services.accounts.sign_in.axes_handler import address_of
from labeling.services.accounts.sign_in.limits import Limit
from labeling.services.accounts.tokens import after_new_password
from labeling.services.members.reset_links import person_of

KEPT = "_reset_link"
MAX_PART = 200
#: Links opened from one address, right or wrong.
TRIES = Limit("reset", burst=30, interval_s=10)


@method_decorator(never_cache, "dispatch")
class ResetPassword(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        given = [request.GET.get(name, "")[:MAX_PART] for name in ("uid", "token")]
        if any(given):
            return _open_link(request, given)
        user = _person(request)
        return _page(request, {"form": NewPasswordForm(user), "person": user} if user else {"why": "over"})

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _person(request)
        if user is None:
            return _page(request, {"why": "over"})
        form = NewPasswordForm(user, request.POST)
        if not form.is_valid():
            return _page(request, {"form": form, "person": user}, status=400)
        with transaction.atomic():
            form.save()
            after_new_password(user, by=user, keep_tokens=False)
        request.session.pop(KEPT, None)
        messages.success(request, "Your password is changed. Sign in with it.")
        return redirect("pages:sign-in")


def _open_link(request: HttpRequest, given: list[str]) -> HttpResponse:
    try:
        slow_down("", address_of(request), TRIES)
    except TooManyAttempts as error:
        response = _page(request, {"why": "wait", "wait": in_words(error.wait_s)}, status=429)
        response["Retry-After"] = str(error.wait_s)
        return response
    if person_of(*given) is None:
        return _page(request, {"why": "over"}, status=410)
    request.session[KEPT] = given
    return redirect("pages:reset")


def _person(request: HttpRequest) -> User | None:
    """Whose password may be chosen in this session."""
    return person_of(*request.session.get(KEPT, ("", "")))


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "pages/account/reset.html", context, status=status)
