"""Writes the trail. Called by services inside the transaction of the change: both are there, or neither is."""

import math
import re
from collections.abc import Mapping
from typing import Any

from labeling.models import AuditEvent, Project
from labeling.services.audit.actions import ACTIONS
from labeling.services.audit.origin import ORIGIN

MAX_TEXT = 2_000
MAX_ENTRIES = 1_000
MAX_SUBJECT = 300
NOT_KEPT = "(not kept)"
_SECRET = re.compile(r"passw|secret|credential|session|^(api_?)?key$|key_hash|^token$", re.I)


def record(
    action: str,
    *,
    user: Any,
    project: Project | None = None,
    subject: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """One row: ``user`` (None: a program, or nobody signed in) did ``action``, one of ``ACTIONS`` (else ValueError).

    ``before`` and ``after`` are plain values; what is named like a secret in them is never stored, long texts are cut.
    The address comes from the request under way.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is not among the actions of the trail")
    origin = ORIGIN.get()
    AuditEvent.objects.create(
        action=action,
        user_number=user.pk if user is not None else None,
        user_name=user.get_username() if user is not None and user.pk else "",
        via=origin.via,
        address=origin.address,
        request_id=origin.request_id,
        project_number=project.pk if project else None,
        project_slug=project.slug if project else "",
        subject=_storable(subject)[:MAX_SUBJECT],
        before=_kept(before),
        after=_kept(after),
    )


def record_change(
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    user: Any,
    project: Project | None = None,
    subject: str = "",
) -> None:
    """``record`` of the values that differ; nothing when none does."""
    names = [name for name in after if before.get(name) != after[name]]
    if names:
        old, new = ({name: side.get(name) for name in names} for side in (before, after))
        record(action, user=user, project=project, subject=subject, before=old, after=new)


def _kept(value: Any) -> Any:
    """As JSON can hold it and the trail may."""
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        pairs = [(_storable(str(name)), part) for name, part in list(value.items())[:MAX_ENTRIES]]
        return {name: NOT_KEPT if _SECRET.search(name) else _kept(part) for name, part in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(part) for part in list(value)[:MAX_ENTRIES]]
    text = _storable(value.isoformat() if hasattr(value, "isoformat") else str(value))
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text):,} characters)"


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL, UTF-8 no lone surrogate."""
    return re.sub("[\x00\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
