"""The door of every page: who may come in, and what the page's frame needs to know about it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from labeling.models import Permission
from labeling.selectors.access import project_for

View = Callable[..., HttpResponse]


def project_page(permission: Permission) -> Callable[[View], View]:
    """``view(request, project, …)`` for people with the permission; others sign in, get 404 or 403.

    The address names the project by ``slug``. ``request.project`` is set for the page's frame.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @login_required
        def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            project = project_for(request.user, slug, permission)  # type: ignore[arg-type]
            request.project = project  # type: ignore[attr-defined]
            return view(request, project, **kwargs)

        page.permission = permission  # type: ignore[attr-defined]
        return page

    return decorate
