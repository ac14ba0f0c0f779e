"""What waits for reviewers as a list: many items are accepted at once, looked at before and undone as one."""

import uuid
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling.kinds import kind_of
from labeling.models import Action, ItemStatus, Project, ReviewEntry, ReviewSort
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import name_of
from labeling.selectors.comments import commented, open_threads
from labeling.selectors.reviewing import entries_json, newest_batches, waiting_by_sort
from labeling.services.review.bulk import LEFT_OUT, MAX_ITEMS, accept_many, in_words, look_at, undo_batch
from labeling.services.review.queue import fill
from labeling.services.validation.errors import Invalid

ROWS_SHOWN = 100
FIRST_COLUMNS = 6


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.REVIEWS_READ, Action.REVIEWS_DECIDE)
def review_list(request: PageRequest, project: Project) -> HttpResponse:
    """``?sort=`` has those of one sort. A POST looks at the ticked ones or all of the list (``do=look``, ``all``),
    accepts them (``accept``) or undoes a batch (``undo``)."""
    if not kind_of(project).answers_are_of_items:
        raise Http404("Judgments of pairs are not reviewed.")
    chosen = request.POST.get("sort") or request.GET.get("sort", "")
    chosen = chosen if chosen in ReviewSort.values and chosen != ReviewSort.BLIND else ""
    here = reverse("pages:review-list", args=[project.slug]) + (f"?sort={chosen}" if chosen else "")
    if request.method == "POST":
        try:
            shown = _do(request, project, chosen, here)
        except Invalid as refused:
            messages.error(request, refused.reason)
            shown = None
        return shown or redirect(here)
    fill(project)
    counts = waiting_by_sort(project) | {ReviewSort.BLIND: 0}
    context = {
        "project": project,
        "rows": _rows(request, project, chosen),
        "chosen": chosen,
        "sorts": [(sort.value, sort.label, counts[sort]) for sort in ReviewSort if counts[sort] or sort == chosen],
        "total": counts[chosen] if chosen else sum(counts.values()),
        "most": MAX_ITEMS,
        "batches": newest_batches(project),
        "threads": open_threads(project),
        "commented": commented(project),
    }
    return render(request, "pages/review/list.html", context)


def _entries(project: Project, sort: str) -> Any:
    """All but those that are decided without seeing what was said."""
    rows = ReviewEntry.objects.filter(project=project, item__status=ItemStatus.ACTIVE).in_order()
    rows = rows.exclude(sort=ReviewSort.BLIND)
    return rows.filter(sort=sort) if sort else rows


def _rows(request: PageRequest, project: Project, sort: str) -> list[dict[str, Any]]:
    entries = list(_entries(project, sort).select_related("item__asset")[:ROWS_SHOWN])
    if not entries:
        return []
    found = look_at(request.user, project, [entry.item_id for entry in entries])
    flat = kind_of(project).flat
    rows = []
    for entry, told in zip(entries, entries_json(project, entries, name_of(request)), strict=True):
        reason = found.left_out.get(entry.item_id, "")
        rows.append(
            {
                "entry": entry,
                "item": entry.item,
                "fields": project.in_column_order(entry.item.data)[:FIRST_COLUMNS],
                "said": Counter(one["words"] or "none" for one in told["answers"]).most_common(),
                "accepted": (flat(told["accepted"]) or "none") if told["accepted"] else "",
                "why_not": LEFT_OUT.get(reason, ""),
            }
        )
    return rows


def _do(request: PageRequest, project: Project, sort: str, here: str) -> HttpResponse | None:
    """A page, or None for what is done. Raises Invalid."""
    match request.POST.get("do"):
        case "undo":
            _undo(request, project)
        case "accept":
            _accept(request, project)
        case _:
            return _look(request, project, sort, here)
    return None


def _look(request: PageRequest, project: Project, sort: str, here: str) -> HttpResponse | None:
    if "all" in request.POST:
        ids = list(_entries(project, sort).values_list("item", flat=True)[:MAX_ITEMS])
    else:
        ids = _numbers(request.POST.getlist("item"))
    if not ids:
        messages.error(request, "Tick the items that this is about first.")
        return None
    found = look_at(request.user, project, ids)
    reasons = Counter(found.left_out.values())
    context = {
        "project": project,
        "here": here,
        "chosen": sort,
        "n": len(found.accepted),
        "answers": in_words(project, found),
        "left_out": [(words, reasons[reason]) for reason, words in LEFT_OUT.items() if reasons[reason]],
        "n_left_out": len(found.left_out),
        "items": ",".join(map(str, found.accepted)),
        "last_annotation": found.last_annotation,
        "batch": uuid.uuid4().hex,
    }
    return render(request, "pages/review/bulk.html", context)


def _accept(request: PageRequest, project: Project) -> None:
    (newest,) = _numbers([request.POST.get("last_annotation", "")]) or [0]
    ids, batch = _numbers(request.POST.get("items", "").split(",")), request.POST.get("batch", "")
    found = accept_many(request.user, project, ids, batch=batch, last_annotation=newest)
    if found.accepted:
        told = ", ".join(f"{n:,} {answer}" for answer, n in in_words(project, found)[:10])
        messages.success(request, f"{_items(len(found.accepted))} accepted: {told}. It can be undone below.")
    if found.left_out:
        reasons = Counter(LEFT_OUT[reason] for reason in found.left_out.values())
        told = "; ".join(f"{n:,}: {words}" for words, n in reasons.items())
        messages.warning(request, f"{_items(len(found.left_out))} left out. {told}.")


def _undo(request: PageRequest, project: Project) -> None:
    undone = undo_batch(request.user, project, request.POST.get("batch", ""))
    messages.success(request, f"Undone: {_items(len(undone.items))} as before.")
    if undone.left_out:
        messages.warning(request, f"{_items(len(undone.left_out))} left as decided: another decision followed.")


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) <= 18]


def _items(n: int) -> str:
    return f"{n:,} item" if n == 1 else f"{n:,} items"
