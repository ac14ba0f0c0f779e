"""The label scheme: what labels there are, changes that are looked at before they are made, and the versions."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labeling.kinds import kind_of
from labeling.models import Action, Project, Relabeling, SchemeChange, SchemeOperation
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors.label_scheme import steps_of, version_now, words_of
from labeling.services.scheme.preview import SchemePreview
from labeling.services.scheme.requests import make_change, preview_change
from labeling.services.validation.errors import Invalid

VERSIONS_SHOWN = 50
#: More labels than these are chosen from a list.
MOST_CHECKBOXES = 24
#: Fields of a form by what it asks for; ``names`` may be given more than once, those that end so hold one a line.
FIELDS = {
    SchemeOperation.MERGE: ("names", "into"),
    SchemeOperation.SPLIT: ("name", "parts"),
    SchemeOperation.RETIRE: ("name",),
    SchemeOperation.DESCRIBE: ("name", "description", "examples"),
    SchemeOperation.UNDO: ("to",),
}
LINES = ("parts", "examples")
NUMBERS = ("version", "to")


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.PROJECT_CHANGE)
def labels(request: PageRequest, project: Project) -> HttpResponse:
    """``operation`` and its fields: with ``step=make`` it is done, else it is said what it would do."""
    if not kind_of(project).has_labels:
        raise Http404("The answers of this project are no labels of its own.")
    if request.method != "POST":
        return _page(request, project)
    operation = request.POST.get("operation", "")
    given = _given(request, operation)
    try:
        if request.POST.get("step") != "make":
            seen = preview_change(request.user, project, operation, given)
            return _page(request, project, operation, given, seen=seen)
        change = make_change(request.user, project, operation, given)
    except Invalid as error:
        return _page(request, project, operation, given, error=error)
    messages.success(request, f"Version {change.number}: {words_of(change)}")
    return redirect("pages:labels", project.slug)


def _given(request: PageRequest, operation: str) -> dict[str, Any]:
    found: dict[str, Any] = {"reason": request.POST.get("reason", "")}
    fields = FIELDS.get(operation, ())  # type: ignore[call-overload]  # members of the enumeration are its texts
    for name in ("version", *fields):
        said = request.POST.get(name, "")
        if name in NUMBERS:
            found |= {name: int(said[:9])} if said.isascii() and said.isdigit() else {}
        elif name == "names":
            found[name] = request.POST.getlist(name)
        elif name in LINES:
            found[name] = [line.strip() for line in said.splitlines() if line.strip()]
        else:
            found[name] = said
    return found


def _page(
    request: PageRequest,
    project: Project,
    operation: str = "",
    given: dict[str, Any] | None = None,
    *,
    seen: SchemePreview | None = None,
    error: Invalid | None = None,
) -> HttpResponse:
    in_use = list(project.labels.in_use())
    given = given or {}
    described = given.get("name") if operation == SchemeOperation.DESCRIBE else request.GET.get("describe", "")
    shown = next((label for label in in_use if label.name == described), None)
    changes = SchemeChange.objects.filter(project=project).select_related("made_by").defer("labels")
    rows = [(change, words_of(change), steps_of(change)) for change in changes[:VERSIONS_SHOWN]]
    context = {
        "project": project,
        "labels": in_use,
        "out_of_use": project.labels.filter(archived=True),
        "as_list": len(in_use) > MOST_CHECKBOXES,
        "refusal": kind_of(project).refuse_scheme,
        "operation": operation,
        "given": given,
        "described": shown,
        "version": version_now(project),
        "seen": seen,
        "again": [(name, value) for name, value in _as_sent(given) if name != "version"],
        "error": error,
        "changes": rows,
        "can_undo": bool(rows) and rows[0][0].number > 1,
        "job": Relabeling.objects.filter(project=project).unfinished().first(),
    }
    return render(request, "pages/labels/index.html", context, status=400 if error else 200)


def _as_sent(given: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields as a form sends them once more."""
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if name in LINES:
            found.append((name, "\n".join(value)))
        elif isinstance(value, list):
            found += [(name, one) for one in value]
        else:
            found.append((name, str(value)))
    return found
