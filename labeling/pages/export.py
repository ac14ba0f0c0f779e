"""The labeled data set: download it now, or keep a version of it for ever."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Action, BulkStep, Project, SchemeChange, Snapshot, Split
from labeling.models.source import ANSWER_SOURCES, SOURCES
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.navigation import permissions
from labeling.selectors.export import Filters
from labeling.selectors.label_scheme import words_of
from labeling.selectors.row_shapes import row_names_of, shapes_of
from labeling.services.exports import (
    DATA_SETS,
    FOLDERS,
    FORMATS,
    FolderFormat,
    check_fits,
    check_folder,
    check_format,
    check_some_left,
    checked_filters,
    checked_shape,
    data_sets_of,
    file_name,
)
from labeling.services.exports.certificate import certificate_of
from labeling.services.exports.snapshots import names_people, start_snapshot
from labeling.services.reports.named import EXPORT_ROWS
from labeling.services.reports.stored import told
from labeling.services.validation.errors import Invalid

SNAPSHOTS_PER_PAGE = 20
SCHEMES_SHOWN = 100
FILTERS = ("split", "source", "sources", "only", "scheme", "selection")


def chosen(project: Project, given: Any) -> dict[str, str]:
    """Format, rows and filters of a request; what the project does not have becomes the default."""
    choice = {"format": given.get("format", "jsonl"), "rows": given.get("rows", "annotations")}
    choice |= {name: given.get(name, "") for name in FILTERS}
    if hasattr(given, "getlist"):  # boxes of a form
        choice["sources"] = ",".join(given.getlist("sources"))
    try:
        checked_shape(choice["format"], choice["rows"])
        check_format(project, choice["format"])
        if made := DATA_SETS.get(choice["format"]):
            choice["rows"] = made.made_of
        check_fits(project, choice["rows"], checked_filters({name: choice[name] for name in FILTERS}))
        check_folder(project, choice["format"], choice["rows"])
    except Invalid as error:
        choice[error.field] = {"format": "jsonl", "rows": "annotations"}.get(error.field, "")
        return chosen(project, choice)
    return choice


def refusal_of(form: FolderFormat, project: Project) -> str:
    """Why the format fits none of the project's rows; "" where it fits some."""
    reasons = [form.refuse(project, rows) for rows in row_names_of(project)]
    return "" if "" in reasons else reasons[0]


def refused(project: Project, given: Any, choice: dict[str, str]) -> str:
    """Why the format that was asked for is not the one that is offered."""
    form = FOLDERS.get(given.get("format", ""))
    return form.refuse(project, choice["rows"]) if form and form.name != choice["format"] else ""


@require_safe
@project_page(Action.EXPORT)
def export(request: PageRequest, project: Project) -> HttpResponse:
    choice = chosen(project, request.GET)
    filters = {name: choice[name] for name in FILTERS if choice[name]}
    query = urlencode({"format": choice["format"], "rows": choice["rows"], **filters})
    url = f"{reverse('api:export', args=[project.slug])}?{query}"
    counting = checked_filters(filters)
    counted = told(project, EXPORT_ROWS, urlencode({"rows": choice["rows"], **filters}))
    context: dict[str, Any] = {
        "project": project,
        "chosen": choice,
        "shapes": shapes_of(project),
        "filters": filters,
        "rows": counted.content,
        "told": counted,
        "download": url,
        "absolute": request.build_absolute_uri(url),
        "file_name": file_name(project, choice["format"], choice["rows"]),
        "formats": FORMATS,
        "data_sets": data_sets_of(project),
        "folders": [(form, refusal_of(form, project)) for form in FOLDERS.values()],
        "refused": refused(project, request.GET, choice),
        "splits": Split.choices,
        "sources": {name: (SOURCES[name].words, name in counting.of_sources) for name in ANSWER_SOURCES},
        "nothing_left": _nothing_left(project, counting),
        "selection": BulkStep.objects.filter(public_id=counting.selection).first() if counting.selection else None,
        "schemes": _schemes(project),
    }
    if request.headers.get("HX-Request"):
        return render(request, "pages/export/_result.html", context)
    context["page"] = _page_of(request, project, request.GET.get("page"))
    context["waiting"] = any(not snapshot.is_finished for snapshot in context["page"])
    return render(request, "pages/export/index.html", context)


def _nothing_left(project: Project, filters: Filters) -> str:
    """Why there is no answer of the sources that were chosen; "" where there is one."""
    try:
        check_some_left(project, filters)
    except Invalid as error:
        return error.reason
    return ""


def _schemes(project: Project) -> list[tuple[str, str]]:
    """The versions of the labels, newest first, with what made them; none where there is one alone."""
    rows = SchemeChange.objects.filter(project=project).defer("labels")[:SCHEMES_SHOWN]
    return [(str(row.number), f"{row.number}: {Truncator(words_of(row)).chars(60)}") for row in rows]


def _page_of(request: PageRequest, project: Project, number: Any) -> Page:
    """Snapshots, newest first; ``is_closed`` are those whose file says names that the reader does not see,
    ``told`` is what their certificates tell."""
    found = Snapshot.objects.filter(project=project).select_related("created_by", "project").order_by("-pk")
    page = Paginator(found, SNAPSHOTS_PER_PAGE).get_page(number)
    sees_names = Action.NAMES_READ.permission in permissions(request)
    for snapshot in page.object_list:
        # for the template
        snapshot.is_closed = not sees_names and names_people(snapshot)  # type: ignore[attr-defined]
        snapshot.told = certificate_of(snapshot)  # type: ignore[attr-defined]
    return page


@require_safe
@project_page(Action.SNAPSHOTS_READ)
def snapshots(request: PageRequest, project: Project) -> HttpResponse:
    """The list of snapshots; a fragment that asks for itself again while one is being written."""
    page = _page_of(request, project, 1)
    context = {"project": project, "page": page, "waiting": any(not snapshot.is_finished for snapshot in page)}
    return render(request, "pages/export/_snapshots.html", context)


@require_POST
@project_page(Action.SNAPSHOTS_START)
def snapshot_new(request: PageRequest, project: Project) -> HttpResponse:
    choice = chosen(project, request.POST)
    filters = {name: choice[name] for name in FILTERS if choice[name]}
    try:
        start_snapshot(
            request.user,
            project,
            export_format=choice["format"],
            rows=choice["rows"],
            filters=filters,
            pseudonyms=request.POST.get("names") == "pseudonyms",
        )
    except Invalid as error:
        messages.error(request, error.reason)
    else:
        messages.success(request, "The snapshot holds the answers of this moment. Its file is being written.")
    return redirect(f"{reverse('pages:export', args=[project.slug])}#snapshots")
