"""What becomes of the predictions for programs outside, as a part of the project's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from learning.selectors.production import DOUBTS, production_status

_WORDS = {"unsure": "Unsure", "outlier": "Outliers"}


@require_safe
@project_page(Action.SERVED_READ)
def production_fragment(request: PageRequest, project: Project) -> HttpResponse:
    found = production_status(project)
    rows = [
        {"words": _WORDS[name], **{part: found[part][name] for part in ("today", "a_day", "left", "waiting")}}
        for name in DOUBTS
    ]
    context = {"project": project, "found": found, "rows": rows}
    return render(request, "pages/production/_status.html", context)
