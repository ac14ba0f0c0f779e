"""Every ten seconds: leases that ran out, jobs whose worker died, jobs nobody picked up, uploads left behind."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from labeling.models import (
    ImportBatch,
    JobRecordQuerySet,
    JobState,
    OverlapChange,
    ProjectDeletion,
    Snapshot,
    SweepRecord,
)
from labeling.services.tasks import expire_overdue
from labeling.services.wake import wake

log = logging.getLogger(__name__)

WAKE_AGAIN_AFTER_S = 30


def sweep_labeling() -> dict[str, Any]:
    """Does all of it; counts what was done. What fails keeps nothing else from being done, and is raised at the end."""
    parts: dict[str, Callable[[], int]] = {
        "leases": expire_overdue,
        "imports": lambda: wake_waiting(ImportBatch.objects.all(), "labeling.run_import"),
        "snapshots": lambda: wake_waiting(Snapshot.objects.all(), "labeling.run_snapshot"),
        "deletions": lambda: wake_waiting(ProjectDeletion.objects.all(), "labeling.delete_project"),
        "overlaps": lambda: wake_waiting(OverlapChange.objects.all(), "labeling.apply_overlap"),
        "uploads": _drop_finished_uploads,
    }
    outcome: dict[str, Any] = {}
    errors: list[Exception] = []
    for name, part in parts.items():
        try:
            outcome[name] = part()
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)
    if errors:
        raise ExceptionGroup("sweep", errors)
    SweepRecord.objects.done("labeling")
    return outcome


def wake_waiting(rows: JobRecordQuerySet, job: str) -> int:
    """Puts back what dead workers held and announces it, and announces again what waits without being picked up.

    ``heartbeat_at`` of a queued row is when it was last announced, so a busy worker is not flooded with messages.
    """
    lost = rows.requeue_lost()
    now = timezone.now()
    long_ago = now - timedelta(seconds=WAKE_AGAIN_AFTER_S)
    waiting = (
        rows.filter(state=JobState.QUEUED)
        .may_be_tried()
        .filter(
            Q(pk__in=lost)
            | Q(retry_at__isnull=False)
            | Q(heartbeat_at__lt=long_ago)
            | Q(heartbeat_at__isnull=True, created_at__lt=long_ago)
        )
    )
    woken = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        rows.filter(pk=pk, state=JobState.QUEUED).update(heartbeat_at=now, retry_at=None)
        woken += wake(job, pk)
    if woken:
        log.info("%s: %s announced again, %s of them lost by a worker", job, woken, len(lost))
    return woken


def _drop_finished_uploads() -> int:
    """Removes uploads whose import ended in the moment before their file was deleted."""
    ended = ImportBatch.objects.exclude(state__in=(JobState.QUEUED, JobState.RUNNING)).exclude(path="")
    left_behind = list(ended[:100])
    if not left_behind:
        return 0
    from labeling.services.imports.run import drop_upload  # noqa: PLC0415  # brings Arrow, 30 MB, into the scheduler

    for batch in left_behind:
        drop_upload(batch)
    return len(left_behind)
