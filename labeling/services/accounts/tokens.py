"""API tokens of a person, and what becomes of them when the password changes."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import Action, ApiToken, Machine, Project, Scope, User
from labeling.models.member import permissions_of
from labeling.models.token import ApiTokenQuerySet, hash_key, written
from labeling.services.audit.trail import record
from labeling.services.outages.patience import patience
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

log = logging.getLogger(__name__)

MAX_TOKENS = 50
MAX_DAYS = 3650
SIGN_IN_NAME = "Signed in over REST"
SIGN_INS_KEPT = 20
LAST_USED_EVERY = timedelta(minutes=5)


@transaction.atomic
def issue_token(
    user: User,
    name: str,
    *,
    scopes: Iterable[str] | None = None,
    project: str | None = None,
    expires_in_days: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its key; the key is shown here and never again. Raises Invalid.

    Without ``scopes`` it may be used for everything, without ``project`` (a slug) in all of the person's projects,
    without ``expires_in_days`` for ever.
    """
    name = text("name", name, max_length=100, required=True)
    limits = _limits(user, scopes, project, expires_in_days)
    if ApiToken.objects.filter(user=user).usable().count() >= MAX_TOKENS:
        raise Invalid("name", f"At most {MAX_TOKENS} tokens in use: revoke one first.")
    token, key = ApiToken.issue(user, name, **limits)
    _note_made(token)
    return token, key


@transaction.atomic
def sign_in_token(user: User, **limits: Any) -> tuple[ApiToken, str]:
    """As ``issue_token`` for a sign-in over REST; the oldest of these are revoked beyond ``SIGN_INS_KEPT``."""
    token, key = ApiToken.issue(user, SIGN_IN_NAME, **_limits(user, **limits))
    _note_made(token)
    ours = ApiToken.objects.usable().filter(user=user, name=SIGN_IN_NAME).order_by("-pk")
    old = list(ours.values_list("pk", flat=True)[SIGN_INS_KEPT:])
    ApiToken.objects.filter(pk__in=old).update(revoked_at=Now())
    return token, key


def _limits(
    user: User,
    scopes: Iterable[str] | None = None,
    project: str | None = None,
    expires_in_days: int | None = None,
) -> dict[str, Any]:
    """The columns of a token. Raises Invalid."""
    chosen = set(Scope.values if scopes is None else scopes)
    if not chosen or not chosen <= set(Scope.values):
        raise Invalid("scopes", f"One or more of {', '.join(Scope.values)}.")
    only = None
    if project:
        only = Project.objects.visible_to(user).filter(slug=text("project", project, max_length=100)).first()
        if only is None:
            raise Invalid("project", "There is no such project.")
    if expires_in_days is not None and not 1 <= expires_in_days <= MAX_DAYS:
        raise Invalid("expires_in_days", f"From 1 to {MAX_DAYS} days.")
    end = timezone.now() + timedelta(days=expires_in_days) if expires_in_days else None
    return {"scopes": written(chosen), "project": only, "expires_at": end}


@transaction.atomic
def issue_machine_token(machine: Machine, *, by: User) -> tuple[ApiToken, str]:
    """The machine's token in the place of those it had: it reads what there is to predict and predicts, in its own
    project and nothing else (``api/scopes.py``)."""
    revoke_tokens(ApiToken.objects.filter(machine=machine), by=by)
    scopes = written([Scope.READ, Scope.PREDICT])
    token, key = ApiToken.issue(None, machine.name, machine=machine, project=machine.project, scopes=scopes)
    _note_made(token, by=by)
    return token, key


def _note_made(token: ApiToken, by: User | None = None) -> None:
    facts = {"name": token.name, "begins_with": token.prefix, "scopes": token.scopes, "expires_at": token.expires_at}
    record("token.made", user=by or token.user, project=token.project, subject=str(token), after=facts)


