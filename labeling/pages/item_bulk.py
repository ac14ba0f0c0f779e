"""Steps about the selected items of a view, or all of it: taken, told above the items, undone."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.kinds import kind_of
from labeling.kinds.page_keys import page_keys
from labeling.models import Action, BulkDo, BulkStep, Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import name_of, permissions
from labeling.selectors.access import may
from labeling.selectors.bulk_steps import ToldStep, answers_by_label, told_steps
from labeling.selectors.item_view import ItemView
from labeling.services.bulk import MANAGERS_STEPS, WHY, AsksFirst, Selection, begin, undo
from labeling.services.bulk.start import LEAVE_OUT
from labeling.services.validation.errors import Invalid

#: Keys that the page itself needs: a label with one of them has it on the labeling page only.
OWN_KEYS = frozenset("jkxg/?")
#: What may be done, in the order of the form.
WORDS = {
    BulkDo.LABEL: "Label as",
    BulkDo.ASK_AGAIN: "Ask again",
    BulkDo.REVIEW: "Send to review",
    BulkDo.NAME: "Name",
    BulkDo.SET_ASIDE: "Set aside",
    BulkDo.RESTORE: "Restore",
    BulkDo.GOLD: "Make gold",
    BulkDo.SELECT: "Export or snapshot",
}
_OF_ANSWERS = frozenset((BulkDo.LABEL, BulkDo.ASK_AGAIN, BulkDo.REVIEW, BulkDo.GOLD, BulkDo.SELECT))


def steps_for(request: PageRequest, project: Project) -> dict[str, str]:
    """The steps that the reader may take here, and undo, with their words."""
    allowed, kind = permissions(request), kind_of(project)
    return {
        str(do.value): words
        for do, words in WORDS.items()
        if (Permission.MANAGE if do in MANAGERS_STEPS else Permission.REVIEW) in allowed
        and (kind.answers_are_of_items or do not in _OF_ANSWERS)
        and (kind.is_one_label or do != BulkDo.NAME)
    }


def bulk_context(request: PageRequest, project: Project, view: ItemView, total: int | None) -> dict[str, Any]:
    """What the page of items shows to who may take steps; {} for others."""
    steps = steps_for(request, project)
    if not steps:
        return {}
    told = _told(request, project)
    is_own = bool(told) and told[0].step.created_by_id == request.user.pk
    answers = answers_by_label(project)
    keys = page_keys(project.labels.in_use(), kind_of(project), is_picture=False)
    usable = [[key for key in label["keys"] if key not in OWN_KEYS] for label in keys.labels]
    undo_keys = [key for key in keys.commands.get("undo", []) if key not in OWN_KEYS]
    labels = [
        {"name": label["name"], "keys": mine, "answer": answers[label["name"]]}
        for label, mine in zip(keys.labels, usable, strict=True)
        if label["name"] in answers
    ]
    boot = {
        "labels": labels,
        "undo": undo_keys,
        "urls": {"reviews": reverse("api:reviews", args=[project.slug])},
    }
    told_keys = [
        [["X"], "select the item"],
        [["Shift X"], "select up to it"],
        *([[key.upper() for key in label["keys"]], f"label {label['name']}"] for label in labels),
        [[key.upper() for key in undo_keys[:1]], "undo"],
    ]
    return {
        # a name is asked for above what is unknown
        "bulk_steps": {do: words for do, words in steps.items() if do != BulkDo.NAME},
        "bulk_keys": json.dumps(told_keys),
        "bulk_labels": list(answers),
        "bulk_view": view.but().address,
        "bulk_count": total,
        "bulk_boot": boot,
        "bulk_undo_key": undo_keys[0].upper() if undo_keys else "",
        "own_step": told[0] if is_own else None,
        "earlier_steps": told[1:] if is_own else told,
    }


@require_POST
@project_page(Action.ITEMS_BULK)
def items_bulk(request: PageRequest, project: Project) -> HttpResponse:
    """Takes the step, and goes back to the view; a page of its own asks first where something is to be said."""
    given = request.POST
    view = ItemView.from_address(QueryDict(given.get("view", "")))
    here = reverse("pages:items", args=[project.slug]) + (f"?{view.address}" if view.address else "")
    selection = _selection(request, project, view)
    do = given.get("step", "")
    try:
        step = begin(
            request.user,
            project,
            do,
            selection,
            answer=_answer(project, do, given.getlist("answer")),
            reason=given.get("reason", ""),
            eval_items=given.get("eval", ""),
            is_confirmed="confirmed" in given,
        )
    except AsksFirst as asked:
        return _ask(request, project, asked, selection, here)
    except Invalid as refused:
        messages.error(request, f"Nothing was done. {refused.reason}")
    else:
        if step.do == BulkDo.SELECT and step.is_finished:
            return redirect(f"{reverse('pages:export', args=[project.slug])}?selection={step.public_id}")
    return redirect(here)


@require_POST
@project_page(Action.ITEMS_BULK)
def items_bulk_undo(request: PageRequest, project: Project, public_id: UUID) -> HttpResponse:
    step = get_object_or_404(BulkStep, project=project, public_id=public_id)
    try:
        undo(request.user, project, step)
    except Invalid as refused:
        messages.error(request, refused.reason)
    view = ItemView.from_address(QueryDict(request.POST.get("view", "")))
    return redirect(reverse("pages:items", args=[project.slug]) + (f"?{view.address}" if view.address else ""))


@require_safe
@project_page(Action.ITEMS_BULK)
def items_bulk_told(request: PageRequest, project: Project) -> HttpResponse:
    """How far the reader's last step is: a fragment that asks for itself again while it is under way."""
    told = _told(request, project)
    own = told[0] if told and told[0].step.created_by_id == request.user.pk else None
    context = {"project": project, "own_step": own, "bulk_view": ItemView.from_address(request.GET).but().address}
    return render(request, "pages/items/_step.html", context)


