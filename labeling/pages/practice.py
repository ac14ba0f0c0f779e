"""Before and after a practice round, and what managers can do about it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from labeling.kinds import kind_of
from labeling.models import Action, Member, PracticeState, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.label_names import label_names
from labeling.selectors.practice import Practice, needed
from labeling.services.quality.practice import reset_practice, start_practice, waive_practice
from labeling.services.validation.errors import Invalid


def practice_page(request: PageRequest, project: Project, practice: Practice) -> HttpResponse:
    """Where no round is under way: what comes, or how the last one ended and what can be done."""
    kind, names = kind_of(project), label_names(project)
    last = practice.last if practice.state == PracticeState.FAILED else None
    wrong = last.questions.filter(is_right=False).select_related("item__asset") if last else []
    context = {
        "project": project,
        "practice": practice,
        "last": last,
        "needed": needed(project),
        "wrong": [
            (
                each,
                kind.flat(names.named(each.answer)) if each.answer else "",
                kind.flat(names.named(each.truth)),
                project.in_column_order(each.item.data) if project.modality == "tabular" else [],
            )
            for each in wrong
        ],
    }
    return render(request, "pages/practice/index.html", context)


@require_POST
@project_page(Action.TASKS_ANSWER)
def practice_start(request: PageRequest, project: Project) -> HttpResponse:
    try:
        start_practice(request.user, project)
    except Invalid as refused:
        messages.warning(request, refused.reason)
    return redirect("pages:annotate", project.slug)


@require_POST
@project_page(Action.PRACTICE_CHANGE)
def member_practice(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    """``do``: waive or reset."""
    member = get_object_or_404(Member.objects.select_related("user", "project"), project=project, pk=pk)
    if request.POST.get("do") == "waive":
        waive_practice(request.user, member)
        messages.success(request, f"{member.user} is asked real questions without practice.")
    else:
        reset_practice(request.user, member)
        messages.success(request, f"{member.user} practises anew, with all tries.")
    return redirect("pages:members", project.slug)
