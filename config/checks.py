"""What Django's own ``check --deploy`` cannot know about running Querent."""

import stat
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from config.environment import is_loopback, listen_host


@register(Tags.security, deploy=True)
def reached_over_tls(**_: Any) -> list[CheckMessage]:
    """Passwords and cookies must not cross a network in clear."""
    if settings.HTTPS or is_loopback(listen_host()):
        return []
    hint = "Put a TLS proxy in front that sets X-Forwarded-Proto, and set HTTPS=1."
    return [checks.Warning(f"HOST is {listen_host()}, and HTTPS is not set.", hint=hint, id="config.W001")]


@register(Tags.security, deploy=True)
def secret_key_is_private(**_: Any) -> list[CheckMessage]:
    """The generated secret key is for this user's eyes."""
    path = settings.QUERENT_HOME / "secret_key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [Error(f"{path} can be read by other users.", hint=f"chmod 600 {path}", id="config.E002")]
    return []


@register(Tags.security, deploy=True)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    """With any host allowed, a forged Host header ends up in links."""
    if "*" in settings.ALLOWED_HOSTS:
        return [
            checks.Warning("ALLOWED_HOSTS allows every host.", hint="Name the hosts people type.", id="config.W003")
        ]
    return []


@register(Tags.database)
def kinds_are_installed(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether every project can be opened: a kind that came with other code may have gone with it.

    Asked by ``manage.py check --database default`` only: no other check reads the database.
    """
    from labeling.kinds import KINDS  # noqa: PLC0415  # models are not loaded when checks are registered
    from labeling.models import Project  # noqa: PLC0415

    found: list[CheckMessage] = []
    for alias in databases or ():
        strangers = Project.objects.using(alias).filter(deleted_at=None).exclude(kind__in=list(KINDS))
        try:
            rows = list(strangers.order_by("slug").values_list("slug", "kind"))
        except DatabaseError:  # not migrated yet: then there is no project either
            continue
        hint = "Install the code of the kind again. Until then the project's pages and addresses answer 409."
        found += [
            Error(f"Project {slug!r} asks questions of the kind {kind!r}, which is not installed.", hint=hint,
                  id="config.E005")
            for slug, kind in rows
        ]  # fmt: skip
    return found
