"""Where an invitation link leads: an account is made or one signs in, and the first question comes.

The key leaves the address at once and is kept in the session, so that it stands in no history, no picture of the
screen and no referrer; a wrong one is refused before there is a session.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from labeling.models import Action, Invitation, Member, User
from labeling.pages.account_forms import JoinForm
from labeling.services.accounts.sign_in import TooManyAttempts
from labeling.services.accounts.sign_in.attempts import in_words, network
from labeling.services.accounts.sign_in.axes_handler import address_of
from labeling.services.accounts.sign_in.limits import Account, Limit, give_back, spend, wait_of
from labeling.services.members.invitations import InvitationRefused, invitation_of, join, join_with_new_account
from labeling.services.validation.errors import Invalid

KEPT = "_invitation_key"
MAX_KEY = 100
#: Wrong keys, and forms that were refused, from one address: neither keys nor names are to be found by trying.
TRIES = Limit("invitation", burst=30, interval_s=10)


@method_decorator(never_cache, "dispatch")
class Join(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        key = request.GET.get("key", "")[:MAX_KEY]
        return _open_link(request, key) if key else _with_key(request, _forms)

    def post(self, request: HttpRequest) -> HttpResponse:
        return _with_key(request, _post)


def _with_key(request: HttpRequest, answer: Callable[[HttpRequest, str, Invitation], HttpResponse]) -> HttpResponse:
    """What the link of this session comes to: the answer, or why there is none."""
    key = request.session.get(KEPT, "")
    if not key:
        return _page(request, {"why": "none"})
    try:
        return answer(request, key, invitation_of(key, _person(request)))
    except InvitationRefused as refused:
        return _refused(request, refused)


def _forms(request: HttpRequest, key: str, invitation: Invitation) -> HttpResponse:
    return _page(request, {"invitation": invitation, "form": _form(None, invitation)})


def _open_link(request: HttpRequest, key: str) -> HttpResponse:
    account = Account(TRIES, address=network(address_of(request)))
    if not spend(account):
        return _too_many(request, account)
    try:
        invitation_of(key, _person(request))
    except InvitationRefused as refused:
        if refused.why != "unknown":
            give_back(account)
        return _refused(request, refused)
    give_back(account)
    request.session[KEPT] = key
    return redirect("pages:join")


def _post(request: HttpRequest, key: str, invitation: Invitation) -> HttpResponse:
    """``what``: *join* with the account that is signed in, *leave* it for another, else a new account is made."""
    person = _person(request)
    if person and request.POST.get("what") == "leave":
        logout(request)
        request.session[KEPT] = key
        return redirect("pages:join")
    if person:
        return _welcome(request, join(key, person))
    form = _form(request.POST, invitation)
    account = Account(TRIES, address=network(address_of(request)))
    if not spend(account):
        return _too_many(request, account)
    if form.is_valid():
        try:
            member = join_with_new_account(key, **{"username": "", **form.cleaned_data})
        except Invalid as refused:
            form.blame(refused)
        else:
            give_back(account)
            login(request, member.user, backend="django.contrib.auth.backends.ModelBackend")
            return _welcome(request, member)
    return _page(request, {"invitation": invitation, "form": form}, status=400)


def _form(data: Any, invitation: Invitation) -> JoinForm:
    return JoinForm(data, username=invitation.username, email=invitation.email)


def _welcome(request: HttpRequest, member: Member) -> HttpResponse:
    """The first question, or the project to whoever answers none."""
    request.session.pop(KEPT, None)
    return redirect(_first_page(member), member.project.slug)


def _first_page(member: Member) -> str:
    return "pages:annotate" if member.may(Action.TASKS_ANSWER.permission) else "pages:project"


def _refused(request: HttpRequest, refused: InvitationRefused) -> HttpResponse:
    """What stops the person and what to do about it. Who is a member already is led in, not turned away."""
    request.session.pop(KEPT, None)
    person, invitation = _person(request), refused.invitation
    context: dict[str, Any] = {"why": refused.why, "invitation": invitation}
    if refused.why == "member" and person and invitation:
        context["member"] = member = Member.objects.get(project=invitation.project_id, user=person)
        context["first_page"] = _first_page(member)
        return _page(request, context)
    return _page(request, context, status=410)


def _too_many(request: HttpRequest, account: Account) -> HttpResponse:
    error = TooManyAttempts(max(1, wait_of(account)))
    response = _page(request, {"why": "wait", "wait": in_words(error.wait_s)}, status=429)
    response["Retry-After"] = str(error.wait_s)
    return response


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "pages/join/index.html", context, status=status)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
