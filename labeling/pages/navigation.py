"""The frame of a project's pages: which tabs the person sees. Lazy, so that fragments do not pay for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from labeling.extensions import installed
from labeling.kinds import KINDS, QuestionKind
from labeling.models import Action, Member, Permission, Project, Role
from labeling.pages.decorators import PageRequest
from labeling.selectors.access import permissions_of
from labeling.selectors.disk import Room, room
from labeling.selectors.names import NameOf, name_of_for
from labeling.selectors.reviewing import waiting


@dataclass(frozen=True)
class Tab:
    name: str
    view: str
    action: Action
    #: the letter that goes there after g
    key: str
    inside: tuple[str, ...] = ()
    #: the kinds that have such a page; None for all, also one that is not installed
    belongs_to: Callable[[QuestionKind], bool] | None = None
    #: how much waits there, and when that was so; nothing is said of none
    counted: Callable[[Project], tuple[int, datetime | None]] | None = None
    count: int = 0
    #: open ones of the project, for who may read them; on the tab whose page shows them
    alerts: int = 0
    counted_at: datetime | None = None
    url: str = ""
    is_current: bool = False


TABS = (
    Tab("Overview", "pages:project", Action.PROJECT_READ, "o", ("pages:own-work",)),
    Tab("Label", "pages:annotate", Action.TASKS_ANSWER, "l"),
    Tab(
        "Review",
        "pages:review",
        Action.REVIEWS_READ,
        "r",
        ("pages:review-list",),
        belongs_to=lambda kind: kind.answers_are_of_items,
        counted=waiting,
    ),
    Tab(
        "Items",
        "pages:items",
        Action.ITEMS_READ,
        "i",
        ("pages:item", "learning-pages:similar", "learning-pages:similar-found"),
    ),
    Tab("Map", "learning-pages:map", Action.ITEMS_READ, "c"),
    Tab("Import", "pages:imports", Action.IMPORTS_READ, "d", ("pages:import", "pages:import-draft")),
    Tab("Ranking", "learning-pages:ranking", Action.RANKING_READ, "k", belongs_to=lambda kind: kind.ranks_items),
    Tab("Runs", "learning-pages:runs", Action.RUNS_READ, "u", ("learning-pages:run",)),
    Tab(
        "Models",
        "learning-pages:models",
        Action.MODELS_READ,
        "m",
        (
            "learning-pages:model",
            "learning-pages:mistakes",
            "learning-pages:compare",
            "learning-pages:releases",
            "learning-pages:callers",
            "learning-pages:predict",
            "learning-pages:predictions",
            "learning-pages:prediction-files",
            "learning-pages:suspected-errors",
        ),
    ),
    Tab("Export", "pages:export", Action.EXPORT, "e"),
    Tab(
        "Members",
        "pages:members",
        Action.MEMBERS_READ,
        "p",
        (
            "pages:member",
            "pages:roster",
            "pages:people",
            "learning-pages:agreement",
            "pages:gold",
            "pages:machines",
            "pages:machine",
        ),
    ),
    Tab("Settings", "pages:settings", Action.PROJECT_CHANGE, "s", ("pages:storage", "pages:labels")),
    Tab("Audit", "pages:project-audit", Action.AUDIT_READ, "a"),
)


def navigation(request: PageRequest) -> dict[str, Any]:
    """``nav.project``, ``nav.kind``, ``nav.tabs``, ``nav.may`` (names of permissions) on a project's pages."""
    return {
        "nav": SimpleLazyObject(lambda: _navigation(request)),
        "low_disk": SimpleLazyObject(lambda: _low_disk(request)),
    }


def _low_disk(request: PageRequest) -> Room | None:
    """The room that is left, for those who can do something about it when there is little."""
    found = room()
    user = getattr(request, "user", None)  # none on an error page of a request that came no further
    if not found.is_low or user is None or not user.is_authenticated:
        return None
    manages = user.is_superuser or Member.objects.filter(user=user, role=Role.MANAGER).exists()
    return found if manages else None


def name_of(request: PageRequest) -> NameOf:
    """How the reader of a project's page is told the names of others; found once a request."""
    if not hasattr(request, "name_of"):
        request.name_of = name_of_for(request.user, request.project)
    return request.name_of


def permissions(request: PageRequest) -> frozenset[Permission]:
    """What the person may do in ``request.project``; found once a request."""
    if not hasattr(request, "permissions"):
        request.permissions = permissions_of(request.user, request.project)
    return request.permissions


def _navigation(request: PageRequest) -> dict[str, Any]:
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    if match is None or slug is None or not request.user.is_authenticated:
        return {}
    if not hasattr(request, "project"):
        found = Project.objects.filter(slug=slug).first()
        if found is None:
            return {}
        request.project = found
    may = permissions(request)
    if not may:
        return {}
    kind = KINDS.get(request.project.kind)  # None when it is not installed
    shown = (
        tab
        for tab in TABS
        if tab.action.permission in may and (tab.belongs_to is None or (kind and tab.belongs_to(kind)))
    )
    tabs = [_placed(_counted(tab, request.project), slug, match.view_name) for tab in shown]
    if Action.ALERTS_READ.permission in may:
        open_ones = installed().alert_counts([request.project.pk]).get(request.project.pk, 0)
        tabs = [replace(tab, alerts=open_ones) if tab and tab.view == "pages:project" else tab for tab in tabs]
    return {
        "project": request.project,
        "kind": kind,
        "may": {permission.value for permission in may},
        "tabs": [tab for tab in tabs if tab],
    }


def _counted(tab: Tab, project: Project) -> Tab:
    if tab.counted is None:
        return tab
    count, at = tab.counted(project)
    return replace(tab, count=count, counted_at=at)


def _placed(tab: Tab, slug: str, here: str) -> Tab | None:
    """The tab with its address; None when its app is switched off."""
    try:
        return replace(tab, url=reverse(tab.view, args=[slug]), is_current=here == tab.view or here in tab.inside)
    except NoReverseMatch:
        return None
