"""Invitation links: made and revoked by managers, used by whoever was sent one (decision 0088)."""

import unicodedata
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from labeling.models import Invitation, Member, Project, Role, User
from labeling.models.invitation import MAX_USES
from labeling.models.token import hash_key
from labeling.services.audit.trail import record
from labeling.services.projects.manage import set_member
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_DAYS = 365
DEFAULT_DAYS = 7
MAX_NOTE = 200
#: Links in use at once in a project.
MAX_OPEN = 1_000


class InvitationRefused(Exception):
    """Nobody comes in by this link; ``why`` is unknown, revoked, used up, expired, archived or member."""

    def __init__(self, why: str, invitation: Invitation | None = None) -> None:
        super().__init__(why)
        self.why, self.invitation = why, invitation


@transaction.atomic
def invite(
    by: User,
    project: Project,
    role: Any,
    *,
    expires_in_days: Any = DEFAULT_DAYS,
    max_uses: Any = 1,
    note: Any = "",
    username: str = "",
    email: str = "",
) -> tuple[Invitation, str]:
    """A new link's row and its key, which is told here and never again. Raises Invalid."""
    if role not in Role.values:
        raise Invalid("role", f"Expected one of {', '.join(Role.values)}.")
    days = _whole("expires_in_days", expires_in_days, MAX_DAYS)
    uses = _whole("max_uses", max_uses, MAX_USES)
    if role == Role.MANAGER and uses > 1:
        raise Invalid("max_uses", "A link for a manager is for one person.")
    if project.archived_at is not None:
        raise Invalid("role", "The project is archived: restore it first.")
    if Invitation.objects.filter(project=project).usable().count() >= MAX_OPEN:
        raise Invalid("role", f"At most {MAX_OPEN:,} links in use: revoke some first.")
    made, key = Invitation.issue(
        project=project,
        role=role,
        note=text("note", note, max_length=MAX_NOTE),
        username=username,
        email=email,
        max_uses=uses,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    facts = {"role": role, "begins_with": made.prefix, "max_uses": uses, "expires_at": made.expires_at}
    record("invitation.made", user=by, project=project, subject=made.note or username or str(made), after=facts)
    return made, key


@transaction.atomic
def revoke_invitation(by: User, invitation: Invitation) -> Invitation:
    """Nobody comes in by it any more; who came stays. Doing it again changes nothing."""
    open_one = Invitation.objects.filter(pk=invitation.pk, revoked_at__isnull=True)
    if open_one.update(revoked_at=Now()):
        facts = {"role": invitation.role, "begins_with": invitation.prefix}
        subject = invitation.note or str(invitation)
        record("invitation.revoked", user=by, project=invitation.project, subject=subject, before=facts)
    invitation.refresh_from_db(fields=["revoked_at", "uses"])
    return invitation


def invitation_of(key: str, user: User | None = None) -> Invitation:
    """The invitation that ``user`` could come in by. Raises InvitationRefused with what it is that stops him."""
    rows = Invitation.objects.select_related("project", "created_by")
    found = rows.filter(key_hash=hash_key(key), project__deleted_at__isnull=True).first()
    if found is None:
        raise InvitationRefused("unknown")
    if user is not None and Member.objects.filter(project=found.project_id, user=user).exists():
        raise InvitationRefused("member", found)
    if found.state != "open":
        raise InvitationRefused(found.state, found)
    if found.project.archived_at is not None:
        raise InvitationRefused("archived", found)
    return found


@transaction.atomic
def join(key: str, user: User) -> Member:
    """Makes the person a member, and counts the use; both or neither. Raises InvitationRefused.

    Of several at once no more come in than the link has uses: the row is counted up by a conditional update.
    """
    invitation = invitation_of(key, user)
    # first, as everybody who changes members: two tabs of one person come one after the other
    Project.objects.select_for_update(no_key=True).get(pk=invitation.project_id)
    if Member.objects.filter(project=invitation.project_id, user=user).exists():
        raise InvitationRefused("member", invitation)
    if not Invitation.objects.filter(pk=invitation.pk).usable().update(uses=F("uses") + 1):
        invitation.refresh_from_db()
        raise InvitationRefused(invitation.state, invitation)
    facts = {"begins_with": invitation.prefix, "note": invitation.note}
    record("invitation.used", user=user, project=invitation.project, subject=user.get_username(), after=facts)
    return set_member(invitation.project, user, invitation.role, by=user)


def join_with_new_account(key: str, *, username: Any, password: str, email: Any = "") -> Member:
    """Makes the account, and it a member; both or neither. Raises Invalid, InvitationRefused."""
    invitation = invitation_of(key)
    username = invitation.username or unicodedata.normalize(
        "NFKC", text("username", username, max_length=150, required=True)
    )
    new = User(
        username=username, email=User.objects.normalize_email(invitation.email or text("email", email, max_length=254))
    )
    _check(new, password)
    new.set_password(password)
    try:
        with transaction.atomic():
            new.save()
            return join(key, new)
    except IntegrityError:
        raise _taken() from None


def path_to_join(key: str) -> str:
    """Of the link. The key stands in the query: the access log and its like hold paths only."""
    return f"{reverse('pages:join')}?key={key}"


def _check(new: User, password: str) -> None:
    """As Django's own forms would; every fault names its field."""
    try:
        new.clean_fields(exclude=["password"])
    except ValidationError as faults:
        field, messages = next(iter(faults.message_dict.items()))
        raise Invalid(field, " ".join(messages)) from None
    if User.objects.filter(username__iexact=new.username).exists():
        raise _taken()
    try:
        validate_password(password, new)
    except ValidationError as faults:
        raise Invalid("password", " ".join(faults.messages)) from None


def _taken() -> Invalid:
    return Invalid(
        "username", "There is an account of this name. If it is yours, sign in with it; else choose another."
    )


def _whole(field: str, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Invalid(field, f"A whole number from 1 to {most}.")
    return value
