"""The list of projects."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from labeling.models import Member, Permission, Project, Role
from labeling.models.permission import ALLOWED
from labeling.pages.charts import Meter
from labeling.services.projects import may_create_projects

PROJECTS_PER_PAGE = 50


@login_required
def projects(request: HttpRequest) -> HttpResponse:
    user = request.user
    archived = "archived" in request.GET
    seen = Project.objects.visible_to(user).order_by("name", "pk")
    rows = seen.filter(archived_at__isnull=not archived).select_related("progress")
    page = Paginator(rows, PROJECTS_PER_PAGE).get_page(request.GET.get("page"))
    roles = dict(Member.objects.filter(user=user, project__in=list(page)).values_list("project_id", "role"))
    cards = [_card(project, roles.get(project.pk), user.is_superuser) for project in page]
    context = {
        "cards": cards,
        "page": page,
        "archived": archived,
        "archived_count": 0 if archived else seen.filter(archived_at__isnull=False).count(),
        "may_create": may_create_projects(user),  # type: ignore[arg-type]
    }
    return render(request, "pages/projects/index.html", context)


def _card(project: Project, role: str | None, is_superuser: bool) -> dict[str, object]:
    progress = project.progress
    items = progress.pool_items + progress.eval_items
    done = progress.pool_done + progress.eval_done
    may = ALLOWED[Role(role)] if role else frozenset(Permission) if is_superuser else frozenset()
    return {
        "project": project,
        "role": Role(role).label if role else "Administrator",
        "items": items,
        "done": done,
        "meter": Meter.of(done, items - progress.set_aside),
        "may_label": Permission.LABEL in may and not project.archived_at,
        "may_import": Permission.MANAGE in may,
    }
