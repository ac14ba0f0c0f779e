"""Files of rows that the model answers in the background: one is sent, how far they are, what was answered."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.kinds import kind_of
from labeling.models import Action, JobRecordQuerySet, Modality, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.imports.errors import ImportRefused
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion
from learning.services.prediction_files.result import FORMATS
from learning.services.prediction_files.start import cancel_file, files_of, start_file

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.MODELS_PREDICT)
def prediction_files(request: PageRequest, project: Project) -> HttpResponse:
    """POST takes a ``file``, or cancels one by its ``cancel``."""
    if request.method == "POST":
        try:
            _change(request, project)
        except (Invalid, ImportRefused) as refused:
            messages.error(request, refused.reason)
        return redirect("learning-pages:prediction-files", project.slug)
    return render(request, "pages/prediction_files/index.html", _context(request, project))


def _change(request: PageRequest, project: Project) -> None:
    """Raises Invalid, ImportRefused, Http404."""
    if named := request.POST.get("cancel"):
        try:
            public_id = UUID(named)
        except ValueError:
            raise Invalid("cancel", "Choose a file of the list.") from None
        cancel_file(request.user, get_object_or_404(_rows(request, project), public_id=public_id))
        return
    if not (file := request.FILES.get("file")):
        raise Invalid("file", "Choose a file first.")
    start_file(request.user, project, file, file.name or "rows", force="force" in request.POST)


def _rows(request: PageRequest, project: Project) -> JobRecordQuerySet:
    return files_of(request.user, project).select_related("project", "model_version", "asked_by")


def _context(request: PageRequest, project: Project) -> dict[str, object]:
    found = list(_rows(request, project)[:SHOWN])
    return {
        "project": project,
        "files": found,
        "is_under_way": any(not one.is_finished for one in found),
        "formats": list(FORMATS),
        "is_served": kind_of(project).learned_as is not None,
        "has_model": ModelVersion.objects.filter(project=project).in_use() is not None,
        "takes": "a zip of pictures, or a parquet file with them" if project.modality == Modality.IMAGE
        else "csv, jsonl, json or parquet, as you would import it",
    }  # fmt: skip


@require_safe
@project_page(Action.MODELS_PREDICT)
def prediction_files_fragment(request: PageRequest, project: Project) -> HttpResponse:
    """How far they are."""
    return render(request, "pages/prediction_files/_list.html", _context(request, project))
