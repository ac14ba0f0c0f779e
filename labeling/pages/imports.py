"""Bringing items in: upload, progress while it runs, what was rejected and why."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labeling.kinds import kind_of
from labeling.models import (
    Action,
    ImportBatch,
    ImportDraft,
    ImportRejection,
    Modality,
    Permission,
    Progress,
    Project,
    Split,
)
from labeling.pages.charts import Meter
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.import_form import ImportForm
from labeling.pages.navigation import permissions
from labeling.selectors.importing import notes_of, rejected_alike, why_unlisted
from labeling.services.exports.delimited import neutral
from labeling.services.imports import ImportRefused, start_import
from labeling.services.imports.certificate import certificate_of
from labeling.services.imports.drafts import drop_draft, keep_draft
from labeling.services.imports.look import columns_in
from labeling.services.serving.sources import source_of

IMPORTS_PER_PAGE = 20
REJECTIONS_PER_PAGE = 50
CHUNK_REJECTIONS = 2000


@require_http_methods(["GET", "POST"])
@project_page(Action.IMPORTS_READ, Action.IMPORTS_START)
def imports(request: PageRequest, project: Project) -> HttpResponse:
    sent = request.method == "POST"
    form = ImportForm(request.POST, request.FILES, project=project) if sent else ImportForm(project=project)
    status = 200
    if sent:
        if form.is_valid():
            try:
                taken = _taken_in(request, project, form, looks="look" in request.POST)
                page = "pages:import-draft" if isinstance(taken, ImportDraft) else "pages:import"
                return redirect(page, project.slug, taken.public_id)
            except ImportRefused as error:
                if draft := _look_instead(request, project, form):
                    return redirect(reverse("pages:import-draft", args=[project.slug, draft.public_id]) + "?choose")
                form.add_error(form.source, error.reason)
                status = 413 if error.too_large else 400
        else:
            status = 400
    batches = ImportBatch.objects.filter(project=project).select_related("created_by").newest_first()
    context = {
        "project": project,
        "form": form,
        "page": Paginator(batches, IMPORTS_PER_PAGE).get_page(request.GET.get("page")),
        "max_bytes": settings.IMPORT_MAX_BYTES,
        "max_rows": settings.IMPORT_MAX_ROWS,
        "max_pixels": settings.IMPORT_MAX_IMAGE_PIXELS,
        "is_image": project.modality == Modality.IMAGE,
    }
    return render(request, "pages/imports/index.html", context, status=status)


def _look_instead(request: PageRequest, project: Project, form: ImportForm) -> ImportDraft | None:
    """What was refused as a draft, where it has columns: there it can be said what they are for."""
    try:
        draft = _taken_in(request, project, form, looks=True)
    except ImportRefused:
        return None
    assert isinstance(draft, ImportDraft)
    with suppress(ImportRefused), default_storage.open(draft.path, "rb") as file:
        if columns_in(file, project, draft.format, draft.file_name, draft.options):
            return draft
    drop_draft(draft)
    return None


def _taken_in(request: PageRequest, project: Project, form: ImportForm, *, looks: bool) -> ImportBatch | ImportDraft:
    """The upload as an import, or as a draft where the person wants to look at it first."""
    given = form.cleaned_data
    upload, options = given["file"], form.options()
    if not upload and given["pasted_as"] == "lines":
        rows = [{"text": line.strip()} for line in given["pasted"].splitlines() if line.strip()]
        if not looks:
            return start_import(request.user, project, rows=rows, file_name="pasted", options=options)
        lines = b"\n".join(map(orjson.dumps, rows))
        return keep_draft(request.user, project, file=ContentFile(lines), file_name="pasted.jsonl", options=options)
    name, shape = (upload.name, None) if upload else (f"pasted.{given['pasted_as']}", given["pasted_as"])
    file = upload or ContentFile(given["pasted"].encode(), name=name)
    take = keep_draft if looks else start_import
    return take(request.user, project, file=file, file_name=name, format=shape, options=options)


@require_safe
@project_page(Action.IMPORTS_READ)
def import_(request: PageRequest, project: Project, public_id: Any) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, project=project, public_id=public_id)
    context = {"project": project, "batch": batch, **_progress(batch), **_what_then(request, project)}
    if request.headers.get("HX-Request") and "progress" in request.GET:
        return render(request, "pages/imports/_progress.html", context)
    context["page"] = rejected_alike(batch, REJECTIONS_PER_PAGE, request.GET.get("page"))
    context["why_unlisted"] = why_unlisted(batch)
    context["certificate"] = certificate_of(batch) if batch.is_finished else None
    return render(request, "pages/imports/one.html", context)


def _progress(batch: ImportBatch) -> dict[str, Any]:
    dealt_with = batch.accepted + batch.duplicates + batch.rejected
    meter = Meter.of(dealt_with, batch.total) if batch.total else None
    return {"dealt_with": dealt_with, "meter": meter, "notes": notes_of(batch)}


def _what_then(request: PageRequest, project: Project) -> dict[str, bool]:
    """What can be done with what is in already: nobody has to wait for the end of a large import."""
    has_labels = not kind_of(project).has_labels or project.labels.in_use().exists()
    may_label = Permission.LABEL in permissions(request) and project.archived_at is None
    counts, source = Progress.objects.get(project=project), source_of(project)
    open_now = any(getattr(counts, source.size_column(split)) for split in Split.values)
    return {"lacks_labels": not has_labels, "may_start": may_label and open_now}


@require_safe
@project_page(Action.IMPORTS_READ)
def rejections_csv(request: PageRequest, project: Project, public_id: Any) -> StreamingHttpResponse:
    """All rejections of an import as csv, streamed."""
    batch = get_object_or_404(ImportBatch, project=project, public_id=public_id)
    response = StreamingHttpResponse(_csv_lines(batch), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-rejections-{batch.pk}.csv"'
    return response


class _Echo:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(batch: ImportBatch) -> Iterator[str]:
    """In chunks by row number: a stream goes on in whichever thread is free, so it may keep no cursor open."""
    writer = csv.writer(_Echo())
    yield writer.writerow(["row", "name", "field", "reason"])
    rows = ImportRejection.objects.filter(batch=batch).order_by("row").values_list("row", "name", "field", "reason")
    last = -1
    while chunk := list(rows.filter(row__gt=last)[:CHUNK_REJECTIONS]):
        last = chunk[-1][0]
        for row, *texts in chunk:
            yield writer.writerow([row, *map(neutral, texts)])
