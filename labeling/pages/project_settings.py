"""Changing a project: five forms on one page, each saved on its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling.models import Action, Project
from labeling.models.project import SETTINGS_FIELDS
from labeling.pages import label_lines
from labeling.pages.charts import Meter
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import BasicsForm, CalmForm, DeleteForm, InstructionsForm, LabelsForm, SettingsForm
from labeling.pages.markdown import render_markdown
from labeling.services.deletion import delete_project
from labeling.services.errors import Invalid
from labeling.services.overlap_changes import unfinished_change
from labeling.services.projects import update_project

VERSIONS_SHOWN = 20
SAVED = {
    "basics": "Name and purpose are saved.",
    "labels": "The labels are saved.",
    "instructions": "The instructions are saved as a new version.",
    "settings": "The settings are saved.",
}


def forms_of(project: Project, data: Any = None, part: str = "") -> dict[str, CalmForm]:
    """Every form of the page; the one that was sent holds what was typed."""
    newest = project.instructions_versions.first()
    make: dict[str, Callable[[Any], CalmForm]] = {
        "basics": lambda given: BasicsForm(given, initial={"name": project.name, "purpose": project.purpose}),
        "labels": lambda given: LabelsForm(given, initial={"labels": label_lines.write(project.labels.in_use())}),
        "instructions": lambda given: InstructionsForm(given, initial={"instructions": newest.text if newest else ""}),
        "settings": lambda given: SettingsForm(
            given, kind=project.kind, initial={name: getattr(project, name) for name in SETTINGS_FIELDS}
        ),
        "delete": lambda given: DeleteForm(given, project=project),
    }
    return {name: build(data if name == part else None) for name, build in make.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.PROJECT_CHANGE)
def settings(request: PageRequest, project: Project) -> HttpResponse:
    part = request.POST.get("part", "")
    if request.headers.get("HX-Request") and "progress" in request.GET:
        return render(request, "pages/settings/_overlap.html", {"project": project, **_overlap(project)})
    if request.method == "POST" and part in ("archive", "restore"):
        return _archive(request, project, archived=part == "archive")
    forms = forms_of(project, request.POST, part)
    if part in forms and forms[part].is_valid():
        try:
            return _save(request, project, part, forms[part])
        except Invalid as error:
            forms[part].blame(error)
    context = {
        "project": project,
        **forms,
        **_overlap(project),
        "part": part,
        "archived_labels": project.labels.filter(archived=True),
        "versions": [
            (version, render_markdown(version.text))
            for version in project.instructions_versions.select_related("created_by")[:VERSIONS_SHOWN]
        ],
    }
    wrong = any(form.errors for form in forms.values())
    return render(request, "pages/settings/index.html", context, status=400 if wrong else 200)


def _overlap(project: Project) -> dict[str, Any]:
    """The new overlap on its way to the items, if there is one."""
    change = unfinished_change(project)
    return {"change": change, "meter": Meter.of(change.done, change.total) if change and change.total else None}


def _save(request: PageRequest, project: Project, part: str, form: CalmForm) -> HttpResponse:
    """Stores one part. Raises Invalid."""
    if part == "delete":
        name = project.name
        deletion = delete_project(request.user, project)
        rest = "." if deletion.is_finished else ": nobody sees it any more, and a worker removes what is in it."
        messages.success(request, f"“{name}” and everything in it is deleted{rest}")
        return redirect("pages:projects")
    changes = {"settings": form.values()} if isinstance(form, SettingsForm) else form.cleaned_data
    update_project(request.user, project, **changes)
    messages.success(request, SAVED[part])
    return redirect(f"{reverse('pages:settings', args=[project.slug])}#{part}")


def _archive(request: PageRequest, project: Project, archived: bool) -> HttpResponse:
    update_project(request.user, project, archived=archived)
    said = "The project is archived: nothing is asked any more." if archived else "The project is in use again."
    messages.success(request, said)
    return redirect("pages:settings", project.slug)
