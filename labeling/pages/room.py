"""What takes the room: of one project for its managers, of the installation for administrators."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Action, Housekeeping, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.selectors import storage_use
from labeling.services.housekeeping import start_housekeeping, would_free

HOUSEKEEPINGS_SHOWN = 14


@require_safe
@project_page(Action.STORAGE_READ)
def of_project(request: PageRequest, project: Project) -> HttpResponse:
    context = {
        "project": project,
        "last": storage_use.last_housekeeping(),
        "use": storage_use.use_of_project(project),
        "next": [freed for freed in would_free(project.pk) if freed.files],
        "retain_models": settings.RETAIN_MODELS,
        "retain_champions": settings.RETAIN_CHAMPIONS,
        "retain_rejections_days": settings.RETAIN_REJECTIONS_DAYS,
    }
    return render(request, "pages/storage/project.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def of_installation(request: PageRequest) -> HttpResponse:
    """POST asks for a housekeeping now."""
    if not request.user.is_superuser:
        raise PermissionDenied("Only administrators see the whole installation.")
    if request.method == "POST":
        start_housekeeping(request.user)
        messages.success(request, "Housekeeping has been asked for; a worker does it.")
        return redirect("pages:room")
    by_project, by_kind = storage_use.use_of_installation()
    context = {
        "last": storage_use.last_housekeeping(),
        "projects": by_project,
        "kinds": by_kind,
        "housekeepings": Housekeeping.objects.defer("usage").order_by("-pk")[:HOUSEKEEPINGS_SHOWN],
    }
    return render(request, "pages/storage/index.html", context)
