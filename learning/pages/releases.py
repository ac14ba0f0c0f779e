"""Releases: who answers, what is known of the version that meets traffic, one button back, and a form to begin."""

import math
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion, Release, ReleaseMode
from learning.pages.charts import NARROW, WIDTH
from learning.pages.release_chart import release_chart
from learning.selectors.production_mode import mode_status
from learning.selectors.release_facts import release_facts
from learning.services.release import decide
from learning.services.release.start import LEAST_LATENCY_MS, MOST_LATENCY_MS, SHARES, not_released, start

SHOWN = 20
_DIGITS = 9


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.RELEASES_READ, Action.RELEASES_CHANGE)
def release_list(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """What runs and those before. POST begins one (``candidate``) or ends one (``release``, ``promote``)."""
    if request.method == "POST":
        try:
            messages.success(request, _change(request, project))
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:releases", project.slug)
    releases = Release.objects.filter(project=project).select_related("candidate", "champion", "started_by", "ended_by")
    running = releases.running().first()
    in_use = _answering(project)
    context: dict[str, Any] = {
        "project": project,
        "running": running,
        "mode": mode_status(project),
        "in_use": in_use,
        "modes": _MODES,
        "others": [] if in_use is None else _candidates(project, in_use),
        "not_served": not_released(project),
        "ended": [(row, release_facts(row)) for row in releases.exclude(state="running").newest_first()[:SHOWN]],
    }
    if running:
        context |= {
            "facts": release_facts(running),
            "charts": [
                (name, release_chart(running.course, width)) for name, width in (("wide", WIDTH), ("narrow", NARROW))
            ],
            "rest": 1 - running.share,
        }
    return render(request, "pages/releases/index.html", context)


_MODES = (
    (ReleaseMode.SHADOW, "Shadow", "It answers nobody: both are asked, and what they say is compared."),
    (
        ReleaseMode.CANARY,
        "Canary",
        f"It answers {SHARES[ReleaseMode.CANARY] * 100:.0f} % of callers, each of them always.",
    ),
    (ReleaseMode.AB, "A/B", f"It answers {SHARES[ReleaseMode.AB] * 100:.0f} % of callers, each of them always."),
)


def _answering(project: Project) -> ModelVersion | None:
    return ModelVersion.objects.filter(project=project).defer("report", "labels").in_use()


def _candidates(project: Project, in_use: ModelVersion) -> list[ModelVersion]:
    """Those with a file, newest first; where the version in use ranks beside a champion it can be tried itself."""
    versions = ModelVersion.objects.filter(project=project).with_file()
    champion = versions.champion()
    compared_with = champion if champion and champion != in_use else in_use
    return list(versions.exclude(pk=compared_with.pk).defer("report", "labels").newest_first()[:50])


def _change(request: PageRequest, project: Project) -> str:
    """What was done, in words. Raises Invalid, Http404."""
    sent = request.POST
    reason = sent.get("reason", "")
    if "release" in sent:
        rows = Release.objects.select_related("project", "candidate__project", "champion")
        release = get_object_or_404(rows, project=project, number=_whole(sent["release"]))
        if "promote" in sent:
            decide.promote(request.user, release, reason)
            return f"Model {release.candidate.number} is the champion now; the pool is ranked anew."
        decide.roll_back(request.user, release, reason)
        return f"Model {release.champion.number} answers every caller again."
    mode = sent.get("mode", "")
    if mode not in ReleaseMode.values:
        raise Invalid("mode", "Choose how it meets traffic.")
    share = _percent(sent.get("share", "")) if mode != ReleaseMode.SHADOW else None
    release = start(
        request.user, project, _whole(sent.get("candidate", "")), reason, mode=ReleaseMode(mode), share=share,
        promotes="promotes" in sent, latency_limit_ms=_milliseconds(sent.get("latency_limit_ms", "")),
    )  # fmt: skip
    return f"Release {release.number} has begun: {release.candidate} meets traffic."


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def _percent(text: str) -> float | None:
    """None where nothing is said. Raises Invalid."""
    found = _number(text)
    if found is None:
        return None
    if not 0 < found <= 100:
        raise Invalid("share", "A share of callers is from 0 to 100 in a hundred.")
    return found / 100


def _milliseconds(text: str) -> float | None:
    """None where nothing is said. Raises Invalid."""
    found = _number(text)
    if found is not None and not LEAST_LATENCY_MS <= found <= MOST_LATENCY_MS:
        raise Invalid("latency_limit_ms", "A limit for one prediction is from 0.001 to 1,000,000 milliseconds.")
    return found


def _number(text: str) -> float | None:
    """None of nothing, and what is no number of anything else."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan
