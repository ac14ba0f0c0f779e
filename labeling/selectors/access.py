"""Who may reach what. A stranger gets 404, a member without the permission gets 403."""

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DatabaseError
from django.http import Http404

from labeling.db.prepared import Prepared
from labeling.models import Action, Member, Permission, Project, User

#: Asked at every address of a project.
_projects_called = Prepared(lambda slug: Project.objects.filter(slug=slug))
_members = Prepared(lambda project, user: Member.objects.filter(project=project, user=user))


def member_of(user: User, project: Project) -> Member | None:
    if not user.reaches(project.pk):
        return None
    return next(iter(_members(project.pk, user.pk)), None)


def permissions_of(user: User, project: Project) -> frozenset[Permission]:
    """What the user may do in the project; nothing for a stranger."""
    if user.is_superuser and user.reaches(project.pk):
        return frozenset(Permission)
    return permissions_by(user, member_of(user, project))


def permissions_by(user: User, member: Member | None) -> frozenset[Permission]:
    """The same of a user who reaches the project, by a membership that was read already."""
    if user.is_superuser:
        return frozenset(Permission)
    return member.permissions if member else frozenset()


def may(user: User, project: Project, action: Action) -> bool:
    return action.permission in permissions_of(user, project)


def require(user: User, project: Project, action: Action) -> Member | None:
    """The user's membership (None for a superuser outside the project). Raises Http404 or PermissionDenied."""
    if project.deleted_at is not None or not user.reaches(project.pk):
        raise Http404("No such project.")
    member = member_of(user, project)
    if user.is_superuser or (member and member.may(action.permission)):
        return member
    if member is None:
        raise Http404("No such project.")
    raise PermissionDenied(member.refusal)


def project_for(user: User, slug: str, action: Action) -> Project:
    """The project with this slug. Raises Http404 for strangers, PermissionDenied for members who may not."""
    return project_and_member(user, slug, action)[0]


def project_and_member(user: User, slug: str, action: Action) -> tuple[Project, Member | None]:
    """The same, with the membership by which the user came in."""
    project = next(iter(_projects_called(slug)), None)
    if project is None:
        raise Http404("No such project.")
    return project, require(user, project, action)


def is_gone(project: Project | None, error: BaseException) -> bool:
    """Whether an error comes of a project that was deleted while the request was at work on it."""
    if project is None or not isinstance(error, ObjectDoesNotExist | DatabaseError):
        return False
    try:
        return not Project.objects.filter(pk=project.pk, deleted_at__isnull=True).exists()
    except DatabaseError:
        return False
