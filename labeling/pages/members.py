"""Who is in the project, and as what."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labeling.models import Action, Invitation, Member, Permission, Project, Role, User
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import InvitationForm, MemberForm
from labeling.pages.navigation import permissions
from labeling.pages.people import agreement_page
from labeling.selectors.practice import Practice, practice_of_all
from labeling.selectors.quarantine import quarantines, with_answers
from labeling.services.projects.manage import remove_member, set_member
from labeling.services.validation.errors import Invalid

EARLIER_SHOWN = 20
INVITATIONS_SHOWN = 100
WHAT_ROLES_DO = (
    (Role.ANNOTATOR, "answers questions; sees nothing of other people’s answers or of the model"),
    (Role.REVIEWER, "also sees items, answers, runs and models, reviews answers and restores what was set aside"),
    (Role.VIEWER, "sees items, answers, runs, models and exports; answers nothing"),
    (Role.MANAGER, "everything: imports, settings, members, training"),
)


@require_http_methods(["GET", "HEAD"])
@project_page(Action.MEMBERS_READ)
def members(request: PageRequest, project: Project) -> HttpResponse:
    return members_page(request, project)


def members_page(
    request: PageRequest,
    project: Project,
    form: MemberForm | None = None,
    invitation_form: InvitationForm | None = None,
    **shown: Any,
) -> HttpResponse:
    """The page, with forms that were refused, or with what was just made and is shown this once (``shown``)."""
    form, invitation_form = form or MemberForm(), invitation_form or InvitationForm()
    may_manage = Permission.MANAGE in permissions(request)
    ever = list(quarantines(project))
    members = list(Member.objects.filter(project=project).select_related("user"))
    context = {
        "project": project,
        "form": form,
        "members": members,
        "to_leave_out": [member for member in members if member.answers and not member.is_quarantined],
        "roles": Role.choices,
        "what_roles_do": [(Role(role).label, what) for role, what in WHAT_ROLES_DO],
        "may_manage": may_manage,
        "invitation_form": invitation_form,
        "invitations": invitations_shown(project) if may_manage else [],
        "in_force": with_answers(row for row in ever if row.lifted_at is None),
        "agreement_url": agreement_page(project),
        "practising": _practising(project, members),
        "earlier": [row for row in ever if row.lifted_at is not None][:EARLIER_SHOWN],
        **shown,
    }
    has_errors = form.errors or invitation_form.errors
    return render(request, "pages/members/index.html", context, status=400 if has_errors else 200)


def _practising(project: Project, members: list[Member]) -> list[tuple[Member, Practice]]:
    """Who practises, has practised, or was let off, where the project has practice."""
    if not project.practice_questions:
        return []
    found = practice_of_all(project, members)
    return [(member, found[member.pk]) for member in members if found[member.pk].state or found[member.pk].is_due]


def invitations_shown(project: Project) -> list[Invitation]:
    """Those by which people still come in, and the newest of the others."""
    newest = Invitation.objects.filter(project=project).select_related("created_by").newest_first()
    rows = list(newest[:INVITATIONS_SHOWN])
    return sorted(rows, key=lambda row: row.state != "open")


@require_POST
@project_page(Action.MEMBERS_CHANGE)
def member_add(request: PageRequest, project: Project) -> HttpResponse:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return members_page(request, project, form)
    username, role = form.cleaned_data["username"], form.cleaned_data["role"]
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        form.add_error(
            "username", "There is no account with this user name. Make an invitation link: whoever opens it makes one."
        )
    elif Member.objects.filter(project=project, user=user).exists():
        form.add_error("username", f"{username} is in the project already: change the role in the list.")
    else:
        set_member(project, user, role, by=request.user)
        messages.success(request, f"{username} is now {Role(role).label.lower()} of this project.")
        return redirect("pages:members", project.slug)
    return members_page(request, project, form)


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
