"""The model versions of a project: how they compare, what is known about each, and who decided what."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.access import require
from labeling.services.errors import Invalid
from learning.models import ModelVersion
from learning.pages import card
from learning.pages.charts import NARROW, WIDTH, learning_curve_chart, reliability_chart
from learning.selectors.arms import arms
from learning.selectors.curve import versions_curve
from learning.selectors.outlook import outlook
from learning.selectors.stopping import stopping
from learning.services import promotion, runs


def _curve(project: Project) -> dict[str, Any]:
    """The learning curve, and below it the two arms at equal numbers of labels, each drawn for wide and narrow."""
    versions = versions_curve(project)
    newest = ModelVersion.objects.filter(project=project).newest_first().first()
    found = card.headline(project, newest) if newest else None
    majority = found["majority"]["value"] if found and found["majority"] else None
    compared = arms(project)
    active, random = (
        [{"labels": row["labels"], "metric": row["metric"], **row[arm]} for row in compared.comparisons]
        for arm in ("active", "random")
    )
    widths = (("wide", WIDTH), ("narrow", NARROW))
    return {
        "charts": [(name, learning_curve_chart(versions, majority, width=width)) for name, width in widths if versions],
        "arms": compared,
        "arms_charts": [(name, learning_curve_chart(active, None, random, width)) for name, width in widths if active],
        "last": versions[-1] if versions else None,
        "metric": card.NAMES[versions[-1]["metric"]] if versions else "",
        "majority": majority,
        "stopping": stopping(project),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Permission.VIEW)
def model_list(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """The versions; POST goes back to the champion before."""
    if request.method == "POST":
        require(request.user, project, Permission.MANAGE)
        try:
            earlier = runs.rollback(request.user, project, request.POST.get("reason", ""))
            messages.success(request, f"Model {earlier.number} is the champion again; the pool is ranked anew.")
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:models", project.slug)
    # without the reports: a confusion matrix of 77 labels is 6,000 numbers
    versions = list(ModelVersion.objects.filter(project=project).defer("report").newest_first())
    champion = next((version for version in versions if version.status == "champion"), None)
    context = {
        "project": project,
        "rows": [{"version": version, "headline": card.headline(project, version)} for version in versions],
        "outlook": outlook(project),
        "champion": champion,
        "whole": True,
        "earlier": promotion.earlier_champion(champion) if champion else None,
        **_curve(project),
    }
    return render(request, "pages/models/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Permission.VIEW)
def model_detail(request: PageRequest, project: Project, number: int) -> HttpResponse | HttpResponseRedirect:
    """One version; POST makes it champion."""
    version = get_object_or_404(
        ModelVersion.objects.filter(project=project).select_related("run", "project"), number=number
    )
    if request.method == "POST":
        require(request.user, project, Permission.MANAGE)
        try:
            runs.promote(request.user, version, request.POST.get("reason", ""))
            messages.success(request, f"Model {number} is the champion now; the pool is ranked anew.")
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:model", project.slug, number)
    context = {
        "project": project,
        "version": version,
        "headline": card.headline(project, version),
        "metrics": card.metric_rows(version),
        "baselines": [card.BASELINES[name] for name in card.baseline_names(version)],
        "labels": card.label_rows(version),
        "matrix": card.matrix(version),
        "confusions": card.confusions(version),
        "reliability": reliability_chart(version.report.get("reliability", [])),
        "decisions": version.decisions.select_related("decided_by"),
        "stopping": stopping(project, number),
    }
    return render(request, "pages/models/one.html", context)


@require_safe
@project_page(Permission.VIEW)
def curve_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The learning curve, for the project page."""
    return render(
        request, "pages/models/_curve.html", {"project": project, "outlook": outlook(project), **_curve(project)}
    )


@require_safe
@project_page(Permission.VIEW)
def model_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The model in use, for the project page."""
    version = ModelVersion.objects.filter(project=project).in_use()
    context = {
        "project": project,
        "version": version,
        "headline": card.headline(project, version) if version else None,
        "decision": version.decisions.first() if version else None,
        "outlook": outlook(project),
    }
    return render(request, "pages/models/_card.html", context)
