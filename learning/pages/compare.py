"""Two to four model versions beside one another, and the eval items on which they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Item, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.validation.errors import Invalid
from learning.core.evaluation.comparison_words import comparison_words
from learning.core.evaluation.difference_words import difference_words
from learning.core.evaluation.intervals import Estimate, share
from learning.families.labels.comparison import Incomparable, SharedItems, f1_by_label, shared_items
from learning.models import ModelVersion
from learning.pages import card
from learning.pages.charts import NARROW, WIDTH, reliabilities_chart, setups_chart, thinned
from learning.selectors.chosen_versions import LEAST, MOST, NOBODY, chosen_numbers, chosen_versions, right_ones
from learning.selectors.comparability import comparability
from learning.selectors.curve import headline_of, setup_curves, setup_name
from learning.selectors.prediction_cost import are_alike, ms_words, size_words
from learning.selectors.version_settings import setting_rows

#: Ends of the classes by which the stylesheet tells the lines of charts apart.
STYLES = ("a", "b", "c", "d")
COSTS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("One row alone", "alone_ms", ms_words),
    ("CPU of 1,000 predictions", "cpu_ms_per_1000", ms_words),
    ("Memory", "memory_bytes", size_words),
)
ITEMS_PER_PAGE = 25
FIRST_COLUMNS = 6
OFFERED = 20


@dataclass(frozen=True)
class Chosen:
    version: ModelVersion
    style: str
    #: the same comparison with this one as what the others are held against; empty for that one itself
    held_against: str


@dataclass(frozen=True)
class Versus:
    """One of the others beside the first, in words."""

    chosen: Chosen
    verdict: str
    is_shown: bool
    won: str
    lost: str
    difference: str


@dataclass(frozen=True)
class RightOnes:
    """Which of the chosen are right where not all say the same; ``given`` is how an address asks for those items."""

    numbers: list[int]
    given: str
    count: int
    of_all: Estimate
    is_current: bool


@require_safe
@project_page(Action.MODELS_READ)
def compare(request: PageRequest, project: Project) -> HttpResponse | HttpResponseRedirect:
    """``?models=3,5``: the others are held against the first. ``?right=5``: items on which it alone is right (``none``:
    nobody), ``?page=`` from 1. Boxes of a form send ``models`` several times and are led to the one address."""
    given = request.GET.getlist("models")
    context: dict[str, Any] = {"project": project, "offered": _offered(project), "least": LEAST, "most": MOST}
    if not any(given):
        return render(request, "pages/models/compare.html", context)
    try:
        numbers = chosen_numbers(given)
        if len(given) > 1:
            return redirect(f"{_address(project)}?models={','.join(str(number) for number in sorted(numbers))}")
        versions = chosen_versions(project, numbers)
    except Invalid as refused:
        return render(request, "pages/models/compare.html", context | {"refused": refused.reason}, status=400)
    context |= {"numbers": numbers, **_beside_one_another(project, versions)}
    if shared := context["shared"]:
        context |= _changed(request, project, versions, shared)
    return render(request, "pages/models/compare.html", context)


def _address(project: Project) -> str:
    return reverse("learning-pages:compare", args=[project.slug])


def _offered(project: Project) -> list[ModelVersion]:
    rows = ModelVersion.objects.filter(project=project).newest_first()
    return list(rows.only("number", "status", "trained_on", "learner", "verified")[:OFFERED])


def _beside_one_another(project: Project, versions: list[ModelVersion]) -> dict[str, Any]:
    chosen = _chosen(project, versions)
    try:
        shared, why_not = shared_items(project, versions), ""
    except Incomparable as found:
        shared, why_not = None, str(found)
    settings = setting_rows(project, versions)
    return {
        "chosen": chosen,
        "shared": shared,
        "why_not": why_not,
        "grounds": comparability(versions, shared.n_changed if shared else 0),
        "metrics": _metric_rows(chosen),
        **_cost_rows(chosen),
        "accuracies": list(zip(chosen, shared.accuracy(), strict=True)) if shared else [],
        "versus": _versus(project, chosen, shared) if shared else [],
        "difference_name": comparison_words(kind_of(project).learned_as).difference,
        "labels": _label_rows(chosen, shared) if shared else [],
        "reported_labels": [] if shared else _reported_label_rows(project, chosen),
        "differing": [(row, list(zip(chosen, row.values, strict=True))) for row in settings if row.differs],
        "same": [(row, list(zip(chosen, row.values, strict=True))) for row in settings if not row.differs],
        **_charts(project, chosen),
    }


def _chosen(project: Project, versions: Sequence[ModelVersion]) -> list[Chosen]:
    numbers = [version.number for version in versions]
    found = []
    for version, style in zip(versions, STYLES, strict=False):
        order = [version.number, *(number for number in numbers if number != version.number)]
        query = "" if version is versions[0] else f"?models={','.join(str(number) for number in order)}"
        found.append(Chosen(version, style, query))
    return found


def _metric_rows(chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for each in chosen for name in each.version.metrics)
    return [
        {
            "name": card.NAMES.get(name, name),
            "lower_is_better": name.endswith(("_loss", "_error")),
            "cells": [(each, each.version.metrics.get(name)) for each in chosen],
        }
        for name in names
    ]


def _cost_rows(chosen: Sequence[Chosen]) -> dict[str, Any]:
    """What a prediction costs with each; nothing where none was measured."""
    costs = [each.version.prediction_cost for each in chosen]
    if not any(costs):
        return {"cost_rows": [], "costs_alike": True}
    pairs = list(zip(chosen, costs, strict=True))
    rows = [
        {"name": name, "cells": [(each, words(cost[key]) if cost else "") for each, cost in pairs]}
        for name, key, words in COSTS
    ]
    return {"cost_rows": rows, "costs_alike": are_alike(costs)}


def _versus(project: Project, chosen: Sequence[Chosen], shared: SharedItems) -> list[Versus]:
    words = comparison_words(kind_of(project).learned_as)
    rival = f"model {chosen[0].version.number}"
    found = []
    for other, beside in zip(chosen[1:], shared.beside(), strict=True):
        known = beside.difference
        name = f"Model {other.version.number}"
        if known.low > 0:
            verdict = f"{name} is better than {rival}"
        elif known.high < 0:
            verdict = f"{name} is worse than {rival}"
        else:
            verdict = f"No difference is shown between {name.lower()} and {rival}"
        found.append(
            Versus(
                other,
                verdict,
                not known.low <= 0 <= known.high,
                words.ahead.format(n=f"{beside.ahead:,}", rival=rival),
                words.behind.format(n=f"{beside.behind:,}", rival=rival),
                difference_words("accuracy", known.value, known.low, known.high, known.n),
            )
        )
    return found


def _label_rows(chosen: Sequence[Chosen], shared: SharedItems) -> list[dict[str, Any]]:
    rows = []
    for label in shared.by_label():
        differences = ["", *(difference_words("recall", d.value, d.low, d.high, d.n) for d in label.differences)]
        shown = [False, *(not d.low <= 0 <= d.high for d in label.differences)]
        cells = zip(chosen, label.recall, label.precision, differences, shown, strict=True)
        rows.append({"name": shared.labels[label.label], "support": label.support, "cells": list(cells)})
    return rows


def _reported_label_rows(project: Project, chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
    rows = f1_by_label(project, [each.version for each in chosen])
    return [{"name": row["name"], "cells": list(zip(chosen, row["f1"], strict=True))} for row in rows]


def _charts(project: Project, chosen: Sequence[Chosen]) -> dict[str, Any]:
    reported = [(each, each.version.reported.reliability) for each in chosen]
    # of several labels an item a bin counts cells, which hang together: their share has no interval here
    bins = [
        (each, [(sure, share(round(right * n), n), int(n)) for sure, right, n in points])
        for each, points in reported
        if sum(n for _, _, n in points) <= each.version.n_eval
    ]
    numbers = {each.version.number for each in chosen}
    style_of = {setup_name(each.version.learner, each.version.encoder): each.style for each in reversed(chosen)}
    setups = setup_curves(project, [each.version for each in chosen])
    named = [(style_of[name], _marked(points, numbers)) for name, points in setups]
    return {
        "reliability": reliabilities_chart([(each.style, points) for each, points in reported if points]),
        "reliability_bins": bins,
        "calibration": [(each, each.version.metrics.get("calibration_error")) for each in chosen],
        "curves": [
            (name, setups_chart(named, width)) for name, width in (("wide", WIDTH), ("narrow", NARROW)) if named
        ],
        "setups": [
            (style_of[name], name, [point for point in points if point["number"] in numbers]) for name, points in setups
        ],
        "metric": card.NAMES[headline_of(project)],
    }


def _marked(points: list[dict[str, Any]], numbers: set[int]) -> list[dict[str, Any]]:
    """Evenly chosen points, the compared versions among them, which say their number."""
    every = thinned([point for point in points if point["number"] not in numbers])
    marked = [{**point, "label": str(point["number"])} for point in points if point["number"] in numbers]
    return sorted([*every, *marked], key=lambda point: (point["labels"], point["number"]))


def _changed(
    request: PageRequest, project: Project, versions: Sequence[ModelVersion], shared: SharedItems
) -> dict[str, Any]:
    """The items on which not all say the same; at most one page of them is read."""
    numbers = [version.number for version in versions]
    differ = shared.disagreements()
    try:
        wanted = right_ones(request.GET.get("right", ""), numbers)
    except Invalid as refused:
        raise Http404(refused.reason) from refused
    patterns = []
    for places, count in differ.counts():
        right = [numbers[place] for place in places]
        is_current = wanted is not None and set(places) == set(wanted)
        given = ",".join(str(number) for number in right) or NOBODY
        patterns.append(RightOnes(right, given, count, share(count, len(shared)), is_current))
    chosen = differ.where(wanted)
    page = _page(request.GET.get("page", "1"))
    shown = chosen[(page - 1) * ITEMS_PER_PAGE : page * ITEMS_PER_PAGE]
    query: dict[str, Any] = {"models": ",".join(str(number) for number in numbers)}
    every = urlencode(query, safe=",")
    if wanted is not None:
        query["right"] = request.GET["right"]
    return {
        "patterns": patterns,
        "n_differ": len(differ.rows),
        "n_chosen": len(chosen),
        "is_filtered": wanted is not None,
        "query": every,
        "items": _items(project, versions, shared, shown.tolist()),
        "previous": urlencode({**query, "page": page - 1}, safe=",") if page > 1 else "",
        "next": urlencode({**query, "page": page + 1}, safe=",") if page * ITEMS_PER_PAGE < len(chosen) else "",
    }


def _page(given: str) -> int:
    return max(int(given), 1) if given.isascii() and given.isdecimal() and len(given) <= 9 else 1


def _items(
    project: Project, versions: Sequence[ModelVersion], shared: SharedItems, rows: list[int]
) -> list[dict[str, Any]]:
    ordinals = shared.ordinals[rows].tolist()
    found = Item.objects.filter(project=project, ordinal__in=ordinals).select_related("asset")
    items = {item.ordinal: item for item in found}
    told = []
    for row, ordinal in zip(rows, ordinals, strict=True):
        item = items.get(ordinal)
        if item is None:
            continue
        said = [
            {
                "version": version,
                "label": shared.said(place, row),
                "is_right": bool(shared.right[place, row]),
                "confidence": float(shared.confidence[place, row]),
            }
            for place, version in enumerate(versions)
        ]
        fields = project.in_column_order(item.data)[:FIRST_COLUMNS]
        told.append({"item": item, "fields": fields, "truth": shared.labels[shared.truth[row]], "said": said})
    return told
