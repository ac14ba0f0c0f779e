"""Raises and resolves alerts. Raising again what is open counts, it does not add."""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from labeling.models import Project, User
from labeling.services.audit.trail import record
from labeling.services.validation.errors import Invalid
from learning.models import Alert, AlertKind, Run, Severity

_MESSAGE = 1_000


def raise_alert(
    project: Project,
    kind: AlertKind,
    message: str,
    *,
    subject: str = "",
    severity: Severity = Severity.ERROR,
    run: Run | None = None,
) -> None:
    """Opens an alert, or counts the open one of the same kind and subject once more, with the newest message."""
    fields = {"severity": severity, "message": message[:_MESSAGE], "last_seen_at": timezone.now(), "run": run}
    same = Alert.objects.filter(project=project, kind=kind, subject=subject).open()
    if same.update(times=F("times") + 1, **fields):
        return
    try:
        with transaction.atomic():
            Alert.objects.create(project=project, kind=kind, subject=subject, **fields)
    except IntegrityError:  # somebody opened it between the look and the insert
        same.update(times=F("times") + 1, **fields)


def is_over(project: Project, *kinds: AlertKind) -> int:
    """Resolves the open alerts of these kinds without a person: what they were about has been seen to work."""
    return Alert.objects.filter(project=project, kind__in=kinds).open().update(resolved_at=timezone.now())


@transaction.atomic
def resolve(user: User, alert: Alert) -> Alert:
    """A person has looked. Raises Invalid when it is resolved already."""
    now = timezone.now()
    if not Alert.objects.filter(pk=alert.pk).open().update(resolved_at=now, resolved_by=user):
        raise Invalid("resolved_at", "The alert is resolved already.")
    record("alert.resolved", user=user, project=alert.project, subject=alert.get_kind_display())
    alert.refresh_from_db()
    return alert
