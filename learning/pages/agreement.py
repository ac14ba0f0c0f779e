"""How far people agree: in all, label by label, two by two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.models import Action, Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import name_of, permissions
from labeling.services.reports.stored import told
from learning.core.evaluation.interval_words import TOO_FEW, interval_words, number_words
from learning.services.reports import AGREEMENT

if TYPE_CHECKING:
    from learning.selectors.people_agreement import AgreementReport, AlphaFound

CELL, NAMES_WIDTH, NUMBERS_HEIGHT = 20, 150, 22
NAME_LETTERS = 18
#: The shades of the squares, below nought and then by fifths.
KEY = (
    ("0", "below 0"), ("1", "to .2"), ("2", "to .4"), ("3", "to .6"), ("4", "to .8"), ("5", "above .8"),
    ("none", f"undefined, or below {TOO_FEW} items"),
)  # fmt: skip


@dataclass(frozen=True)
class MatrixCell:
    x: int
    y: int
    shade: str
    title: str


@dataclass(frozen=True)
class MatrixName:
    number: int
    name: str
    y: int
    x: int


@dataclass(frozen=True)
class Matrix:
    """Who agrees with whom, as a picture of squares of ``size``."""

    width: int
    height: int
    size: int
    left: int
    names: tuple[MatrixName, ...]
    cells: tuple[MatrixCell, ...]


@require_safe
@project_page(Action.METRICS_READ)
def agreement(request: PageRequest, project: Project) -> HttpResponse:
    from learning.selectors.people_agreement import lowest  # noqa: PLC0415  # SciPy, for this page alone

    found, name = told(project, AGREEMENT), name_of(request)
    if found.is_counting:
        sees_members = Permission.REVIEW in permissions(request)
        context: dict[str, Any] = {"project": project, "told": found, "sees_members": sees_members}
        return render(request, "pages/people/agreement.html", {**context, "agreement_url": request.path})
    report: AgreementReport = found.content
    names = [name(one) for one in report.people]
    context = {
        "project": project,
        "told": found,
        "report": report,
        "overall_words": in_words(report.overall),
        "labels": [(name, found, in_words(found)) for name, found in report.labels],
        "matrix": matrix_of(report, names) if len(names) > 2 else None,
        "shades": KEY,
        "lowest": [(names[pair.one], names[pair.other], in_words(pair.found)) for pair in lowest(report)],
        "agreement_url": request.path,
        "sees_members": Permission.REVIEW in permissions(request),
    }
    return render(request, "pages/people/agreement.html", context)


def in_words(found: AlphaFound) -> str:
    """Alpha with its interval and the number of items, or why there is none."""
    if found.estimate is None:
        return found.words
    value, n = number_words(found.estimate.value, 2), f"{found.n:,} item{'s' if found.n != 1 else ''}"
    return f"{value} ({interval_words(found.estimate.low, found.estimate.high, found.n, 2)}, {n})"


def matrix_of(report: AgreementReport, names: list[str]) -> Matrix:
    """Both halves: the cell of two people is found from either."""
    cells = []
    for pair in report.pairs:
        title = f"{names[pair.one]} and {names[pair.other]}: {in_words(pair.found)}"
        shade = shade_of(pair.found)
        for row, column in ((pair.one, pair.other), (pair.other, pair.one)):
            cells.append(MatrixCell(NAMES_WIDTH + column * CELL, NUMBERS_HEIGHT + row * CELL, shade, title))
    return Matrix(
        width=NAMES_WIDTH + len(names) * CELL,
        height=NUMBERS_HEIGHT + len(names) * CELL,
        size=CELL - 2,
        left=NAMES_WIDTH,
        names=tuple(
            MatrixName(
                n + 1, name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…",
                NUMBERS_HEIGHT + n * CELL + CELL // 2, NAMES_WIDTH + n * CELL + CELL // 2,
            )
            for n, name in enumerate(names)
        ),
        cells=tuple(cells),
    )  # fmt: skip


def shade_of(found: AlphaFound) -> str:
    """``none`` where alpha is undefined or rests on too few items to say anything."""
    if found.estimate is None or found.n < TOO_FEW:
        return "none"
    value = found.estimate.value
    return str(min(int(value * 5) + 1, 5)) if value >= 0 else "0"
