"""One member: how much the person is asked, a pause, a link for a new password."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labeling.models import Action, Member, Project
from labeling.models.member import day_number
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import MeasureForm
from labeling.pages.refusals import telling_refusals
from labeling.services.members.measure import MEASURES, pause, resume, set_measure
from labeling.services.members.reset_links import reset_path, why_no_link
from labeling.services.validation.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.MEMBERS_CHANGE)
def member(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    """POST sets goals and quotas."""
    found = _member(project, pk)
    form = MeasureForm(request.POST or None, initial={name: getattr(found, name) for name in MEASURES})
    if request.method == "POST" and form.is_valid():
        try:
            set_measure(request.user, found, form.cleaned_data)
        except Invalid as refused:
            form.blame(refused)
        else:
            messages.success(request, "Saved.")
            return redirect("pages:member", project.slug, pk)
    return member_page(request, project, found, form)


def member_page(
    request: PageRequest, project: Project, found: Member, form: MeasureForm | None = None, **shown: Any
) -> HttpResponse:
    """The page; ``shown`` is what was just made and is shown this once."""
    form = form or MeasureForm(initial={name: getattr(found, name) for name in MEASURES})
    now = timezone.now()
    context = {
        "project": project,
        "member": found,
        "form": form,
        "today": found.answers_on(day_number(now)),
        "nothing_because": found.asked_nothing_because(now),
        "why_no_link": why_no_link(request.user, found.user),
        **shown,
    }
    return render(request, "pages/members/member.html", context, status=400 if form.errors else 200)


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_pause(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    found = _member(project, pk)
    with telling_refusals(request):
        pause(request.user, found, request.POST.get("note", ""))
        messages.success(request, f"{found.user.username} is asked nothing until you let them go on.")
    return redirect("pages:member", project.slug, pk)


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_resume(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    found = resume(request.user, _member(project, pk))
    messages.success(request, f"{found.user.username} is asked again.")
    return redirect("pages:member", project.slug, pk)


@require_POST
@never_cache
@project_page(Action.MEMBERS_CHANGE)
def member_reset_link(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    """The link is in this one response and nowhere else."""
    found = _member(project, pk)
    path, until = reset_path(request.user, found.user, project)
    return member_page(request, project, found, link=request.build_absolute_uri(path), link_until=until)


def _member(project: Project, pk: int) -> Member:
    return get_object_or_404(Member.objects.select_related("user", "project"), project=project, pk=pk)
