"""Sign in and out, password, API tokens."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.models import ApiToken, User
from labeling.pages.account_forms import ChangePasswordForm, SignInForm, TokenForm
from labeling.pages.decorators import PageRequest
from labeling.services.accounts.sign_in import TooManyAttempts, begin, finish
from labeling.services.accounts.sign_in.attempts import in_words
from labeling.services.accounts.sign_in.axes_handler import address_of
from labeling.services.accounts.tokens import after_new_password, issue_token, revoke_token, revoke_tokens
from labeling.services.validation.errors import Invalid


class SignIn(LoginView):
    template_name = "pages/account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    pass


class ChangePassword(PasswordChangeView):
    """Asks for the password now, and so has the limits of a sign-in."""

    template_name = "pages/account/password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("pages:projects")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = cast("User", request.user)
        try:
            attempt = begin(user.username, address_of(request))
        except TooManyAttempts as error:
            return _refused(request, self.template_name, error)
        form = self.get_form()
        is_valid = form.is_valid()
        if "old_password" not in form.errors:
            finish(attempt, user, address_of(request))
        return self.form_valid(form) if is_valid else self.form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        user = cast("User", self.request.user)
        with transaction.atomic():
            response = super().form_valid(form)
            revoked = after_new_password(user, by=user, keep_tokens=form.keeps_tokens)
        tokens = f" {revoked} API token{'' if revoked == 1 else 's'} revoked." if revoked else ""
        messages.success(self.request, f"Your password is changed. Other browsers have been signed out.{tokens}")
        return response


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """The answer to a sign-in after too many wrong passwords (django-axes)."""
    error = TooManyAttempts(request.sign_in_wait_s)  # type: ignore[attr-defined]
    return _refused(request, "pages/account/sign_in.html", error)


def _refused(request: HttpRequest, template: str, error: TooManyAttempts) -> HttpResponse:
    response = render(request, template, {"wait": in_words(error.wait_s)}, status=429)
    response["Retry-After"] = str(error.wait_s)
    return response


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: PageRequest) -> HttpResponse:
    form = TokenForm(request.user, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            # the key is in this one response and nowhere else, so there is no redirect to a page that could show it
            context["made"], context["key"] = issue_token(request.user, form.cleaned_data["name"], **form.limits())
            context["form"] = TokenForm(request.user)
        except Invalid as error:
            form.blame(error)
    context["tokens"] = ApiToken.objects.unrevoked().filter(user=request.user).select_related("project")
    return render(request, "pages/account/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: PageRequest, pk: int) -> HttpResponse:
    token = revoke_token(request.user, pk)
    messages.success(request, f"The token “{token.name}” is revoked. Nothing can use it any more.")
    return redirect("pages:tokens")


@login_required
@require_POST
def tokens_revoke_all(request: PageRequest) -> HttpResponse:
    revoked = revoke_tokens(ApiToken.objects.filter(user=request.user), by=request.user)
    messages.success(request, f"{revoked} token{'' if revoked == 1 else 's'} revoked. Nothing can use them any more.")
    return redirect("pages:tokens")
