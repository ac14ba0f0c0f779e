"""The runs of a project, and one run as a log. Both keep themselves up to date until nothing is running."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Action, JobState, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.models import Run
from learning.pages.findings import data_test_rows
from learning.selectors.next_run import next_run
from learning.selectors.outcome import duration, outcome
from learning.services.runs import control

RUNS_PER_PAGE = 25
RUNS_ON_PROJECT_PAGE = 5


def _rows(found: QuerySet[Run] | list[Run]) -> list[dict[str, Any]]:
    return [{"run": run, "number": run.number, "outcome": outcome(run), "duration": duration(run)} for run in found]


def _of(project: Project) -> QuerySet[Run]:
    found = Run.objects.filter(project=project).numbered().select_related("model_version", "requested_by")
    return found.prefetch_related("model_version__decisions").newest_first()


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.RUNS_READ, Action.RUNS_CHANGE)
def run_list(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """The list; POST asks for a run."""
    if request.method == "POST":
        return _ask(request, project)
    page = Paginator(_of(project), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "page": page,
        "rows": _rows(list(page.object_list)),
        "next_run": next_run(project),
        "is_live": Run.objects.filter(project=project).unfinished().exists(),
    }
    template = "pages/runs/_rows.html" if request.htmx else "pages/runs/index.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _ask(request: PageRequest, project: Project) -> HttpResponseRedirect:
    try:
        run = control.request_run(request.user, project)
    except Invalid as refused:
        messages.error(request, refused.reason)
        return redirect("learning-pages:runs", project.slug)
    if run.state == JobState.SKIPPED:
        messages.info(request, f"No run: {run.reason}.")
        return redirect("learning-pages:runs", project.slug)
    return redirect("learning-pages:run", project.slug, run.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.RUNS_READ, Action.RUNS_CHANGE)
def run_detail(request: PageRequest, project: Project, public_id: UUID) -> HttpResponse | HttpResponseRedirect:
    """One run; POST calls it off."""
    run = get_object_or_404(_of(project), public_id=public_id)
    if request.method == "POST":
        try:
            control.cancel(request.user, run)
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:run", project.slug, public_id)
    context = {
        "project": project,
        "run": run,
        "version": getattr(run, "model_version", None),
        "outcome": outcome(run),
        "duration": duration(run),
        "parameters": [
            (name.replace("_", " ").capitalize(), value)
            for name, value in run.environment.get("parameters", {}).items()
        ],
        "peak_memory_mb": max((step.get("peak_memory_mb", 0) for step in run.steps), default=0),
        **data_test_rows(run),
    }
    template = "pages/runs/_log.html" if request.htmx else "pages/runs/one.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_safe
@project_page(Action.RUNS_READ)
def runs_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The last runs, for the project page."""
    found = list(_of(project)[:RUNS_ON_PROJECT_PAGE])
    context = {
        "project": project,
        "rows": _rows(found),
        "next_run": next_run(project),
        "is_live": any(not run.is_finished for run in found),
    }
    return render(request, "pages/runs/_last.html", context)