def _told(request: PageRequest, project: Project) -> list[ToldStep]:
    return told_steps(project, request.user, dict(WHY), frozenset(steps_for(request, project)))


def _selection(request: PageRequest, project: Project, view: ItemView) -> Selection:
    given = request.POST
    if "all" not in given:
        ticked = [*given.getlist("item"), *given.get("items", "").split(",")]
        return Selection(tuple(int(pk) for pk in ticked if pk.isdecimal() and len(pk) <= 18))
    count = given.get("count", "")
    if not may(request.user, project, Action.GOLD_READ):
        view = view.but(gold="")
    return Selection(
        view=view, count=int(count) if count.isdecimal() and len(count) <= 18 else None, name_of=name_of(request)
    )


def _answer(project: Project, do: str, names: Sequence[str]) -> dict[str, Any] | None:
    """The answer that gives the label. Raises Invalid."""
    chosen = [name for name in names if name]
    if do == BulkDo.NAME and chosen:
        return {"label": chosen[0]}
    if do not in (BulkDo.LABEL, BulkDo.GOLD) or not chosen:
        return None
    found = answers_by_label(project).get(chosen[0])
    if found is None:
        raise Invalid("answer", "There is no such label.")
    return found


def _ask(request: PageRequest, project: Project, asked: AsksFirst, selection: Selection, here: str) -> HttpResponse:
    """What is to be said before the step is taken, with everything that was said already."""
    kept = [(name, value) for name in ("step", "view", "all") if (value := request.POST.get(name)) is not None]
    kept += [("answer", name) for name in request.POST.getlist("answer")]
    if selection.view is not None:
        kept.append(("count", str(asked.total)))
    else:
        kept.append(("items", ",".join(map(str, selection.ids))))
    context = {
        "project": project,
        "asked": asked,
        "kept": kept,
        "here": here,
        "words": WORDS.get(BulkDo(request.POST["step"]), ""),
        "answer": request.POST.get("answer", "") if request.POST["step"] in (BulkDo.LABEL, BulkDo.GOLD) else "",
        "n_left": asked.total - asked.n_eval,
        "leave_out": LEAVE_OUT,
        "may_say": may(request.user, project, Action.ITEMS_BULK_ALL),
    }
    return render(request, "pages/items/ask_first.html", context)
