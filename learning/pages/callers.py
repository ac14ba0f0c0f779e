"""Who asks the model: what each asked lately, and a button that stops it."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.models import PredictionCaller
from learning.selectors.prediction_callers import caller_facts
from learning.services.serving import callers

#: Of a key, at most.
_DIGITS = 19


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.SERVED_READ, Action.CALLERS_CHANGE)
def caller_list(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """POST stops a ``caller`` for a reason, or allows it again."""
    if request.method == "POST":
        try:
            messages.success(request, _change(request, project))
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:callers", project.slug)
    return render(request, "pages/callers/index.html", {"project": project, "callers": caller_facts(project)})


def _change(request: PageRequest, project: Project) -> str:
    """What was done, in words. Raises Invalid."""
    pk = request.POST.get("caller", "")
    rows = PredictionCaller.objects.filter(project=project).select_related("project")
    caller = rows.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < _DIGITS else None
    if caller is None:
        raise Invalid("caller", "Choose a caller of the list.")
    if "allow" in request.POST:
        callers.allow(request.user, caller, "")
        return "It is answered again."
    callers.stop(request.user, caller, request.POST.get("reason", ""))
    return "It is not answered any more."
