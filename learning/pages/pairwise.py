"""What the judgments of a pairwise project come to: a ranking per context, how sure it is, and whom to doubt."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Context, Modality, Progress, Project, Quarantine, Task
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import name_of as name_of_reader
from labeling.selectors.quarantine import IMPORTED, in_force
from learning.families.pairwise.people import overview_told
from learning.families.pairwise.results import overview_of, ranking_without, results_of
from learning.families.pairwise.shapes import (
    ContextResults,
    ContextSummary,
    ItemStrength,
    Overview,
    PersonRate,
    RankingPoint,
    RankWithout,
    Rate,
)
from learning.pages.pair_charts import Mark, arms_chart, score_strip, share_strip
from learning.selectors.next_run import next_run

ITEMS_PER_PAGE = 25
SCORES_READ = 1000
CONTEXTS_SHOWN = 200
PAIRS_SHOWN = 5
CYCLES_SHOWN = 3
FIELDS_SHOWN = 8
PEOPLE_SHOWN = 12
PEOPLE_LISTED = 300
BASELINES = {"majority": "always the same side", "coin": "a coin", "length": "the longer text, or the shorter"}
SPLITS = {"items": "unseen items", "contexts": "unseen contexts"}
ACCURACY = {"all": "all held-out pairs", **SPLITS}


@dataclass(frozen=True)
class ContextLine:
    name: str
    summary: ContextSummary


@dataclass(frozen=True)
class ScoreRow:
    """``starts_part``: the first item of a part that was never compared with the one before."""

    score: ItemStrength
    mark: Mark
    starts_part: bool


@dataclass(frozen=True)
class ComparedRow:
    """An item's place without somebody: ``moved`` is how many places it rises."""

    row: RankWithout
    moved: int


@dataclass(frozen=True)
class AnsweringRow:
    """What is known about one annotator's way of answering."""

    annotator: str
    left: Rate | None
    left_mark: Mark | None
    left_flagged: bool
    flips: PersonRate | None
    follows: float | None
    fast: PersonRate | None


@dataclass(frozen=True)
class SuspectRow:
    """Somebody proposed for quarantine, or put there since the version in use was made."""

    name: str
    reasons: list[str]
    quarantine: Quarantine | None


@dataclass(frozen=True)
class ShareBar:
    """A measured share beside what it is compared with."""

    name: str
    rate: Rate
    mark: Mark
    role: str


@require_safe
@project_page(Action.RANKING_READ)
def ranking(request: PageRequest, project: Project) -> HttpResponse:
    """``?context=`` one of the project's contexts, ``?without=`` the name of somebody proposed for quarantine."""
    if not kind_of(project).ranks_items:
        raise Http404("Only pairwise projects have a ranking.")
    overview, name_of_person = overview_of(project), name_of_reader(request)
    chosen = _context(project, request.GET.get("context", ""), overview)
    frame: dict[str, Any] = {"project": project, "overview": overview, "chosen": chosen, "next_run": next_run(project)}
    if chosen is None or overview.version is None:
        return render(request, "pages/pairwise/empty.html", frame | _beginnings(project))
    results = results_of(project, chosen, at_most=SCORES_READ)
    without = request.GET.get("without", "")
    called = {name_of_person(suspect.annotator): suspect.annotator for suspect in overview.suspects}
    compared = _compared(project, chosen, called.get(without, "")) if without else []
    overview = frame["overview"] = overview_told(overview, name_of_person)
    _give_fields(project, results, compared)
    left_out = in_force(project)
    for one in left_out:
        one["name"] = name_of_person(one["quarantine"].name)
    page = Paginator(_in_order(results), ITEMS_PER_PAGE).get_page(request.GET.get("page"))
    frame |= {
        "purpose": chosen.purpose or project.purpose,
        "asked": Task.objects.filter(pair__context=chosen).order_by().first() if chosen.asset_id else None,
        "page": page,
        "results": results,
        "scores_read": SCORES_READ if chosen.items > SCORES_READ else 0,
        "contexts": [ContextLine(name_of(summary.context), summary) for summary in overview.contexts[:CONTEXTS_SHOWN]],
        "to_settle": results.to_settle[:PAIRS_SHOWN],
        "cycles": results.cycles[:CYCLES_SHOWN],
        "without": without,
        "compared": compared,
        **_strips(results, page),
        **_measures(overview),
        **_people(overview, left_out),
        "left_out": left_out,
    }
    return render(request, "pages/pairwise/index.html", frame)


def _context(project: Project, asked: str, overview: Overview) -> Context | None:
    """The context asked for, else the one with the most judgments. Raises Http404 for one that is not there."""
    contexts = Context.objects.filter(project=project).select_related("asset")
    if asked:
        found = contexts.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) <= 18 else None
        if found is None:
            raise Http404("The project has no such context.")
        return found
    best = max(overview.contexts, key=lambda summary: summary.judgments, default=None)
    return contexts.filter(pk=best.context.pk).first() if best else contexts.order_by("ordinal").first()


def _give_fields(project: Project, results: ContextResults, compared: Iterable[ComparedRow]) -> None:
    """Sets ``fields`` of every item on the page of a table: its first columns, in the order of the file."""
    if project.modality != Modality.TABULAR:
        return
    shown = [score.item for score in results.scores] + [one.row.item for one in compared]
    shown += [item for cycle in results.cycles for item in cycle]
    shown += [item for advice in results.to_settle for item in (advice.first, advice.second)]
    shown += [item for dispute in results.disputed for item in (dispute.first, dispute.second)]
    for item in shown:
        item.fields = project.in_column_order(item.data)[:FIELDS_SHOWN]  # type: ignore[attr-defined]


