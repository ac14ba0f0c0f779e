"""The list of projects, and making a new one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labeling.extensions import installed
from labeling.kinds import KINDS, PerSubject
from labeling.models import Action, Member, Permission, Project, Role
from labeling.models.permission import ALLOWED
from labeling.pages.charts import Meter
from labeling.pages.decorators import PageRequest
from labeling.pages.forms import ProjectForm
from labeling.pages.markdown import render_markdown
from labeling.selectors.importing import Importing, imports_of
from labeling.selectors.progress import asked_as_gold
from labeling.services.projects.manage import create_project, may_create_projects
from labeling.services.validation.errors import Invalid

PROJECTS_PER_PAGE = 50
MAX_PREVIEW = 100_000


@login_required
def projects(request: PageRequest) -> HttpResponse:
    user = request.user
    archived = "archived" in request.GET
    seen = Project.objects.visible_to(user).order_by("name", "pk")
    rows = seen.filter(archived_at__isnull=not archived).select_related("progress")
    one = request.GET.get("card", "") if request.headers.get("HX-Request") else ""
    if one:
        rows = rows.filter(slug=one)
    page = Paginator(rows, PROJECTS_PER_PAGE).get_page(request.GET.get("page"))
    roles = dict(Member.objects.filter(user=user, project__in=list(page)).values_list("project_id", "role"))
    under_way = imports_of(page)
    gold = asked_as_gold(list(page))
    alerts = installed().alert_counts([project.pk for project in page])
    cards = [
        _card(project, roles.get(project.pk), user.is_superuser, under_way.get(project.pk), gold.get(project.pk, 0))
        for project in page
    ]
    for card, project in zip(cards, page, strict=True):
        card["alerts"] = alerts.get(project.pk, 0) if card["may_read_alerts"] else 0
    if one:
        return _card_fragment(request, cards)
    context = {
        "cards": cards,
        "page": page,
        "archived": archived,
        "archived_count": 0 if archived else seen.filter(archived_at__isnull=False).count(),
        "may_create": may_create_projects(user),
    }
    return render(request, "pages/projects/index.html", context)


def _card_fragment(request: PageRequest, cards: list[dict[str, object]]) -> HttpResponse:
    """One card, asked for while its import runs; nothing when the project has gone meanwhile."""
    if not cards:
        return HttpResponse()
    return render(request, "pages/projects/_card.html", {"card": cards[0], "project": cards[0]["project"]})


def _card(
    project: Project, role: str | None, is_superuser: bool, under_way: Importing | None, gold: int
) -> dict[str, object]:
    progress = project.progress
    items = progress.pool_items + progress.eval_items
    done = progress.pool_done + progress.eval_done - gold
    may = ALLOWED[Role(role)] if role else frozenset(Permission) if is_superuser else frozenset()
    kind = KINDS.get(project.kind)
    judged = PerSubject(item=None, pair=progress.annotations + progress.imported_annotations)
    return {
        "project": project,
        "kind": kind.words.name if kind else f"{project.kind} (not installed)",
        "role": Role(role).label if role else "Administrator",
        "items": items,
        "done": done,
        "importing": under_way,
        "import_meter": Meter.of(under_way.done, under_way.total) if under_way and under_way.total else None,
        "meter": Meter.of(done, items - gold - progress.set_aside),
        "to_label": items - gold,
        "judgments": judged.of(kind.subject) if kind else None,
        "may_label": Permission.LABEL in may and not project.archived_at and kind is not None,
        "may_read_alerts": Action.ALERTS_READ.permission in may,
        "may_import": Permission.MANAGE in may and kind is not None,
    }


@login_required
@require_http_methods(["GET", "POST"])
def project_new(request: PageRequest) -> HttpResponse:
    user = request.user
    if not may_create_projects(user):
        raise PermissionDenied("Your account may not create projects.")
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            project = _create(user, form)
        except Invalid as error:
            form.blame(error)
        else:
            messages.success(request, f"“{project.name}” is made. Now it needs something to label.")
            return redirect("pages:imports", project.slug)
    return render(request, "pages/projects/new.html", {"form": form}, status=400 if form.errors else 200)


def _create(user: Any, form: ProjectForm) -> Project:
    given = form.cleaned_data
    return create_project(
        user,
        name=given["name"],
        kind=given["kind"],
        modality=given["modality"],
        labels=given["labels"] if KINDS[given["kind"]].has_labels else [],
        purpose=given["purpose"],
        instructions=given["instructions"],
        settings=form.values(),
    )


@login_required
@require_POST
def preview(request: PageRequest) -> HttpResponse:
    """The Markdown in ``instructions`` as it will look; a fragment."""
    text = request.POST.get("instructions", "")[:MAX_PREVIEW]
    return render(request, "pages/projects/_preview.html", {"html": render_markdown(text)})
