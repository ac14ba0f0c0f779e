"""Answers that are hardly believed: a reviewer has somebody else asked, or says that they are right."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling.kinds import kind_of
from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.selectors.suspected_errors import suspicions
from learning.services.quality.suspected_errors import ask_again, keep

FIRST_COLUMNS = 6


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.ITEMS_READ, Action.ITEMS_ASK_AGAIN)
def suspected_errors(request: PageRequest, project: Project) -> HttpResponse:
    """What is worth a look, or with ``?all`` the whole list. A POST with ``item`` (any number of
    ids) and ``do`` (ask or keep) decides."""
    if request.method == "POST":
        _decide(request, project)
        here = reverse("learning-pages:suspected-errors", args=[project.slug])
        return redirect(f"{here}?all" if "all" in request.GET else here)
    found, shows_all = suspicions(project), "all" in request.GET
    has_many = kind_of(project).label_type == "list"
    rows = [
        {
            "doubt": doubt,
            "fields": project.in_column_order(doubt.item.data)[:FIRST_COLUMNS],
            "how": ("not " if doubt.wrongly_given else "also ") if has_many else "",
        }
        for doubt in (found.found if shows_all else found.worth)
    ]
    context = {"project": project, "rows": rows, "suspicions": found, "shows_all": shows_all}
    return render(request, "pages/suspected_errors/index.html", context)


def _decide(request: PageRequest, project: Project) -> None:
    """Does what was asked for and says what came of it."""
    chosen = [int(text) for text in request.POST.getlist("item") if text.isdecimal() and len(text) <= 18]
    if not chosen:
        messages.error(request, "Tick the answers that this is about first.")
        return
    if request.POST.get("do") == "keep":
        kept = keep(request.user, project, chosen)
        messages.success(request, f"{_answers(len(kept))} kept: not named again.")
        return
    try:
        asked = ask_again(request.user, project, chosen)
    except Invalid as refused:
        messages.error(request, refused.reason)
        return
    if asked:
        messages.success(request, f"{_answers(len(asked))} put to somebody else: asked before anything else.")
    if left := len(set(chosen)) - len(asked):
        messages.warning(
            request,
            f"{_answers(left)} put to nobody: everybody who labels here has answered, or somebody is being asked "
            "already. Under Members you can add an annotator.",
        )


def _answers(n: int) -> str:
    return f"{n:,} answer" if n == 1 else f"{n:,} answers"