def name_of(context: Context) -> str:
    """The text of a context and its facts: the same question may be asked in several."""
    facts = ", ".join(f"{name}: {value}" for name, value in context.facts[:2])
    return " · ".join(part for part in (context.text[:120], facts[:80]) if part) or str(context)


def _beginnings(project: Project) -> dict[str, Any]:
    progress = Progress.objects.filter(project=project).first() or Progress(project=project)
    return {"answers": progress.annotations, "imported": progress.imported_annotations}


def _strips(results: ContextResults, page: Iterable[ItemStrength]) -> dict[str, Any]:
    strip = score_strip(results.scores)
    rows: list[ScoreRow] = []
    for score in page:
        starts = bool(rows) and not results.connected and _part(score) != _part(rows[-1].score)
        rows.append(ScoreRow(score, strip.mark(score.score, score.low, score.high), starts))
    return {"strip": strip, "rows": rows}


def _in_order(results: ContextResults) -> list[ItemStrength]:
    """Best first; where there are no ranks part by part, for scores of different parts do not compare."""
    if results.connected:
        return sorted(results.scores, key=lambda score: -score.score)
    return sorted(results.scores, key=lambda score: (*_part(score), -score.score))


def _part(score: ItemStrength) -> tuple[bool, int]:
    return score.is_eval, 0 if score.is_eval else score.component


def _compared(project: Project, context: Context, annotator: str) -> list[ComparedRow]:
    """The ranking without somebody, empty where they judged nothing. Raises Http404 for anybody not proposed (no
    name)."""
    if not annotator:
        raise Http404("Nobody of this name is proposed for quarantine.")
    found = ranking_without(project, context, annotator) or []
    return [
        ComparedRow(row, row.rank_with - row.rank if row.rank is not None and row.rank_with is not None else 0)
        for row in found
    ]


def _measures(overview: Overview) -> dict[str, Any]:
    """Accuracy on held-out pairs beside the ceiling and the baselines, and over the judgments."""
    strip = share_strip(0.0, middle=0.5)
    bars = [
        ("One person with most of the others", overview.ceiling, "ceiling"),
        ("Two people with each other", overview.agreement, "ceiling"),
    ]
    if overview.flip_rate:
        flips = overview.flip_rate
        same = Rate(1 - flips.value, 1 - flips.high, 1 - flips.low, flips.n)
        bars.append(("A person with themselves, sides swapped", same, "ceiling"))
    bars += [(f"Model, {ACCURACY.get(split, split)}", rate, "model") for split, rate in overview.accuracy.items()]
    bars += [(f"Baseline: {BASELINES.get(name, name)}", rate, "baseline") for name, rate in overview.baselines.items()]
    charts = [
        {"split": split, "name": name, "chart": arms_chart(points, overview.ceiling), "arms": _last(points)}
        for split, name in SPLITS.items()
        if (points := [point for point in overview.curve if point.split == split])
    ]
    return {
        "bars": [ShareBar(name, rate, strip.rate(rate), role) for name, rate, role in bars if rate],
        "bar_strip": strip,
        "charts": charts,
    }


def _last(points: Iterable[RankingPoint]) -> list[RankingPoint]:
    """The newest point of every arm."""
    newest = {point.arm: point for point in sorted(points, key=lambda point: point.judgments)}
    return [newest[arm] for arm in sorted(newest)]


def _people(overview: Overview, left_out: list[dict[str, Any]]) -> dict[str, Any]:
    """One row an annotator, the flagged and the busiest first."""
    left, flips, fast = (
        {person.annotator: person for person in rates}
        for rates in (overview.left_rates, overview.flip_rates, overview.fast_rates)
    )
    follows = {annotator: share for annotator, share, _ in overview.reliability}
    strip = share_strip(0.0, middle=0.5)
    suspects = {suspect.annotator for suspect in overview.suspects}
    names = sorted(
        left.keys() | flips.keys() | follows.keys() | fast.keys(),
        key=lambda name: (name not in suspects, not (name in left and left[name].flagged), -_n(left.get(name)), name),
    )
    rows = [
        AnsweringRow(
            name,
            left[name].rate if name in left else None,
            strip.rate(left[name].rate) if name in left else None,
            name in left and left[name].flagged,
            flips.get(name),
            follows.get(name),
            fast.get(name),
        )
        for name in names
    ]
    n_shown = max(PEOPLE_SHOWN, sum(row.annotator in suspects or row.left_flagged for row in rows))
    return {
        "people": rows[:n_shown],
        "more_people": rows[n_shown:PEOPLE_LISTED],
        "people_hidden": max(0, len(rows) - PEOPLE_LISTED),
        "suspects": _suspected(overview, left_out),
        "people_strip": strip,
        "everybody": strip.rate(overview.left_rate) if overview.left_rate else None,
    }


def _suspected(overview: Overview, left_out: list[dict[str, Any]]) -> list[SuspectRow]:
    """Those proposed, each with everything that speaks against them."""
    rows = {one["name"]: one["quarantine"] for one in left_out}
    imported = {f"{name}{IMPORTED}": row for name, row in rows.items() if row.annotator_id is None}
    found: dict[str, list[str]] = {}
    for suspect in overview.suspects:
        found.setdefault(suspect.annotator, []).append(suspect.why)
    return [SuspectRow(name, why, (rows | imported).get(name)) for name, why in found.items()]


def _n(person: PersonRate | None) -> int:
    return person.rate.n if person else 0
