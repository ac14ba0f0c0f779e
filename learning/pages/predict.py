"""Try the model: a text, a table row or a picture is asked about from the browser, as any program asks."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling.kinds import kind_of
from labeling.models import Action, Item, Modality, Project, Split
from labeling.pages.decorators import PageRequest, project_page
from learning.models import ModelVersion

VERSIONS_SHOWN = 50
_LONGEST_EXAMPLE = 60


@require_safe
@project_page(Action.MODELS_PREDICT)
def try_model(request: PageRequest, project: Project) -> HttpResponse:
    """The form and where its answer stands. Asked with the number of a model, what is tried becomes no item and counts
    in no release."""
    versions = ModelVersion.objects.filter(project=project).defer("report", "metrics", "baselines", "labels")
    in_use = versions.in_use()
    student = in_use.students.filter(stands_in=True, dropped_at=None).first() if in_use else None
    named = [version.pk for version in (in_use, student) if version]
    others = versions.with_file().exclude(pk__in=named).newest_first() if in_use else versions.none()
    context = {
        "project": project,
        "is_served": kind_of(project).learned_as is not None,
        "in_use": in_use,
        "student": student,
        "others": others[:VERSIONS_SHOWN],
        "is_picture": project.modality == Modality.IMAGE,
        "columns": _columns(project) if project.modality == Modality.TABULAR else [],
        "max_bytes": settings.IMPORT_MAX_IMAGE_BYTES,
        # addresses of numbers that the page learns with the answer
        "item_url": reverse("pages:item", args=[project.slug, 0]),
        "model_url": reverse("learning-pages:model", args=[project.slug, 0]),
    }
    return render(request, "pages/predict/index.html", context)


def _columns(project: Project) -> list[dict[str, Any]]:
    """The columns of the table in their order, each with what stands in it in the first item of the pool."""
    first = Item.objects.filter(project=project, split=Split.POOL).order_by("ordinal").only("data").first()
    found = first.data if first else {}
    return [
        {
            "name": name,
            "example": "" if (value := found.get(name)) is None else str(value)[:_LONGEST_EXAMPLE],
            "is_number": isinstance(value, int | float) and not isinstance(value, bool),
        }
        for name in project.columns
    ]
