"""A link by which somebody chooses a new password, made by a person who may: there may be no server for mail.

Django's own token: it is good for ``PASSWORD_RESET_TIMEOUT`` seconds, and for nothing once the password is another one
or the person has signed in since.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlencode, urlsafe_base64_decode, urlsafe_base64_encode

from labeling.models import Member, Project, Role, User
from labeling.services.audit.trail import record


def why_no_link(by: User, user: User) -> str:
    """Why ``by`` may make none for ``user``, or "". Whoever holds the link is that person, so a manager makes links
    only for people who are nothing more than members of projects that he manages himself."""
    if user == by:
        return "You change your own password in the menu behind your name."
    if not user.is_active:
        return "The account is switched off."
    if by.is_superuser:
        return ""
    if user.is_staff or user.is_superuser or user.groups.exists() or user.user_permissions.exists():
        return "The account may do things in this installation: an administrator makes such a link."
    managed = Member.objects.filter(user=by, role=Role.MANAGER).values("project")
    if Member.objects.filter(user=user).exclude(project__in=managed).exists():
        return "The person is in projects of others too: an administrator makes such a link."
    return ""


@transaction.atomic
def reset_path(by: User, user: User, project: Project | None = None) -> tuple[str, datetime]:
    """Path of a link for a new password, and until when it is good. It is told here and kept nowhere. Raises
    PermissionDenied."""
    if why := why_no_link(by, user):
        raise PermissionDenied(why)
    until = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    record("reset_link.made", user=by, project=project, subject=user.get_username(), after={"good_until": until})
    given = {"uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return f"{reverse('pages:reset')}?{urlencode(given)}", until


def person_of(uid: str, token: str) -> User | None:
    """Whose password the link lets one choose; None when it is good for nothing (any more)."""
    try:
        number = int(urlsafe_base64_decode(uid))
    except ValueError:
        return None
    user = User.objects.filter(pk=number, is_active=True).first() if 0 < number < 2**63 else None
    return user if default_token_generator.check_token(user, token) else None