@transaction.atomic
def revoke_token(user: User, token_id: int) -> ApiToken:
    """Makes one of the person's own tokens useless for ever. Raises Http404."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first() if token_id < 2**63 else None
    if token is None:
        raise Http404("No such token.")
    revoke_tokens(ApiToken.objects.filter(pk=token.pk), by=user)
    token.refresh_from_db()
    return token


@transaction.atomic
def revoke_tokens(tokens: ApiTokenQuerySet, *, by: User | None) -> int:
    """Makes the tokens useless for ever; how many of them were in use. ``by`` is None for a command."""
    open_ones = list(tokens.unrevoked().select_related("project", "user", "machine"))
    ApiToken.objects.filter(pk__in=[token.pk for token in open_ones]).update(revoked_at=Now())
    for token in open_ones:
        facts = {"name": token.name, "begins_with": token.prefix, "person": token.holder}
        record("token.revoked", user=by, project=token.project, subject=str(token), before=facts)
    return len(open_ones)


@transaction.atomic
def after_new_password(user: User, *, by: User | None, keep_tokens: bool) -> int:
    """To be called when a password was set, whoever set it; how many tokens were revoked."""
    revoked = 0 if keep_tokens else revoke_tokens(ApiToken.objects.filter(user=user), by=by)
    record("password.changed", user=by, subject=user.username, after={"tokens_revoked": revoked})
    return revoked


@Prepared
def _usable_token(key_hash: str) -> ApiTokenQuerySet:
    return ApiToken.objects.usable().filter(key_hash=key_hash).order_by().select_related("user", "machine")


@Prepared
def _usable_by_person(key_hash: str) -> ApiTokenQuerySet:
    """Of each row what a request needs that only asks who is there; all else is read when it is looked at."""
    tokens = ApiToken.objects.usable().filter(key_hash=key_hash, user__is_active=True, machine__isnull=True)
    columns = ("user", "project", "scopes", "last_used_at", "name", "prefix", "machine")
    person = ("user__username", "user__is_active", "user__is_superuser", "user__is_staff")
    return tokens.order_by().select_related("user").only(*columns, *person)


def token_for(key: str) -> ApiToken | None:
    """The usable token with this key and its user, in one query; notes the use now and then."""
    found = _usable_token(hash_key(key))
    return _used(found[0]) if found else None


def person_by_token(key: str) -> ApiToken | None:
    """The same of a token of a person who may sign in, who reaches what the token does; None for all others."""
    found = _usable_by_person(hash_key(key))
    if not found or found[0].user is None:
        return None
    found[0].user.confined_to = found[0].project_id  # type: ignore[misc]  # of this request's own user object
    return _used(found[0])


def _used(token: ApiToken) -> ApiToken:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_EVERY:
        _note_use(token, now)
    return token


class Known(NamedTuple):
    """A person who came with a token, as a member of a project."""

    token_id: int
    scopes: str
    only_project_id: int | None
    user_id: int
    user_name: str
    project_id: int
    role: str
    is_quarantined: bool


@PreparedRows
def _known(key_hash: str, slug: str) -> "QuerySet[ApiToken, Any]":
    used = Q(last_used_at__gt=Now() - LAST_USED_EVERY)
    there = Q(user__memberships__project__slug=slug, user__memberships__project__deleted_at__isnull=True)
    tokens = ApiToken.objects.usable().filter(
        used, there, key_hash=key_hash, machine__isnull=True, user__is_active=True
    )
    return tokens.order_by().values_list(
        "pk", "scopes", "project", "user", "user__username", "user__memberships__project", "user__memberships__role",
        "user__memberships__is_quarantined",
    )  # fmt: skip


def may_at_once(key: str, slug: str, action: Action, scopes: frozenset[Scope]) -> Known | None:
    """Who has this key, where one statement is enough to let that person in; None says nothing: it is to be asked step
    by step (``token_for``, ``project_for``), by which the use of a token is noted too."""
    for row in _known(hash_key(key), slug):
        known = Known(*row)
        in_reach = known.only_project_id in (None, known.project_id) and not scopes.isdisjoint(known.scopes.split())
        if in_reach and action.permission in permissions_of(known.role, is_quarantined=bool(known.is_quarantined)):
            return known
    return None


def _note_use(token: ApiToken, now: datetime) -> None:
    """Best effort: a read must not wait for whoever writes, nor fail because nothing can be written."""
    old = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    try:
        with patience(0), transaction.atomic():
            ApiToken.objects.filter(old, pk=token.pk).update(last_used_at=now)
    except DatabaseError as error:
        log.info("use of a token not noted: %s", error)
