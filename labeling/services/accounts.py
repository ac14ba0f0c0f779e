"""API tokens of a person."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from labeling.models import ApiToken, User
from labeling.models.token import ApiTokenQuerySet, hash_key
from labeling.selectors.prepared import Prepared
from labeling.services.checks import text
from labeling.services.errors import Invalid
from labeling.services.patience import patience

log = logging.getLogger(__name__)

MAX_TOKENS = 50
SIGN_IN_NAME = "Signed in over REST"
SIGN_INS_KEPT = 20
LAST_USED_EVERY = timedelta(minutes=5)


def issue_token(user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and its key; the key is shown here and never again. Raises Invalid."""
    name = text("name", name, max_length=100, required=True)
    if ApiToken.objects.filter(user=user).usable().count() >= MAX_TOKENS:
        raise Invalid("name", f"At most {MAX_TOKENS} tokens in use: revoke one first.")
    return ApiToken.issue(user, name)


def sign_in_token(user: User) -> str:
    """The key of a new token for a sign-in over REST; the oldest such tokens are revoked beyond ``SIGN_INS_KEPT``."""
    _, key = ApiToken.issue(user, SIGN_IN_NAME)
    ours = ApiToken.objects.usable().filter(user=user, name=SIGN_IN_NAME).order_by("-pk")
    old = list(ours.values_list("pk", flat=True)[SIGN_INS_KEPT:])
    ApiToken.objects.filter(pk__in=old).update(revoked_at=timezone.now())
    return key


def revoke_token(user: User, token_id: int) -> ApiToken:
    """Makes one of the person's own tokens useless for ever. Raises Http404."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise Http404("No such token.")
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    token.refresh_from_db()
    return token


@Prepared
def _usable_token(key_hash: str) -> ApiTokenQuerySet:
    return ApiToken.objects.usable().filter(key_hash=key_hash).order_by().select_related("user")


def token_for(key: str) -> ApiToken | None:
    """The usable token with this key and its user, in one query; notes the use now and then."""
    found = _usable_token(hash_key(key))
    if not found:
        return None
    (token,) = found
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_EVERY:
        _note_use(token, now)
    return token


def _note_use(token: ApiToken, now: datetime) -> None:
    """Best effort: a read must not wait for whoever writes, nor fail because nothing can be written."""
    old = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    try:
        with patience(0), transaction.atomic():
            ApiToken.objects.filter(old, pk=token.pk).update(last_used_at=now)
    except DatabaseError as error:
        log.info("use of a token not noted: %s", error)
