"""What happens to accounts outside of our services: wrong passwords, and users made or changed by whatever way."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.db import DatabaseError, transaction
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from labeling.models import AuditEvent, User
from labeling.services.audit.trail import record, record_change

#: Stands for a name that nobody has: people type passwords there.
UNKNOWN = "(no such user)"
#: More wrong passwords than this are not recorded: guessing must not fill the disk.
FAILURES_AN_HOUR = 1_000
FIELDS = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")


def connect() -> None:
    """Called once when Django is ready, after django-axes, whose verdict is read."""
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit")
    pre_save.connect(remember_user, sender=User, dispatch_uid="audit")
    post_save.connect(user_saved, sender=User, dispatch_uid="audit")


def sign_in_failed(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """One row an attempt that was looked at; the one that used up the last says so. Refused ones leave none."""
    if request is not None and not getattr(request, "sign_in_attempt", None):
        return
    name = str(credentials.get("username") or "")
    is_locked = bool(getattr(request, "axes_locked_out", False))
    try:
        with transaction.atomic():
            if not _are_too_many():
                known = "\0" not in name and User.objects.filter(username=name).exists()
                subject = name if known else UNKNOWN
                record("sign_in.locked_out" if is_locked else "sign_in.failed", user=None, subject=subject)
    except DatabaseError:  # a wrong password stays a wrong password while the database is busy
        return


def _are_too_many() -> bool:
    failures = AuditEvent.objects.filter(action__in=("sign_in.failed", "sign_in.locked_out")).order_by("-pk")
    oldest = failures.values_list("at", flat=True)[FAILURES_AN_HOUR - 1 : FAILURES_AN_HOUR].first()
    return oldest is not None and oldest > timezone.now() - timedelta(hours=1)


def remember_user(instance: User, update_fields: Any = None, **_: Any) -> None:
    """What the row says before it is written; a sign-in, which only notes its time, costs nothing."""
    if update_fields is not None and not set(update_fields) & set(FIELDS):
        return
    instance._recorded = User.objects.filter(pk=instance.pk).values(*FIELDS).first()  # type: ignore[attr-defined]


def user_saved(instance: User, created: bool, update_fields: Any = None, **_: Any) -> None:
    """``_changed_by`` is who did it, set by the console; a command has nobody."""
    if update_fields is not None and not set(update_fields) & set(FIELDS):
        return
    by = getattr(instance, "_changed_by", None)
    now = {name: getattr(instance, name) for name in FIELDS}
    if created:
        record("user.created", user=by, subject=instance.username, after=now)
        return
    record_change("user.changed", getattr(instance, "_recorded", None) or {}, now, user=by, subject=instance.username)
