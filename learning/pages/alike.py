"""People whose answers are too alike: a part of the page of people, fetched once the page is there."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.reports.stored import told
from labeling.services.validation.errors import Invalid
from learning.selectors.trained_without import newest_without
from learning.services.reports import ALIKE


@require_safe
@project_page(Action.PEOPLE_READ)
def alike_fragment(request: PageRequest, project: Project) -> HttpResponse:
    found, without = told(project, ALIKE), newest_without(project)
    groups = [(one, without.get(frozenset(one.people))) for one in (found.content.groups if found.content else ())]
    context = {"project": project, "report": found.content, "told": found, "groups": groups}
    return render(request, "pages/people/_alike.html", context)


@require_POST
@project_page(Action.RUNS_CHANGE)
def train_without(request: PageRequest, project: Project) -> HttpResponse:
    """``people``: the names, one field each."""
    from learning.services.pipeline.without import ask  # noqa: PLC0415  # the whole pipeline, for this call alone

    try:
        ask(request.user, project, request.POST.getlist("people"))
    except Invalid as refused:
        messages.error(request, refused.reason)
    else:
        messages.success(request, "A model is being trained without them. It is measured, and never in use.")
    return redirect("pages:people", project.slug)
