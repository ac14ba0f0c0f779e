"""Machines of a project: their cards, one after the other and each by itself; who adds and ends them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling.models import Action, Machine, Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import CalmForm
from labeling.pages.navigation import permissions
from labeling.pages.people import agreement_page
from labeling.services.machines import manage
from labeling.services.reports.machines import machine_told, machines_told
from labeling.services.validation.errors import Invalid

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class MachineForm(CalmForm):
    name = forms.CharField(max_length=manage.MAX_NAME, label="Name", widget=forms.TextInput(attrs=_PLAIN))
    version = forms.CharField(
        max_length=manage.MAX_NAME,
        label="Version",
        help_text="What it predicts goes by its version: another prompt or model is another one.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    description = forms.CharField(
        max_length=manage.MAX_DESCRIPTION,
        label="What it is",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.MACHINES_READ, Action.MACHINES_CHANGE)
def machines(request: PageRequest, project: Project) -> HttpResponse:
    """The list; a POST adds one and shows its key, which is in that one response and nowhere else."""
    form = MachineForm(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            shown["made"], shown["key"] = manage.add_machine(request.user, project, **form.cleaned_data)
            form = MachineForm()
        except Invalid as error:
            form.blame(error)
    found, told = machines_told(project)
    context = {
        "project": project,
        "form": form,
        "machines": found,
        "told": told,
        "may_manage": Permission.MANAGE in permissions(request),
        "agreement_url": agreement_page(project),
        **shown,
    }
    return render(request, "pages/machines/index.html", context, status=400 if form.errors else 200)


@require_safe
@project_page(Action.MACHINES_READ)
def machine(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    return _one(request, project, _found(project, pk))


def _one(request: PageRequest, project: Project, found: Machine, key: str = "") -> HttpResponse:
    facts, told = machine_told(found)
    context = {
        "project": project,
        "facts": facts,
        "told": told,
        "machine": facts.machine,
        "cards": [version for version in reversed(facts.versions) if version.card],
        "may_manage": Permission.MANAGE in permissions(request),
        "agreement_url": agreement_page(project),
        "key": key,
    }
    return render(request, "pages/machines/one.html", context)


@never_cache
@require_POST
@project_page(Action.MACHINES_CHANGE)
def machine_token(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    """A new key in the place of the old one: shown here and nowhere again."""
    found = _found(project, pk)
    try:
        return _one(request, project, found, manage.new_token(request.user, found))
    except Invalid as error:
        messages.error(request, error.reason)
        return redirect("pages:machine", project.slug, pk)


@require_POST
@project_page(Action.MACHINES_CHANGE)
def machine_end(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    ended = manage.end_machine(request.user, _found(project, pk))
    messages.success(request, f"{ended.name} is ended: it predicts no more. What it said stays.")
    return redirect("pages:machine", project.slug, pk)


def _found(project: Project, pk: int) -> Machine:
    return get_object_or_404(Machine.objects.select_related("owner", "project"), project=project, pk=pk)
