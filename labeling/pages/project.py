"""The page of one project: what to do next, how far it is, how it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from labeling.kinds import PerSubject, kind_of
from labeling.models import Action, Because, Member, Pairs, Permission, Project
from labeling.pages.charts import ColumnChart, Meter, column_chart
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.markdown import render_markdown
from labeling.pages.navigation import permissions
from labeling.pages.people import agreement_page
from labeling.pages.play import playing_of
from labeling.selectors.answer_counts import AnswerFigures, answer_figures
from labeling.selectors.importing import Importing, importing
from labeling.selectors.judgments import pair_progress, winners
from labeling.selectors.progress import label_balance, people, progress, set_aside_by_reason
from labeling.selectors.throughput import throughput
from labeling.services.reports import answer_counts
from labeling.services.reports.named import AGREEMENT
from labeling.services.reports.stored import told

PEOPLE_SHOWN = 12
LABELS_SHOWN = 15


@dataclass(frozen=True)
class NextStep:
    """The one thing to do now: a sentence and, when the person can do something, a button."""

    text: str
    button: str = ""
    view: str = ""
    icon: str = "right"

    def url(self, project: Project) -> str:
        return reverse(self.view, args=[project.slug]) if self.view else ""


@require_safe
@project_page(Action.PROJECT_READ)
def project(request: PageRequest, project: Project) -> HttpResponse:
    may = permissions(request)
    counts = progress(project)
    member = Member.objects.filter(project=project, user=request.user).first()
    under_way = importing(project)
    if request.headers.get("HX-Request") and "importing" in request.GET:
        return _importing_fragment(request, project, under_way, had_items=request.GET["importing"] == "more")
    pool_to_label = counts["pool"]["items"] - counts["gold"]
    subject = kind_of(project).subject
    pairs = _PAIRS.of(subject)(project)
    step = _NEXT.of(subject)(project, pairs or counts, may, bool(under_way))
    newest = project.instructions_versions.first()
    context: dict[str, Any] = {
        "project": project,
        "counts": counts,
        "pairs": pairs,
        "pairs_meter": Meter.of(pairs["done"], pairs["pairs"] - pairs["gold"]) if pairs else None,
        "step": step,
        "step_url": step.url(project),
        "importing": under_way,
        "import_meter": meter_of(under_way),
        "mine": member.answers if member else 0,
        "instructions": render_markdown(newest.text) if newest and newest.text else "",
        "instructions_version": project.instructions_version,
        "all_meter": Meter.of(counts["done"], counts["to_label"]),
        "pool_meter": Meter.of(counts["pool"]["done"], pool_to_label),
        "items_to_label": counts["items"] - counts["gold"],
        "pool_to_label": pool_to_label,
        "playing": playing_of(project, counts, may),
        "eval_meter": Meter.of(counts["eval"]["done"], counts["eval"]["items"]),
    }
    if Permission.VIEW in may:
        aside = set_aside_by_reason(project) if counts["set_aside"] else {}
        context |= insight(project) | {
            "skipped_by_everybody": aside.get(Because.EVERYBODY, 0),
            "unknown": aside.get(Because.UNKNOWN, 0),
        }
    if Permission.REVIEW in may:
        context |= who(project)
    return render(request, "pages/project/index.html", context)


def _importing_fragment(
    request: PageRequest, project: Project, under_way: Importing | None, *, had_items: bool
) -> HttpResponse:
    """How far the import is; once the first items are there, or all of them, the page is made anew."""
    counts = progress(project)
    if under_way is None or (counts["items"] and not had_items):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"project": project, "counts": counts, "importing": under_way, "import_meter": meter_of(under_way)}
    return render(request, "pages/project/_importing.html", context)


def meter_of(under_way: Importing | None) -> Meter | None:
    return Meter.of(under_way.done, under_way.total) if under_way and under_way.total else None


@require_safe
@project_page(Action.METRICS_READ)
def agreement_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """How much people agree; on its own because it reads the answers of thousands of items."""
    report = told(project, AGREEMENT)
    percent = Meter.of(report.content["percent"] or 0, 1).percent if report.content else ""
    context = {"found": report.content, "told": report, "percent": percent, "agreement_url": agreement_page(project)}
    return render(request, "pages/project/_agreement.html", context)


def next_step(project: Project, counts: dict[str, Any], may: frozenset[Permission], is_importing: bool) -> NextStep:
    """What this person should do now in the project."""
    manages = Permission.MANAGE in may
    if project.archived_at:
        settings = ("Settings", "pages:settings") if manages else ("", "")
        return NextStep("This project is archived: nothing is asked and nothing is learned.", *settings)
    if not counts["items"] and is_importing:
        return _first_import(manages, is_importing=True)
    if not project.labels.in_use().exists():
        if manages:
            return NextStep("The project has no labels yet.", "Add labels", "pages:settings", "plus")
        return NextStep("The project has no labels yet: a manager adds them.")
    if not counts["items"]:
        return _first_import(manages, is_importing=False)
    left = counts["pool"]["open"] + counts["eval"]["open"]
    if left and counts["done"] >= counts["to_label"]:
        return _second_opinions(left, may)
    if left and Permission.LABEL in may:
        begun = "Continue labeling" if counts["annotations"] else "Start labeling"
        return NextStep(f"{left:,} item{'s' if left != 1 else ''} to ask about.", begun, "pages:annotate")
    if left:
        return NextStep(f"{left:,} item{'s are' if left != 1 else ' is'} waiting for an annotator.")
    if Permission.VIEW in may:
        return NextStep("Every item has its answers.", "Export the labels", "pages:export", "download")
    return NextStep("Every item has its answers. Thank you.")


def _second_opinions(left: int, may: frozenset[Permission]) -> NextStep:
    """Everything is done; a second person's answers would only show how far people agree."""
    words = f"Every item has its answers; a second person’s to {left:,} of them would show how far people agree."
    if Permission.VIEW in may:
        return NextStep(words, "Export the labels", "pages:export", "download")
    return NextStep(words, "Continue labeling", "pages:annotate")


