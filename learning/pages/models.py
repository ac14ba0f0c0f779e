"""The model versions of a project: how they compare, what is known about each, and who decided what."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.costs import latency_limit_ms
from labeling.services.reports.stored import told
from labeling.services.validation.errors import Invalid
from learning.models import Decision, ModelVersion, Status
from learning.pages import card, students, trust
from learning.pages.charts import (
    NARROW,
    WIDTH,
    learning_curve_chart,
    precision_recall_chart,
    reliability_chart,
    thinned,
)
from learning.selectors.arms import arms
from learning.selectors.curve import versions_curve
from learning.selectors.falling_back import asking
from learning.selectors.leaning import leaning_words
from learning.selectors.next_hour import where_to_spend
from learning.selectors.next_run import next_run
from learning.selectors.outcome import duration
from learning.selectors.prediction_cost import ms_words
from learning.selectors.skip_words import skip_words
from learning.selectors.stopping import stopping
from learning.selectors.suspected_errors import n_worth_a_look
from learning.selectors.verdict_words import reason_words
from learning.selectors.verdicts import gate_verdict
from learning.services.distillation import ask
from learning.services.registry import promotion, stand_in
from learning.services.reports import OPINIONS
from learning.services.runs import control

VERSIONS_PER_PAGE = 50
DECISIONS_SHOWN = 12
#: A confusion of so few labels fits into half of the page.
NARROW_MATRIX = 6


def _curve(project: Project) -> dict[str, Any]:
    """The learning curve, and below it the two arms at equal numbers of labels, each drawn for wide and narrow."""
    versions = thinned(versions_curve(project))
    newest = ModelVersion.objects.filter(project=project).of_runs().newest_first().first()
    found = card.headline(project, newest) if newest else None
    majority = found["majority"]["value"] if found and found["majority"] else None
    ceiling = (newest.reported.human_ceiling if newest else None) or None
    compared = arms(project)
    active, random = (
        [{"labels": row["labels"], "metric": row["metric"], **row[arm]} for row in compared.comparisons]
        for arm in ("active", "random")
    )
    widths, opinions = (("wide", WIDTH), ("narrow", NARROW)), told(project, OPINIONS)
    return {
        "charts": [
            (name, learning_curve_chart(versions, majority, width=width, ceiling=ceiling["value"] if ceiling else None))
            for name, width in widths
            if versions
        ],
        "ceiling": ceiling,
        "arms": compared,
        "arms_charts": [(name, learning_curve_chart(active, None, random, width)) for name, width in widths if active],
        "last": versions[-1] if versions else None,
        "metric": card.NAMES[versions[-1]["metric"]] if versions else "",
        "majority": majority,
        "stopping": stopping(project),
        "skips_text": skip_words(newest.reported.skips) if newest else "",
        "leaning": leaning_words(project),
        "asking": asking(project),
        "next_hour": where_to_spend(project),
        "opinions": opinions.content,
        "told": opinions,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.MODELS_READ, Action.MODELS_PROMOTE)
def model_list(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """The versions; POST goes back to the champion before, and offers the one before that when its file is damaged."""
    if request.method == "POST":
        to, reason = request.POST.get("to", ""), request.POST.get("reason", "")
        number = (int(to) if to.isdecimal() and len(to) < 10 else 0) if to else None
        try:
            earlier = control.rollback(request.user, project, reason, number)
            messages.success(request, f"Model {earlier.number} is the champion again; the pool is ranked anew.")
        except promotion.Damaged as damaged:
            messages.error(request, damaged.reason)
            return _list(request, project, damaged.intact, reason)
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:models", project.slug)
    return _list(request, project)


def _list(
    request: PageRequest, project: Project, offered: ModelVersion | None = None, reason: str = ""
) -> HttpResponse:
    """``offered``: where the way back goes on, with the reason already given."""
    versions = ModelVersion.objects.filter(project=project)
    champion = versions.champion()
    # without the reports: a confusion matrix of 77 labels is 6,000 numbers
    listed = versions.with_ranks().defer("report", "labels").newest_first()
    page = Paginator(listed, VERSIONS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "page": page,
        "n_versions": page.paginator.count,
        "rows": [{"version": version, "headline": card.headline(project, version)} for version in page.object_list],
        "next_run": next_run(project),
        "n_suspected": n_worth_a_look(project),
        "champion": champion,
        "whole": True,
        "history": _history(project) if page.number == 1 else [],
        "earlier": offered or (promotion.earlier_champion(champion) if champion else None),
        "is_offered": offered is not None,
        "reason": reason if offered else "",
        **_curve(project),
    }
    return render(request, "pages/models/index.html", context)


def _history(project: Project) -> list[Decision]:
    """The newest decisions about all versions, but for what follows from another one: that something was replaced."""
    found = Decision.objects.filter(project=project).select_related("model_version", "decided_by").order_by("-pk")
    found = found.exclude(after=Status.RETIRED).defer("numbers", "model_version__report", "model_version__labels")
    shown = list(found[:DECISIONS_SHOWN])
    for decision in shown:
        decision.reason = reason_words(decision.reason)
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.MODELS_READ, Action.MODELS_PROMOTE)
def model_detail(request: PageRequest, project: Project, number: int) -> HttpResponse | HttpResponseRedirect:
    """One version; POST makes it champion, keeps its file from housekeeping, has it teach a small one, or has it
    answer for its teacher."""
    version = get_object_or_404(
        ModelVersion.objects.filter(project=project).select_related("run", "project", "teacher"), number=number
    )
    if request.method == "POST":
        try:
            if "pinned" in request.POST:
                pinned = control.pin(request.user, version, request.POST["pinned"] == "1").pinned
                messages.success(
                    request, "Its file is kept." if pinned else "Its file is kept as long as the rules say."
                )
                return redirect("learning-pages:model", project.slug, number)
            if "distil" in request.POST:
                ask.ask(request.user, version)
                messages.success(request, "A small model is being taught. Load the page again in a moment.")
                return redirect("learning-pages:model", project.slug, number)
            if "stands_in" in request.POST:
                on = request.POST["stands_in"] == "1"
                stand_in.switch(request.user, version, on, request.POST.get("reason", ""))
                what = "answers predictions now" if on else "answers no predictions any more"
                messages.success(request, f"Model {number} {what}.")
                return redirect("learning-pages:model", project.slug, number)
            control.promote(request.user, version, request.POST.get("reason", ""))
            messages.success(request, f"Model {number} is the champion now; the pool is ranked anew.")
        except Invalid as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:model", project.slug, number)
    return render(request, "pages/models/one.html", _everything_about(project, version))


def _everything_about(project: Project, version: ModelVersion) -> dict[str, Any]:
    run = version.run
    return {
        "project": project,
        "version": version,
        "is_damaged": trust.is_damaged(version),
        "measured_on": trust.measured_on(version),
        "headline": card.headline(project, version),
        "costs": card.costs(version),
        **_cost_words(version),
        **students.of(version),
        "metrics": card.metric_rows(version),
        "baselines": [card.BASELINES[name] for name in card.baseline_names(version)],
        "calibration": version.metrics.get("calibration_error"),
        "labels": card.label_rows(version),
        **_thresholds(version),
        "matrix": card.matrix(version),
        "confusions": card.confusions(version),
        "side_by_side": len(version.labels) <= NARROW_MATRIX,
        "few_labels": NARROW_MATRIX,
        "has_others": _to_compare_with(version),
        "reliability": reliability_chart(version.reported.reliability),
        "decisions": card.decision_rows(version),
        "stopping": stopping(project, version.number),
        "took": duration(run) if run else "",
        "peak_memory_mb": max((step.get("peak_memory_mb", 0) for step in run.steps), default=0) if run else 0,
        "environment": run.environment if run else {},
        **trust.of(version),
    }


def _cost_words(version: ModelVersion) -> dict[str, str]:
    cost = version.prediction_cost
    if not cost:
        return {}
    project = version.project
    return {
        "alone_words": ms_words(cost["alone_ms"]),
        "cpu_words": ms_words(cost["cpu_ms_per_1000"]),
        "limit_words": ms_words(latency_limit_ms(project)),
        "cpu_limit_words": ms_words(project.prediction_limit_cpu_ms),
    }


def _to_compare_with(version: ModelVersion) -> int | None:
    """The number of the version in use, or of the one before where this is it; None for the only one."""
    others = ModelVersion.objects.filter(project=version.project_id).exclude(pk=version.pk)
    before = others.filter(number__lt=version.number).newest_first()
    used = others.in_use()
    return used.number if used else before.values_list("number", flat=True).first()


def _thresholds(version: ModelVersion) -> dict[str, Any]:
    """From which probability to give a label, and the picture of the rarest one that has enough eval items for it."""
    rows = card.threshold_rows(version)
    drawn = next((row for row in rows if row["curve"]), None)
    return {"thresholds": rows, "drawn": drawn, "precision_recall": precision_recall_chart(drawn) if drawn else None}


@require_safe
@project_page(Action.METRICS_READ)
def curve_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The learning curve, for the project page."""
    return render(
        request, "pages/models/_curve.html", {"project": project, "next_run": next_run(project), **_curve(project)}
    )


@require_safe
@project_page(Action.MODELS_READ)
def model_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """The model in use, for the project page."""
    versions = ModelVersion.objects.filter(project=project)
    version = versions.in_use()
    context: dict[str, Any] = {"project": project, "version": version, "next_run": next_run(project)}
    if version:
        gate = gate_verdict(version)
        context |= {
            "headline": card.headline(project, version),
            "ceiling": version.reported.human_ceiling,
            "status_words": trust.status_words(version, gate, is_ranking=True),
            "measured_on": trust.measured_on(version),
            "beside": trust.beside(gate["numbers"], kind_of(project).learned_as) if gate else None,
            "champion": versions.champion() if version.status == Status.PROVISIONAL else None,
        }
    return render(request, "pages/models/_card.html", context)
