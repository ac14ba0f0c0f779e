"""Looking through the items, and at what happened to one of them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Because, Item, ItemStatus, Permission, Project, Split
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.gold import gold_of
from labeling.pages.navigation import permissions
from labeling.pages.refusals import not_saved, telling_refusals
from labeling.selectors.comments import thread
from labeling.selectors.items import answers_of, asked_as_gold, browse, history
from labeling.selectors.label_names import label_names
from labeling.services.items import status as service
from labeling.services.items.doubted import ask_somebody_else
from labeling.services.review.comments import comment, resolve, sent_back_to
from labeling.services.validation.errors import Invalid

FIRST_COLUMNS = 6
ITEMS_PER_PAGE = 50
MAX_QUERY = 200
NAMES_OF_FILTERS = ("split", "status", "because", "answered", "label", "q")
ANSWERED = {"yes": True, "no": False}


@dataclass(frozen=True)
class Page:
    """Items after or before an ordinal: the cost of the thousandth page is that of the first."""

    items: list[Item]
    newer: str = ""
    older: str = ""


@require_safe
@project_page(Action.ITEMS_READ)
def items(request: PageRequest, project: Project) -> HttpResponse:
    chosen = {name: request.GET.get(name, "")[:MAX_QUERY] for name in NAMES_OF_FILTERS}
    found = browse(
        project,
        split=chosen["split"],
        status=chosen["status"],
        answered=ANSWERED.get(chosen["answered"]),
        label=chosen["label"],
        q=chosen["q"].strip(),
        because=chosen["because"],
    )
    page = page_of(found, request.GET.get("after", ""), request.GET.get("before", ""), chosen)
    context = {
        "project": project,
        "page": page,
        "rows": _rows(project, page.items),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "splits": Split.choices,
        "statuses": ItemStatus.choices,
        "becauses": Because.choices,
        "labels": project.labels.all(),
    }
    return render(request, "pages/items/index.html", context)


def page_of(found: QuerySet[Item], after: str, before: str, chosen: dict[str, str]) -> Page:
    """The next items after ``after``, or the last ones before ``before``, with the queries of both neighbours."""
    start, end = _ordinal(after), _ordinal(before)
    backwards = end is not None
    if backwards:
        rows = list(found.filter(ordinal__lt=end).order_by("-ordinal")[: ITEMS_PER_PAGE + 1])
    else:
        rows = list(found.filter(ordinal__gt=-1 if start is None else start)[: ITEMS_PER_PAGE + 1])
    more = len(rows) > ITEMS_PER_PAGE
    rows = rows[:ITEMS_PER_PAGE]
    if backwards:
        rows.reverse()
    if not rows:
        return Page(rows)
    kept = {name: value for name, value in chosen.items() if value}
    has_next = more or backwards
    has_previous = more if backwards else start is not None
    return Page(
        items=rows,
        newer=urlencode({**kept, "before": rows[0].ordinal}) if has_previous else "",
        older=urlencode({**kept, "after": rows[-1].ordinal}) if has_next else "",
    )


def _ordinal(given: str) -> int | None:
    """The ordinal in an address; None for what no item can have."""
    return int(given) if given.isdecimal() and len(given) <= 18 else None


def _rows(project: Project, found: list[Item]) -> list[dict[str, Any]]:
    kind, names = kind_of(project), label_names(project)
    answers, gold = answers_of(found), asked_as_gold(found)
    return [
        {
            "item": item,
            "asked_as_gold": item.pk in gold,
            "fields": project.in_column_order(item.data)[:FIRST_COLUMNS],
            "answers": [kind.flat(names.named(row.answer)) for row in answers[item.pk] if row.answer is not None],
        }
        for item in found
    ]


def _item(project: Project, pk: int) -> Item:
    item = get_object_or_404(Item.objects.select_related("asset", "batch"), project=project, pk=pk)
    item.project = project
    return item


@require_safe
@project_page(Action.ITEMS_READ)
def item(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    shown = _item(project, pk)
    reviews = Permission.REVIEW in permissions(request)
    comments = thread(shown) if reviews else []
    around = Item.objects.filter(project=project)
    context = {
        "project": project,
        "item": shown,
        "events": history(shown),
        "fields": project.in_column_order(shown.data),
        "asked_as_gold": bool(asked_as_gold([shown])),
        "n_answers": len(answers_of([shown])[shown.pk]),
        "gold": gold_of(shown) if reviews else None,
        "comments": comments,
        "has_open": any(one.is_open for one in comments),
        "has_resolved": any(one.resolved_at for one in comments),
        "sent_back": list(sent_back_to(project, pk)) if reviews else [],
        "previous": around.filter(ordinal__lt=shown.ordinal).order_by("-ordinal").values_list("pk", flat=True).first(),
        "next": around.filter(ordinal__gt=shown.ordinal).order_by("ordinal").values_list("pk", flat=True).first(),
    }
    return render(request, "pages/items/one.html", context)


@require_POST
@project_page(Action.REVIEWS_DECIDE)
def item_comment(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    with telling_refusals(request, not_saved):
        made = comment(request.user, project, pk, request.POST.get("text", ""), request.POST.get("to", ""))
        readers = f"reviewers and {made.addressee.get_username()}" if made.addressee else "reviewers"
        messages.success(request, f"The comment is there for {readers}.")
    return redirect(f"{reverse('pages:item', args=[project.slug, pk])}#comments")


@require_POST
@project_page(Action.REVIEWS_DECIDE)
def item_comments_resolve(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    resolve(request.user, project, pk, is_resolved="open" not in request.POST)
    return redirect(f"{reverse('pages:item', args=[project.slug, pk])}#comments")


@require_POST
@project_page(Action.ITEMS_SET_ASIDE)
def item_restore(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    service.restore(request.user, _item(project, pk))
    messages.success(request, "The item is back: it will be asked about where it lacks answers.")
    return redirect("pages:item", project.slug, pk)


@require_POST
@project_page(Action.ITEMS_SET_ASIDE)
def item_set_aside(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    service.set_aside(request.user, _item(project, pk))
    messages.success(request, "The item is set aside: nobody is asked about it until it is restored.")
    return redirect("pages:item", project.slug, pk)


@require_POST
@project_page(Action.ITEMS_ASK_AGAIN)
def item_ask_again(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    try:
        asked = ask_somebody_else(request.user, project, [_item(project, pk).pk])
    except Invalid as refused:
        messages.error(request, refused.reason)
    else:
        if asked:
            messages.success(
                request, "Somebody else is asked about the item, before anything else the next ranking puts."
            )
        else:
            messages.warning(
                request,
                "Nobody else can be asked: everybody who labels here has been, or somebody is being asked already.",
            )
    return redirect("pages:item", project.slug, pk)
