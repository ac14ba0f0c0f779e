"""The door of every page: who may come in, and what the page's frame needs to know about it."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from labeling.kinds import KindNotInstalled
from labeling.models import Action, Permission, Project, User
from labeling.selectors.access import permissions_by, project_and_member
from labeling.selectors.names import NameOf

View = Callable[..., HttpResponseBase]


class PageRequest(HttpRequest):
    """What a page gets: somebody has signed in; below a project's address the project is known."""

    user: User
    project: Project
    permissions: frozenset[Permission]
    name_of: NameOf


def project_page(reads: Action, writes: Action | None = None) -> Callable[[View], View]:
    """``view(request, project, …)`` for people who may; others sign in, get 404 or 403. ``writes`` is what POST takes.

    The address names the project by ``slug``. ``request.project`` is set for the page's frame.
    """
    return partial(_guarded, reads, writes or reads)


def _guarded(reads: Action, writes: Action, view: View) -> View:
    @wraps(view)
    @login_required
    def page(request: PageRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
        is_read = request.method in ("GET", "HEAD")
        request.project, member = project_and_member(request.user, slug, reads if is_read else writes)
        if is_read:  # a POST may change them: what is shown after it is asked anew
            request.permissions = permissions_by(request.user, member)
        try:
            return view(request, request.project, **kwargs)
        except KindNotInstalled as missing:
            return render(request, "409.html", {"reason": str(missing)}, status=409)

    page.actions = {"GET": reads, "HEAD": reads, "POST": writes}  # type: ignore[attr-defined]
    return page
