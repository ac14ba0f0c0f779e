"""Whose session a request comes with, by two prepared reads; what Django makes of the same rows is remembered.

Only the everyday case: a session of the database in use, signed with the key of now, of somebody who may sign in.
Everything else (an old key, another backend, a damaged row) is Django's to judge.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from labeling.db.prepared import Prepared, PreparedRows
from labeling.models import User
from labeling.services.accounts.session_store import SessionStore

ENGINE = "labeling.services.accounts.session_store"
BACKEND = "django.contrib.auth.backends.ModelBackend"
#: Sessions and people a process remembers the signatures of.
REMEMBERED = 2_048


def user_of_session(cookies: Mapping[str, str]) -> User | None:
    """The person whose session it is, or None: then the request goes the ordinary way."""
    key = cookies.get(settings.SESSION_COOKIE_NAME)
    if not key or not key.isalnum():
        return None
    if settings.SESSION_ENGINE != ENGINE or BACKEND not in settings.AUTHENTICATION_BACKENDS:
        return None
    rows = _session(key)
    if not rows:
        return None
    said = _decoded(rows[0][0], settings.SECRET_KEY)
    if said is None:
        return None
    pk, signed = said
    found = _person(pk)
    return found[0] if found and _is_signed_by(found[0].password, signed, settings.SECRET_KEY) else None


@PreparedRows
def _session(key: str) -> "QuerySet[Session, tuple[str]]":
    return Session.objects.filter(session_key=key, expire_date__gt=Now()).order_by().values_list("session_data")


@Prepared
def _person(pk: int) -> "QuerySet[User]":
    people = User.objects.filter(pk=pk, is_active=True).order_by()
    return people.only("username", "password", "is_active", "is_superuser", "is_staff")


@lru_cache(maxsize=REMEMBERED)
def _decoded(data: str, secret: str) -> tuple[int, str] | None:
    """Whose session the data say it is, and by what password it is signed. The same data under the same key say the
    same: Django's signature is looked at once."""
    said: dict[str, Any] = SessionStore().decode(data)
    user, signed = said.get(SESSION_KEY), said.get(HASH_SESSION_KEY)
    if said.get(BACKEND_SESSION_KEY) != BACKEND or not signed or not str(user).isdecimal():
        return None
    return int(str(user)), str(signed)


@lru_cache(maxsize=REMEMBERED)
def _is_signed_by(password: str, signed: str, secret: str) -> bool:
    return constant_time_compare(signed, User(password=password).get_session_auth_hash())
