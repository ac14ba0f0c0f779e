"""Who is in the project, and as what."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labeling.models import Action, Member, Permission, Project, Role, User
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import MemberForm
from labeling.pages.navigation import permissions
from labeling.pages.people import agreement_page
from labeling.selectors.quarantine import quarantines, with_answers
from labeling.services.projects.manage import remove_member, set_member
from labeling.services.validation.errors import Invalid

EARLIER_SHOWN = 20
WHAT_ROLES_DO = (
    (Role.ANNOTATOR, "answers questions; sees nothing of other people’s answers or of the model"),
    (Role.REVIEWER, "also sees items, answers, runs and models, and restores what was set aside"),
    (Role.VIEWER, "sees items, answers, runs, models and exports; answers nothing"),
    (Role.MANAGER, "everything: imports, settings, members, training"),
)


@require_http_methods(["GET", "HEAD"])
@project_page(Action.MEMBERS_READ)
def members(request: PageRequest, project: Project) -> HttpResponse:
    return _page(request, project, MemberForm())


def _page(request: PageRequest, project: Project, form: MemberForm) -> HttpResponse:
    ever = list(quarantines(project))
    members = list(Member.objects.filter(project=project).select_related("user"))
    context = {
        "project": project,
        "form": form,
        "members": members,
        "to_leave_out": [member for member in members if member.answers and not member.is_quarantined],
        "roles": Role.choices,
        "what_roles_do": [(Role(role).label, what) for role, what in WHAT_ROLES_DO],
        "may_manage": Permission.MANAGE in permissions(request),
        "in_force": with_answers(row for row in ever if row.lifted_at is None),
        "agreement_url": agreement_page(project),
        "earlier": [row for row in ever if row.lifted_at is not None][:EARLIER_SHOWN],
    }
    return render(request, "pages/members/index.html", context, status=400 if form.errors else 200)


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_add(request: PageRequest, project: Project) -> HttpResponse:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form)
    username, role = form.cleaned_data["username"], form.cleaned_data["role"]
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        form.add_error("username", "There is no account with this user name. An administrator can make one.")
    elif Member.objects.filter(project=project, user=user).exists():
        form.add_error("username", f"{username} is in the project already: change the role in the list.")
    else:
        set_member(project, user, role, by=request.user)
        messages.success(request, f"{username} is now {Role(role).label.lower()} of this project.")
        return redirect("pages:members", project.slug)
    return _page(request, project, form)


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_role(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    def give(user: User) -> str:
        role = request.POST.get("role", "")
        set_member(project, user, role, by=request.user)
        return f"{user.username} is now {Role(role).label.lower()}."

    return _change(request, project, pk, give)


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_remove(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    def remove(user: User) -> str:
        remove_member(project, user, by=request.user)
        return f"{user.username} is out of the project. The answers given stay."

    return _change(request, project, pk, remove)


def _change(request: PageRequest, project: Project, pk: int, change: Callable[[User], str]) -> HttpResponse:
    """Does it to a member and shows what it says, or why it was refused."""
    member = get_object_or_404(Member.objects.select_related("user"), project=project, pk=pk)
    try:
        messages.success(request, change(member.user))
    except Invalid as error:
        messages.error(request, error.reason)
    return _after_change(request, project)


def _after_change(request: PageRequest, project: Project) -> HttpResponse:
    """Back to the members; to all projects when one has just shut oneself out."""
    inside = Project.objects.where(request.user, Action.MEMBERS_READ.permission).filter(pk=project.pk)
    return redirect("pages:members", project.slug) if inside.exists() else redirect("pages:projects")
