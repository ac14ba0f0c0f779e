"""People whose answers are too alike: a part of the page of people, fetched once the page is there."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page


@require_safe
@project_page(Action.PEOPLE_READ)
def alike_fragment(request: PageRequest, project: Project) -> HttpResponse:
    from learning.selectors.people_alike import alike_report  # noqa: PLC0415  # SciPy, for this part alone

    return render(request, "pages/people/_alike.html", {"project": project, "report": alike_report(project)})
