"""Leaving a person's answers out, counting them again, and having the test by gold begin anew."""

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from labeling.models import Action, Member, Project, Quarantine
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.refusals import telling_refusals
from labeling.selectors.quarantine import answers_of
from labeling.services.quality import quarantine
from labeling.services.quality.gold_waiver import waive_gold
from labeling.services.validation.errors import Invalid


@require_POST
@project_page(Action.QUARANTINES_CHANGE)
def quarantine_set(request: PageRequest, project: Project) -> HttpResponse:
    """``annotator`` and ``reason`` of the form."""
    given = request.POST.get("annotator", ""), request.POST.get("reason", "")
    try:
        made = quarantine.set_in_quarantine(request.user, project, *given)
    except Invalid as refused:
        messages.error(request, _words(refused))
    else:
        n = intcomma(answers_of(project, made.annotator or made.imported_annotator))
        messages.success(request, f"{made.name} is in quarantine: {n} answers are left out from the next run on.")
    return redirect("pages:members", project.slug)


@require_POST
@project_page(Action.QUARANTINES_CHANGE)
def quarantine_lift(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    row = get_object_or_404(Quarantine.objects.select_related("project", "annotator"), project=project, pk=pk)
    with telling_refusals(request, _words):
        quarantine.lift(request.user, row, request.POST.get("reason", ""))
        messages.success(request, f"The answers of {row.name} count again from the next run on.")
    return redirect("pages:members", project.slug)


@require_POST
@project_page(Action.QUARANTINES_CHANGE)
def member_gold(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    member = get_object_or_404(Member.objects.select_related("user", "project"), project=project, pk=pk)
    with telling_refusals(request, _words):
        waive_gold(request.user, member, request.POST.get("reason", ""))
        messages.success(request, f"What gold said of {member.user} proposes nothing: the test begins anew.")
    return redirect("pages:people", project.slug)


def _words(refused: Invalid) -> str:
    return "Say why." if refused.field == "reason" else refused.reason
