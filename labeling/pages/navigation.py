"""The frame of a project's pages: which tabs the person sees. A context processor, lazy, so fragments do not pay for it."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from labeling.models import Permission, Project
from labeling.selectors.access import member_of


@dataclass(frozen=True)
class Tab:
    name: str
    view: str
    permission: Permission
    inside: tuple[str, ...] = ()
    url: str = ""
    is_current: bool = False


TABS = (
    Tab("Overview", "pages:project", Permission.ENTER),
    Tab("Label", "pages:annotate", Permission.LABEL),
    Tab("Items", "pages:items", Permission.VIEW, ("pages:item",)),
    Tab("Import", "pages:imports", Permission.MANAGE, ("pages:import",)),
    Tab("Runs", "learning-pages:runs", Permission.VIEW, ("learning-pages:run",)),
    Tab("Models", "learning-pages:models", Permission.VIEW, ("learning-pages:model",)),
    Tab("Export", "pages:export", Permission.VIEW),
    Tab("Members", "pages:members", Permission.REVIEW),
    Tab("Settings", "pages:settings", Permission.MANAGE),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """``nav.project``, ``nav.tabs`` and ``nav.may`` (names of permissions) on pages below a project's address."""
    return {"nav": SimpleLazyObject(lambda: _navigation(request))}


def _navigation(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    if match is None or slug is None or not request.user.is_authenticated:
        return {}
    project = getattr(request, "project", None) or Project.objects.filter(slug=slug).first()
    member = member_of(request.user, project) if project else None  # type: ignore[arg-type]
    may = {permission for permission in Permission if request.user.is_superuser or (member and member.may(permission))}
    if project is None or not may:
        return {}
    tabs = [_placed(tab, slug, match.view_name) for tab in TABS if tab.permission in may]
    return {"project": project, "may": {permission.value for permission in may}, "tabs": [tab for tab in tabs if tab]}


def _placed(tab: Tab, slug: str, here: str) -> Tab | None:
    """The tab with its address; None when its app is switched off."""
    try:
        return replace(tab, url=reverse(tab.view, args=[slug]), is_current=here == tab.view or here in tab.inside)
    except NoReverseMatch:
        return None
