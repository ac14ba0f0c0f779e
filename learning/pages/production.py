"""What becomes of the predictions for programs outside, as a part of the project's page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from learning.models import ServedPrediction
from learning.selectors.production import DOUBTS, production_status
from learning.selectors.production_mode import mode_status

_WORDS = {"unsure": "Unsure", "outlier": "Outliers"}


@require_safe
@project_page(Action.SERVED_READ)
def production_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """Nothing at all where nothing was asked, and nothing is sent back, sized or judged."""
    found = production_status(project)
    rows = [
        {"words": _WORDS[name], **{part: found[part][name] for part in ("today", "a_day", "left", "waiting")}}
        for name in DOUBTS
    ]
    mode = mode_status(project)
    is_used = mode["is_on"] or found["is_on"] or found["reviews_a_day"] or found["feedback"]["given"]
    context = {
        "project": project,
        "found": found,
        "rows": rows,
        "mode": mode,
        "bands": _bands(found["bands"]),
        "training": found["feedback"]["evidence"].get("training", {}),
        "is_shown": is_used or ServedPrediction.objects.filter(project=project).order_by("-pk").exists(),
    }
    return render(request, "pages/production/_status.html", context)


def _bands(bands: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The surest first."""
    if not bands:
        return []
    rates = {rate["name"]: rate for rate in bands["rates"]}
    begins = dict(zip(bands["shares"], (0.0, *bands["from"]), strict=True))
    return [
        {"name": name, "from": min(1.0, begins[name]), "share": 100 * share, "words": _rate_words(rates.get(name))}
        for name, share in reversed(bands["shares"].items())
    ]


def _rate_words(rate: Mapping[str, Any] | None) -> str:
    if not rate or not rate["n"]:
        return "none of them"
    found = f"{100 * rate['value']:.0f} % ({rate['right']:,} of {rate['n']:,}"
    if rate["low"] is None:
        return f"{found})"
    return f"{found}, {100 * rate['low']:.0f} to {100 * rate['high']:.0f} %)"
