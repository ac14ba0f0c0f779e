"""Rows that only matter for a while: sessions that ran out, attempts to sign in, the rejected rows of old imports,
uploads that were looked at and not imported."""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from labeling.models import Housekeeping, ImportDraft, ImportRejection
from labeling.models.job_record import UNFINISHED
from labeling.services.housekeeping.rules import Freed
from labeling.services.jobs.attempts import Beat

BATCH_ROWS = 2_000
#: How long an upload waits for the person who looks at it; its file goes as a stray, a day after it.
DRAFTS_FOR = timedelta(days=1)


def drop_old_rows(beat: Beat) -> list[Freed]:
    """The trail of who changed what is not among them: it stays."""
    now = timezone.now()
    signed_in_before = now - timedelta(days=settings.RETAIN_SIGN_INS_DAYS)
    imported_before = now - timedelta(days=settings.RETAIN_REJECTIONS_DAYS)
    ended = ImportRejection.objects.exclude(batch__state__in=UNFINISHED)
    old: dict[str, list[QuerySet[Any]]] = {
        "sessions": [Session.objects.filter(expire_date__lt=now)],
        "sign-ins": [
            model.objects.filter(attempt_time__lt=signed_in_before)
            for model in (AccessAttempt, AccessFailureLog, AccessLog)
        ],
        "rejections": [ended.filter(batch__finished_at__lt=imported_before)],
        "drafts of imports": [ImportDraft.objects.filter(created_at__lt=now - DRAFTS_FOR)],
        "housekeepings": [
            Housekeeping.objects.filter(finished_at__lt=now - timedelta(days=settings.RETAIN_SIGN_INS_DAYS))
        ],
    }
    return [Freed(kind, rows=sum(_delete(some, beat) for some in rows)) for kind, rows in old.items()]


def _delete(rows: QuerySet[Any], beat: Beat) -> int:
    """In batches: one long statement would keep everybody else from writing."""
    deleted = 0
    while batch := list(rows.order_by().values_list("pk", flat=True)[:BATCH_ROWS]):
        beat()
        deleted += rows.model._default_manager.filter(pk__in=batch).delete()[0]
    return deleted
