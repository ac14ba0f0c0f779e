"""A sample's simulated people: what they have answered, and the button that has them answer the rest."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from labeling.models import Action, JobState, Permission, Playback, Project
from labeling.pages.charts import Meter
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import permissions
from labeling.selectors.progress import progress
from labeling.services.samples import is_playable, play_rest, simulated_answers, stop_playback
from labeling.services.samples.play import LIVE_PER_S
from labeling.services.validation.errors import Invalid

#: What the rest of the page listens for, to ask for its curve anew.
LEARNED = "learned"


@dataclass(frozen=True)
class Playing:
    """``under_way`` is a playback that has not ended, ``failed`` the newest one where that did. ``left``: items
    without their answers."""

    answers: int
    left: int
    may_play: bool
    under_way: Playback | None
    failed: Playback | None
    per_s: int = round(LIVE_PER_S)

    @property
    def meter(self) -> Meter | None:
        return Meter.of(self.under_way.done, self.under_way.total) if self.under_way else None


def playing_of(project: Project, counts: dict[str, Any], may: frozenset[Permission]) -> Playing | None:
    """None in every project that is no sample with known labels, and for who may not look inside."""
    if Permission.VIEW not in may or not is_playable(project):
        return None
    newest = Playback.objects.filter(project=project).first()
    return Playing(
        answers=simulated_answers(project),
        left=max(0, counts["to_label"] - counts["done"]),
        may_play=Action.PROJECT_CHANGE.permission in may,
        under_way=newest if newest and not newest.is_finished else None,
        failed=newest if newest and newest.state == JobState.FAILED else None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.PROJECT_READ, Action.PROJECT_CHANGE)
def play(request: PageRequest, project: Project) -> HttpResponse:
    """How far it is, a fragment; POST begins, or with ``do=stop`` ends."""
    if request.method == "POST":
        try:
            _do(request, project)
        except Invalid as refused:
            messages.warning(request, refused.reason)
        return redirect("pages:project", project.slug)
    counts = progress(project)
    playing = playing_of(project, counts, permissions(request))
    has_begun = bool(counts["annotations"]) and request.GET.get("begun") == "no"
    if playing is None or playing.under_way is None or has_begun:
        return HttpResponse(headers={"HX-Refresh": "true"})
    to_label = counts["pool"]["items"] - counts["gold"]
    context = {
        "project": project,
        "playing": playing,
        "counts": counts,
        "is_fragment": True,
        "items_to_label": counts["items"] - counts["gold"],
        "pool_to_label": to_label,
        "pool_meter": Meter.of(counts["pool"]["done"], to_label),
        "eval_meter": Meter.of(counts["eval"]["done"], counts["eval"]["items"]),
    }
    response = render(request, "pages/project/_playing.html", context)
    if request.GET.get("epoch") != str(project.epoch):  # a model has ranked anew
        trigger_client_event(response, LEARNED)
    return response


def _do(request: PageRequest, project: Project) -> None:
    if request.POST.get("do") != "stop":
        play_rest(request.user, project)
    elif stop_playback(request.user, project):
        messages.success(request, "The simulated people have stopped. What they answered stays.")
