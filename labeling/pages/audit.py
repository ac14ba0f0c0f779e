"""The trail: of a project for its managers, of everything for administrators."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.audit import trail

ROWS_PER_PAGE = 100
#: The files hold all of a text; a row of the page should not be a page of its own.
WORDS_SHOWN = 300


@require_safe
@project_page(Action.AUDIT_READ)
def project_audit(request: PageRequest, project: Project) -> HttpResponse:
    return _page(request, project)


@require_safe
@login_required
def audit(request: PageRequest) -> HttpResponse:
    """Of the whole installation."""
    if not request.user.is_superuser:
        raise PermissionDenied("Only administrators read the trail of the whole installation.")
    return _page(request, None)


def _page(request: PageRequest, project: Project | None) -> HttpResponse:
    """``?who=``, ``?what=`` and ``?since=`` a date; ``?before=`` the number of a row goes on behind it."""
    chosen = {name: request.GET.get(name, "").strip()[:150] for name in ("who", "what", "since")}
    since = _day(chosen["since"])
    rows = trail(project, who=chosen["who"], what=chosen["what"], since=since)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: ROWS_PER_PAGE + 1])
    given = {name: value for name, value in chosen.items() if value}
    query = given | ({"since": since.isoformat()} if since else {})
    address = reverse("api:project-audit-file", args=[project.slug]) if project else reverse("api:audit-file")
    context: dict[str, Any] = {
        "project": project,
        "rows": [(row, _facts(row.before), _facts(row.after)) for row in found[:ROWS_PER_PAGE]],
        "older": urlencode(given | {"before": found[ROWS_PER_PAGE - 1].pk}) if len(found) > ROWS_PER_PAGE else "",
        "chosen": chosen,
        "files": [
            (words, f"{address}?{urlencode(query | {'format': name})}")
            for words, name in (("CSV", "csv"), ("JSON Lines", "jsonl"))
        ],
    }
    return render(request, "pages/audit/index.html", context)


def _day(given: str) -> datetime | None:
    """Midnight of a date as a form sends it; None for anything else."""
    try:
        day = parse_date(given)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=get_current_timezone()) if day else None


def _facts(recorded: Any) -> list[tuple[str, str]]:
    """What stands in one side of a row, as (name, words)."""
    return [(name, _words(value)) for name, value in recorded.items()] if isinstance(recorded, dict) else []


def _words(value: Any) -> str:
    """A recorded value as people write it."""
    if value in (None, "", [], {}):
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            text = ", ".join(_words(part) for part in value)
        case dict():
            text = ", ".join(f"{name}: {_words(part)}" for name, part in value.items())
        case _:
            text = str(value)
    return text if len(text) <= WORDS_SHOWN else f"{text[:WORDS_SHOWN]}…"
