"""Changing a project: one form, saved as a whole; archiving and deleting stand beside it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from labeling.kinds import kind_of
from labeling.kinds.page_keys import page_keys
from labeling.models import Action, Modality, ProductionMode, Project
from labeling.pages.charts import Meter
from labeling.pages.costs_form import CostsForm
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import DeleteForm
from labeling.pages.markdown import render_markdown
from labeling.pages.review_form import ReviewForm
from labeling.pages.settings_form import ProjectSettingsForm
from labeling.selectors.costs import PROMISES, lacking
from labeling.selectors.practice import usable
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.manage import update_project
from labeling.services.projects.overlap_changes import unfinished_change
from labeling.services.projects.renames import rename_label
from labeling.services.review.decide import plan_of
from labeling.services.review.plan import change_plan
from labeling.services.validation.errors import Invalid

VERSIONS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.PROJECT_CHANGE)
def settings(request: PageRequest, project: Project) -> HttpResponse:
    part = request.POST.get("part", "")
    if request.headers.get("HX-Request") and "progress" in request.GET:
        return render(request, "pages/settings/_overlap.html", {"project": project, **_overlap(project)})
    if part in ("archive", "restore"):
        return _archive(request, project, archived=part == "archive")
    if part == "overlap":
        return _overlap_again(request, project)
    if part == "delete":
        return _delete(request, project)
    if part == "rename":
        return _rename(request, project)
    if part == "review":
        return _review(request, project)
    if part == "costs":
        return _costs(request, project)
    if part == "production":
        return _production(request, project)
    form = ProjectSettingsForm(request.POST if request.method == "POST" else None, project=project)
    if form.is_bound and form.is_valid():
        try:
            if changes := form.changes():
                update_project(request.user, project, **changes)
        except Invalid as error:
            form.blame(error)
        else:
            messages.success(request, form.said())
            return redirect("pages:settings", project.slug)
    return _page(request, project, form, DeleteForm(project=project))


def _page(
    request: PageRequest,
    project: Project,
    form: ProjectSettingsForm,
    delete: DeleteForm,
    *,
    rename_error: str = "",
    review: ReviewForm | None = None,
    costs: CostsForm | None = None,
    production_refused: bool = False,
) -> HttpResponse:
    is_wrong = form.errors or delete.errors or rename_error or (review and review.errors) or (costs and costs.error)
    has_costs = kind_of(project).is_one_label and project.labels.in_use().count() > 1
    keys = page_keys(project.labels.in_use(), kind_of(project), is_picture=project.modality == Modality.IMAGE)
    context = {
        "project": project,
        "form": form,
        "delete": delete,
        "review": review or ReviewForm(plan=plan_of(project)),
        "costs": (costs or CostsForm(project)) if has_costs else None,
        "lacking": [(name, PROMISES[name]) for name in lacking(project.costs)] if has_costs else [],
        "production_refused": production_refused,
        **_overlap(project),
        "moved": keys.moved,
        "use_picker": keys.use_picker,
        "archived_labels": project.labels.filter(archived=True),
        "all_labels": project.labels.all(),
        "rename_error": rename_error,
        "gold_lacking": gold_lacking(project),
        "versions": [
            (version, render_markdown(version.text))
            for version in project.instructions_versions.select_related("created_by")[:VERSIONS_SHOWN]
        ],
    }
    return render(
        request,
        "pages/settings/index.html",
        context,
        status=400 if is_wrong or production_refused else 200,
    )


def gold_lacking(project: Project) -> str:
    """What the gold there is does not do for the settings, in words; "" where it is enough."""
    if not kind_of(project).answers_are_of_items or not (project.practice_questions or project.gold_share):
        return ""
    there, wanted = usable(project), project.practice_questions
    known = f"{there:,} item{'s' if there != 1 else ''} of the pool {'are' if there != 1 else 'is'} gold"
    if there < wanted:
        return f"{known}, a practice round needs {wanted}: nobody has to practise until there are so many."
    return "" if there else f"{known}: nobody is asked any."


def _overlap(project: Project) -> dict[str, Any]:
    """The new overlap on its way to the items, if there is one."""
    change = unfinished_change(project)
    return {"change": change, "meter": Meter.of(change.done, change.total) if change and change.total else None}


def _overlap_again(request: PageRequest, project: Project) -> HttpResponse:
    """The items are brought to the number of answers once more, after a worker failed at it."""
    update_project(request.user, project, settings={"overlap": project.overlap})
    messages.success(request, "The items are brought to the number of answers again.")
    return redirect("pages:settings", project.slug)


def _rename(request: PageRequest, project: Project) -> HttpResponse:
    """The label that was chosen gets another name; a refusal is said where it was asked for."""
    name = request.POST.get("name", "")
    try:
        label = rename_label(request.user, project, name, request.POST.get("new_name", ""))
    except Invalid as error:
        form, delete = ProjectSettingsForm(project=project), DeleteForm(project=project)
        return _page(request, project, form, delete, rename_error=error.reason)
    messages.success(request, f"“{name}” is called “{label.name}” now: its answers, models and key stay its own.")
    return redirect("pages:settings", project.slug)


def _review(request: PageRequest, project: Project) -> HttpResponse:
    form = ReviewForm(request.POST, plan=plan_of(project))
    if form.is_valid():
        try:
            change_plan(request.user, project, form.cleaned_data)
        except Invalid as error:
            form.blame(error)
        else:
            messages.success(request, "Saved: review.")
            return redirect("pages:settings", project.slug)
    settings_form, delete = ProjectSettingsForm(project=project), DeleteForm(project=project)
    return _page(request, project, settings_form, delete, review=form)


def _costs(request: PageRequest, project: Project) -> HttpResponse:
    form = CostsForm(project, request.POST)
    try:
        update_project(request.user, project, costs={} if "none" in request.POST else form.values())
    except Invalid as error:
        form.error = f"{error.field.removeprefix('costs.').removeprefix('matrix.')}: {error.reason}"
        settings_form, delete = ProjectSettingsForm(project=project), DeleteForm(project=project)
        return _page(request, project, settings_form, delete, costs=form)
    messages.success(request, "Saved: what mistakes cost.")
    return redirect("pages:settings", project.slug)


def _production(request: PageRequest, project: Project) -> HttpResponse:
    mode = ProductionMode.OFF if "off" in request.POST else ProductionMode.ON
    try:
        update_project(request.user, project, settings={"production_mode": mode})
    except Invalid:  # the panel lists what is missing, with links
        project.refresh_from_db()
        form, delete = ProjectSettingsForm(project=project), DeleteForm(project=project)
        return _page(request, project, form, delete, production_refused=True)
    messages.success(request, f"Production mode is {mode} now.")
    return redirect("pages:settings", project.slug)


def _delete(request: PageRequest, project: Project) -> HttpResponse:
    form = DeleteForm(request.POST, project=project)
    if not form.is_valid():
        return _page(request, project, ProjectSettingsForm(project=project), form)
    name = project.name
    deletion = delete_project(request.user, project)
    rest = "." if deletion.is_finished else ": nobody sees it any more, and a worker removes what is in it."
    messages.success(request, f"“{name}” and everything in it is deleted{rest}")
    return redirect("pages:projects")


def _archive(request: PageRequest, project: Project, archived: bool) -> HttpResponse:
    update_project(request.user, project, archived=archived)
    said = "The project is archived: nothing is asked any more." if archived else "The project is in use again."
    messages.success(request, said)
    return redirect("pages:settings", project.slug)
