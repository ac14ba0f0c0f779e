"""How people answer: a table of everybody for the managers, one's own page for whoever answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Action, Member, Project, Role
from labeling.pages.charts import ColumnChart, column_chart
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.refusals import not_saved, telling_refusals
from labeling.selectors.comments import own_threads
from labeling.selectors.people import SORTS, PersonCard, chosen_people, own_work
from labeling.selectors.people.listing import NO_MEMBER
from labeling.selectors.people.past import past_answers
from labeling.services.reports.base import Told
from labeling.services.reports.people import people_told
from labeling.services.review.comments import comment

MAX_QUERY = 200
#: Of the picture of a trend: room for one column a week, and its height.
COLUMN_WIDTH, TREND_HEIGHT = 6, 24


@dataclass(frozen=True)
class Heading:
    """A column that can be sorted by; ``first`` is the order of the first click."""

    sort: str
    name: str
    first: str
    url: str = ""
    arrow: str = ""  # how it is sorted now: ascending or descending


HEADINGS = (
    Heading("name", "Person", "name"),
    Heading("answers", "Answers", "-answers"),
    Heading("agreement", "With the others", "agreement"),
    Heading("gold", "Gold", "gold"),
    Heading("repeats", "Repeats", "repeats"),
    Heading("median_ms", "Seconds", "median_ms"),
    Heading("fast", "Too fast", "-fast"),
    Heading("skips", "Skips", "-skips"),
    Heading("doubted", "Not sure", "-doubted"),
    Heading("last_at", "Last seen", "-last_at"),
)
#: Columns of shares, which a project may have nothing of.
_MAY_BE_EMPTY = ("gold", "repeats", "doubted")


@dataclass(frozen=True)
class TrendBar:
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Trend:
    """Answers a week as columns, and the agreement over time as a line; ``words`` say what is drawn."""

    width: int
    height: int
    bars: tuple[TrendBar, ...]
    words: str
    line: str = ""
    line_words: str = ""


@dataclass(frozen=True)
class PersonRow:
    card: PersonCard
    seconds: float | None
    lately: float | None
    trend: Trend
    verdict_url: str
    member_pk: int | None  # of a member whom gold proposes


@require_safe
@project_page(Action.PEOPLE_READ)
def people(request: PageRequest, project: Project) -> HttpResponse:
    """``?sort=`` a column, with a minus the largest first; ``?q=`` part of the name; ``?role=``."""
    found = people_told(project)
    if found is None:
        counting = {"project": project, "told": Told(None), "agreement_url": agreement_page(project)}
        return render(request, "pages/people/index.html", counting)
    chosen = {name: request.GET.get(name, "")[:MAX_QUERY] for name in ("sort", "q", "role")}
    if chosen["sort"].removeprefix("-") not in SORTS:
        chosen["sort"] = "-answers"
    cards = chosen_people(found.cards, **chosen)
    by_gold = [card.key.user_id for card in cards if card.is_proposed_by_gold]
    members = Member.objects.filter(project=project, user__in=by_gold).order_by() if by_gold else Member.objects.none()
    proposed = dict(members.values_list("user_id", "pk"))
    shown = [
        heading
        for heading in HEADINGS
        if heading.sort not in _MAY_BE_EMPTY or any(getattr(card, heading.sort) for card in found.cards)
    ]
    context = {
        "project": project,
        "chosen": chosen,
        "is_filtered": bool(chosen["q"] or chosen["role"]),
        "roles": [*Role.choices, (NO_MEMBER, "no member")],
        "headings": [_sorted_by(heading, project, chosen) for heading in shown],
        "rows": [_row(card, found.weeks, project, proposed) for card in cards],
        "has_answers": any(card.answers for card in found.cards),
        "found": found,
        "has_doubts": any(card.doubted for card in found.cards),
        "fast_seconds": _seconds(found.fast_below_ms),
        "median_seconds": _seconds(found.median_ms),
        "csv_url": f"{reverse('api:people', args=[project.slug])}?{urlencode(_given(chosen) | {'format': 'csv'})}",
        "agreement_url": agreement_page(project),
        "alike_url": _of_learning("fragment-alike", project),
    }
    return render(request, "pages/people/index.html", context)


@require_safe
@project_page(Action.OWN_WORK_READ)
def own(request: PageRequest, project: Project) -> HttpResponse:
    work = own_work(request.user, project)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < 19
    context = {
        "past": past_answers(request.user, project, int(before) if is_number else None),
        "is_older": is_number,
        "project": project,
        "work": work,
        "seconds": _seconds(work.median_ms),
        "chart": _weekly(work.weeks, work.per_week) if any(work.per_week) else None,
        "threads": own_threads(request.user, project),
    }
    return render(request, "pages/people/own.html", context)


@require_POST
@project_page(Action.COMMENTS_WRITE)
def own_comment(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    """What somebody says to reviewers about an item that was sent back to him."""
    with telling_refusals(request, not_saved):
        comment(request.user, project, pk, request.POST.get("text", ""))
        messages.success(request, "The reviewers read it with the item.")
    return redirect("pages:own-work", project.slug)


def agreement_page(project: Project) -> str:
    """Of learning; "" where it is switched off."""
    return _of_learning("agreement", project)


def _of_learning(name: str, project: Project) -> str:
    try:
        return reverse(f"learning-pages:{name}", args=[project.slug])
    except NoReverseMatch:
        return ""


def _given(chosen: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in chosen.items() if value}


def _sorted_by(heading: Heading, project: Project, chosen: dict[str, str]) -> Heading:
    """With its address: a click on the column that is sorted by turns it round."""
    now, other = chosen["sort"], heading.first
    if now.removeprefix("-") == heading.sort:
        other = heading.sort if now.startswith("-") else f"-{heading.sort}"
        heading = replace(heading, arrow="descending" if now.startswith("-") else "ascending")
    address = reverse("pages:people", args=[project.slug])
    return replace(heading, url=f"{address}?{urlencode(_given(chosen) | {'sort': other})}")


def _row(card: PersonCard, weeks: tuple[date, ...], project: Project, proposed: Mapping[int, int]) -> PersonRow:
    view = card.verdict.view if card.verdict else ""
    return PersonRow(
        card=card,
        seconds=_seconds(card.median_ms),
        lately=_seconds(card.lately_ms),
        trend=trend_of(card, weeks),
        verdict_url=reverse(view, args=[project.slug]) if view else "",
        member_pk=proposed.get(card.key.user_id or 0),
    )


def trend_of(card: PersonCard, weeks: tuple[date, ...]) -> Trend:
    """The line runs from 0 at the foot to 1 at the top."""
    most = max(card.per_week, default=0) or 1
    bars = [
        TrendBar(n * COLUMN_WIDTH, round(TREND_HEIGHT * (1 - count / most), 2), round(TREND_HEIGHT * count / most, 2))
        for n, count in enumerate(card.per_week)
        if count
    ]
    width = COLUMN_WIDTH * len(weeks)
    step = width / max(len(card.drift) - 1, 1)
    points = [(n * step, TREND_HEIGHT * (1 - (part.value or 0.0))) for n, part in enumerate(card.drift)]
    words = ", ".join(f"{count:,}" for count in card.per_week)
    shares = ", then ".join(f"{part.value:.2f}" for part in card.drift)
    return Trend(
        width=width,
        height=TREND_HEIGHT,
        bars=tuple(bars),
        words=f"Answers in each of the last {len(weeks)} weeks: {words}",
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        line_words=f"Agreement with the others over time: {shares}" if points else "",
    )


def _weekly(weeks: tuple[date, ...], per_week: tuple[int, ...]) -> ColumnChart:
    names = [f"{first.day} {first:%b}" for first in weeks]
    bars = [
        (f"Seven days from {name}: {count:,} answer{'s' if count != 1 else ''}", name, count)
        for name, count in zip(names, per_week, strict=True)
    ]
    return column_chart(bars, ticks_every=4)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else round(ms / 1000, 1)
