"""The eval items behind a cell of the confusion matrix, and those a version got wrong."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from labeling.models import Action, Item, Project
from labeling.pages.decorators import PageRequest, project_page
from learning.families.labels import eval_answers
from learning.models import ModelVersion
from learning.services import files

ITEMS_PER_PAGE = 50
FIRST_COLUMNS = 6


@require_safe
@project_page(Action.MODELS_READ)
def mistakes(request: PageRequest, project: Project, number: int) -> HttpResponse:
    """``?truth=&answer=`` (numbers of labels) is one cell; without them everything it got wrong. ``?page=`` from 1."""
    version = get_object_or_404(ModelVersion.objects.filter(project=project), number=number)
    cell = _cell(request, len(version.labels))
    context: dict[str, Any] = {"project": project, "version": version, "cell": cell}
    try:
        kept = eval_answers.load(version)
    except files.Corrupt:
        return render(request, "pages/models/mistakes.html", context | {"is_damaged": True})
    if kept is None:
        return render(request, "pages/models/mistakes.html", context | {"is_unknown": True})
    rows = kept.wrong() if cell is None else kept.in_cell(*cell)
    page = _whole(request.GET.get("page", "1")) or 1
    shown = rows[(page - 1) * ITEMS_PER_PAGE : page * ITEMS_PER_PAGE]
    items = {
        item.ordinal: item
        for item in Item.objects.filter(
            project=project, ordinal__in=[int(kept.ordinals[row]) for row in shown]
        ).select_related("asset")
    }
    found = []
    for row in shown:
        item = items.get(int(kept.ordinals[row]))
        if item is not None:
            found.append(
                {
                    "item": item,
                    "fields": project.in_column_order(item.data)[:FIRST_COLUMNS],
                    "truth": version.label_names[kept.truth[row]],
                    "answer": version.label_names[kept.answer[row]],
                    "confidence": float(kept.confidence[row]),
                }
            )
    context |= {
        "rows": found,
        "n": len(rows),
        "n_eval": len(kept.ordinals),
        "names": [version.label_names[label] for label in cell] if cell else None,
        "previous": page - 1 if page > 1 else None,
        "next": page + 1 if page * ITEMS_PER_PAGE < len(rows) else None,
    }
    return render(request, "pages/models/mistakes.html", context)


def _cell(request: PageRequest, n_labels: int) -> tuple[int, int] | None:
    given = [request.GET.get(name, "") for name in ("truth", "answer")]
    if not any(given):
        return None
    truth, answer = (_whole(text) for text in given)
    if truth is None or answer is None or max(truth, answer) >= n_labels:
        raise Http404("No such label.")
    return truth, answer


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None
