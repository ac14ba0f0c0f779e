"""Items whose true answer is known: the list of them with how people did, and making one of an item."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling.kinds import InvalidAnswer, LabelNames, Question, QuestionKind, kind_of
from labeling.models import Action, Item, KnownAnswer, Project, Split
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.people import agreement_page
from labeling.selectors.known_answers import NOBODY_YET, GoldAnswers, answers_to_gold, suspicious
from labeling.selectors.label_names import label_names
from labeling.services.quality.known_answers import make_gold, remove_gold
from labeling.services.validation.errors import Invalid

GOLD_PER_PAGE = 50
FIRST_COLUMNS = 6
SUSPICIOUS = "suspicious"


@dataclass(frozen=True)
class GoldRow:
    known: KnownAnswer
    answer: str
    fields: list[tuple[str, Any]]
    tested: GoldAnswers


@require_safe
@project_page(Action.GOLD_READ)
def gold(request: PageRequest, project: Project) -> HttpResponse:
    """``?show=suspicious`` has those that most people contradict; ``?before=`` goes on."""
    if not kind_of(project).answers_are_of_items:
        raise Http404("Gold of pairs comes with imports.")
    chosen = request.GET.get("show", "")
    doubted = suspicious(project)
    rows = KnownAnswer.objects.filter(project=project)
    n_known, n_asked = rows.count(), rows.filter(item__split=Split.POOL).count()
    if chosen == SUSPICIOUS:
        rows = rows.filter(item__in=doubted)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows.select_related("item__asset", "made_by").order_by("-pk")[: GOLD_PER_PAGE + 1])
    shown = page[:GOLD_PER_PAGE]
    kept = {"show": chosen} if chosen else {}
    context = {
        "project": project,
        "rows": _rows(project, shown),
        "n_known": n_known,
        "n_asked": n_asked,
        "doubted": doubted,
        "chosen": chosen,
        "older": urlencode({**kept, "before": shown[-1].pk}) if len(page) > GOLD_PER_PAGE else "",
        "agreement_url": agreement_page(project),
    }
    return render(request, "pages/gold/index.html", context)


def _rows(project: Project, shown: list[KnownAnswer]) -> list[GoldRow]:
    kind, names = kind_of(project), label_names(project)
    tested = answers_to_gold(project, [row.item_id for row in shown])
    return [
        GoldRow(
            row,
            kind.flat(names.named(row.answer)),
            project.in_column_order(row.item.data)[:FIRST_COLUMNS],
            tested.get(row.item_id, NOBODY_YET),
        )
        for row in shown
    ]


def gold_of(item: Item) -> dict[str, Any]:
    """What the panel on an item's page needs."""
    kind, names = kind_of(item.project), label_names(item.project)
    known = KnownAnswer.objects.filter(item=item).select_related("made_by").first()
    answer = names.named(known.answer) if known else None
    return {
        "known": known,
        "flat": kind.flat(answer) if answer else "",
        "given": [str(label) for label in kind.labels_of(answer)] if answer else [],
        "labels": list(item.project.labels.names()),
        "takes_several": kind.label_type == "list",
        "is_of_items": kind.answers_are_of_items,
    }


@require_POST
@project_page(Action.GOLD_CHANGE)
def item_gold(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    item = _item(project, pk)
    try:
        answer = _answer(kind_of(project), project, request.POST.getlist("label"))
        made = make_gold(request.user, item, answer, request.POST.get("explanation", ""))
    except Invalid as refused:
        messages.error(request, refused.reason)
    else:
        told = kind_of(project).flat(label_names(project).named(made.answer)) or "none of the labels"
        messages.success(request, f"Gold: the true answer is known to be {told}.")
    return redirect("pages:item", project.slug, pk)


@require_POST
@project_page(Action.GOLD_CHANGE)
def item_gold_remove(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    if remove_gold(request.user, _item(project, pk)):
        messages.success(request, "The item is gold no more. Answers that people gave stay.")
    return redirect("pages:item", project.slug, pk)


def _answer(kind: QuestionKind, project: Project, labels: list[str]) -> dict[str, Any]:
    """Of what was ticked. Raises Invalid."""
    if kind.label_type != "list" and len(labels) != 1:
        raise Invalid("answer", "Choose the answer that is true.")
    value = labels if kind.label_type == "list" else labels[0]
    try:
        return kind.answer_from_import(value, Question(LabelNames(project.labels.names())))
    except InvalidAnswer as error:
        raise Invalid("answer", error.reason) from error


def _item(project: Project, pk: int) -> Item:
    item: Item = get_object_or_404(Item, project=project, pk=pk)
    item.project = project
    return item
