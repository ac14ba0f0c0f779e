"""What was answered: the predictions of a project's models, by filters, with what became of each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Modality, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.label_names import label_names
from learning.models import Band, FeedbackForm, ModelVersion, PredictionCaller, PredictionFeedback, ServedStatus
from learning.models.prediction_caller import caller_key
from learning.selectors.prediction_callers import caller_name
from learning.selectors.served_predictions import LOOKED_AT, ServedView, look_at_served

MODELS_SHOWN = 50
CALLERS_SHOWN = 100
_WORDS = {
    ServedStatus.OK.value: ("Decided", "badge--good"),
    ServedStatus.UNSURE.value: ("Unsure", "badge--warn"),
    ServedStatus.OUTLIER.value: ("Outlier", "badge--bad"),
}


@require_safe
@project_page(Action.SERVED_READ)
def prediction_list(request: PageRequest, project: Project) -> HttpResponse:
    """``ServedView`` says what may stand in the address."""
    view = ServedView.from_address(request.GET)
    found = look_at_served(project, view)
    kind, names = kind_of(project), label_names(project)
    callers = PredictionCaller.objects.filter(project=project).select_related("token", "user")[:CALLERS_SHOWN]
    called = {row.caller: caller_name(row) for row in callers}

    def said(answer: Any) -> str:
        return kind.flat(names.named(answer)) or "none" if answer else ""

    rows = [
        {
            "row": row,
            "words": _WORDS[row.status][0],
            "sort": _WORDS[row.status][1],
            "said": said(row.answer),
            "sure": None if row.sure is None else 100 * row.sure,
            "caller": _caller(row, called),
            "item": found.items.get(row.content_hash),
            "feedback": _feedback_words(found.feedback.get(row.pk, ()), said),
        }
        for row in found.rows
    ]
    versions = ModelVersion.objects.filter(project=project).newest_first()
    context = {
        "project": project,
        "view": view,
        "rows": rows,
        "older": view.but(before=found.older).address if found.older else "",
        "newest": view.but().address if view.before else "",
        "counts": _counts(view, found.counts),
        "looked_at": found.looked_at if found.looked_at >= LOOKED_AT else None,
        "is_filtered": bool(view.filters),
        "bands": Band.values,
        "labels": [names.name(key) for key in project.labels.in_use().all_keys()],
        "models": list(versions.values_list("number", flat=True)[:MODELS_SHOWN]),
        "callers": called.items(),
        "as_gallery": project.modality == Modality.IMAGE,
        "days": settings.RETAIN_PREDICTIONS_DAYS,
        "is_served": kind.learned_as is not None,
    }
    return render(request, "pages/predictions/index.html", context)


def _counts(view: ServedView, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Links that choose a status, and one for all of them."""
    every = [
        {"words": "All", "n": sum(counts.values()), "url": view.but(status="").address, "is_chosen": not view.status}
    ]
    return every + [
        {
            "words": words,
            "n": counts.get(status, 0),
            "url": view.but(status=status).address,
            "is_chosen": view.status == status,
        }
        for status, (words, _) in _WORDS.items()
    ]


def _caller(row: Any, called: Mapping[str, str]) -> str:
    known = called.get(caller_key(row.asked_by_id, row.token_id))
    if known:
        return known
    if row.token is not None:
        return f"the token {row.token.prefix}…"
    return row.asked_by.username if row.asked_by is not None else "nobody who is known any more"


def _feedback_words(said: Sequence[PredictionFeedback], words: Callable[[Any], str]) -> str:
    """The newest thing that was said, and how much more there is."""
    if not said:
        return ""
    last = said[-1]
    match FeedbackForm(last.form):
        case FeedbackForm.LABEL:
            told = f"it is {words(last.answer)}"
        case FeedbackForm.RIGHT:
            told = "right" if last.positive else "wrong"
        case FeedbackForm.CLICKED:
            told = "clicked" if last.positive else "not clicked"
    return told if len(said) == 1 else f"{told}, and {len(said) - 1} more"