def next_pairs(project: Project, pairs: dict[str, Any], may: frozenset[Permission], is_importing: bool) -> NextStep:
    """What this person should do now in a pairwise project: pairs are drawn, so there is always another one."""
    manages = Permission.MANAGE in may
    if project.archived_at:
        settings = ("Settings", "pages:settings") if manages else ("", "")
        return NextStep("This project is archived: nothing is asked and nothing is learned.", *settings)
    if not pairs["contexts"]:
        return _first_import(manages, is_importing)
    if pairs["askable"] and Permission.LABEL in may:
        text = "Which of two is better? Judge as many pairs as you like."
        if project.pairs == Pairs.GIVEN:
            n = pairs["given_open"]
            text = f"{n:,} given pair{'s' if n != 1 else ''} to judge."
        return NextStep(text, "Continue judging" if pairs["judgments"] else "Start judging", "pages:annotate")
    if pairs["askable"]:
        return NextStep("Pairs are waiting for an annotator.")
    if project.pairs == Pairs.GIVEN and pairs["pairs"]:
        if Permission.VIEW in may:
            return NextStep("Every given pair has its answers.", "Export the judgments", "pages:export", "download")
        return NextStep("Every given pair has its answers. Thank you.")
    missing = "No pair was imported yet." if project.pairs == Pairs.GIVEN else "No context has two items yet."
    return NextStep(missing, *(("Import items", "pages:imports", "upload") if manages else ()))


#: How far it is with its pairs; nothing where it asks about items.
_PAIRS: PerSubject[Callable[[Project], dict[str, Any]]] = PerSubject(item=lambda project: {}, pair=pair_progress)
_NEXT = PerSubject(item=next_step, pair=next_pairs)
#: How often which answer was given.
_BALANCE: PerSubject[Callable[[Project, AnswerFigures], list[dict[str, Any]]]] = PerSubject(
    item=label_balance, pair=winners
)


def _first_import(manages: bool, is_importing: bool) -> NextStep:
    if is_importing:
        watch = ("Watch the import", "pages:imports") if manages else ("", "")
        return NextStep("Items are being imported.", *watch)
    if manages:
        return NextStep("There is nothing to label yet.", "Import items", "pages:imports", "upload")
    return NextStep("There is nothing to label yet: a manager imports it.")


_FRAGMENTS = ("alerts", "curve", "runs", "model", "production")


def insight(project: Project) -> dict[str, Any]:
    """What members who may look inside see: throughput, balance, agreement, and learning's fragments by address."""
    answer_counts.keep_up(project)
    counted = answer_figures(project)
    speed = throughput(project, counted=counted)
    balance = _BALANCE.of(kind_of(project).subject)(project, counted)
    most = max((row["answers"] for row in balance), default=0)
    shown = balance if len(balance) <= LABELS_SHOWN else sorted(balance, key=lambda row: -row["answers"])[:LABELS_SHOWN]
    return {
        "speed": speed,
        "counted": counted,
        "speed_chart": per_day(speed["per_day"]),
        "seconds": round(speed["median_ms"] / 1000, 1) if speed["median_ms"] else None,
        "balance": [{**row, "meter": Meter.of(row["answers"], most)} for row in shown],
        "balance_hidden": len(balance) - len(shown),
        "ranking": _learning("ranking", project) if kind_of(project).ranks_items else "",
        "fragments": {name: _learning(f"fragment-{name}", project) for name in _FRAGMENTS},
    }


def who(project: Project) -> dict[str, Any]:
    rows = [row for row in people(project) if row["answers"]]
    most = max((row["answers"] for row in rows), default=0)
    return {
        "people": [{**row, "meter": Meter.of(row["answers"], most)} for row in rows[:PEOPLE_SHOWN]],
        "people_hidden": max(0, len(rows) - PEOPLE_SHOWN),
    }


def per_day(rows: list[dict[str, Any]]) -> ColumnChart:
    bars = []
    for row in rows:
        day = date.fromisoformat(row["date"])
        answers = row["answers"]
        name = f"{day.day} {day:%b}"
        bars.append((f"{name}: {answers:,} answer{'s' if answers != 1 else ''}", name, answers))
    return column_chart(bars, ticks_every=max(1, len(bars) // 4))


def _learning(name: str, project: Project) -> str:
    """The address of one of learning's fragments; empty when learning is switched off."""
    try:
        return reverse(f"learning-pages:{name}", args=[project.slug])
    except NoReverseMatch:
        return ""
