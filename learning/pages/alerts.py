"""Open alerts of a project, as a banner on its pages; a manager says that they are dealt with."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.models import Alert
from learning.services.monitoring import alerts


@require_safe
@project_page(Action.ALERTS_READ)
def alerts_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The open alerts; nothing at all where there are none."""
    found = Alert.objects.filter(project=project).open().select_related("run").newest_first()
    return render(request, "pages/alerts/_open.html", {"project": project, "alerts": found})


@require_POST
@project_page(Action.ALERTS_RESOLVE)
def alert_resolve(request: PageRequest, project: Project, pk: int) -> HttpResponseRedirect:
    """Resolves one and goes back to the project."""
    alert = get_object_or_404(Alert, project=project, pk=pk)
    try:
        alerts.resolve(request.user, alert)
    except Invalid as refused:
        messages.error(request, refused.reason)
    return redirect("pages:project", project.slug)
