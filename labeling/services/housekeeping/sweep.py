"""Every two seconds: leases that ran out, jobs whose worker died, jobs nobody picked up, uploads left behind."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce, Now

from labeling.models import (
    BulkStep,
    Housekeeping,
    ImportBatch,
    JobRecordQuerySet,
    JobState,
    OverlapChange,
    Playback,
    ProjectDeletion,
    Relabeling,
    Snapshot,
    SweepRecord,
)
from labeling.services.housekeeping.clock_watch import ClockWatch
from labeling.services.jobs.enqueue import enqueue, messages_waiting
from labeling.services.serving.leases import end_leases

log = logging.getLogger(__name__)

#: A message that was just sent may still be on its way.
JUST_ANNOUNCED_S = 5
#: How long a job that a later one has overtaken is given: its message may wait in a worker that is about to take it.
OVERTAKEN_AFTER_S = 30

watch = ClockWatch()


def sweep_labeling() -> dict[str, Any]:
    """Does all of it; counts what was done. What fails keeps nothing else from being done, and is raised at the end."""
    parts: dict[str, Callable[[], int]] = {
        "clock": watch.look,
        "leases": end_leases,
        "imports": lambda: wake_waiting(ImportBatch.objects.all(), "labeling.run_import"),
        "snapshots": lambda: wake_waiting(Snapshot.objects.all(), "labeling.run_snapshot"),
        "deletions": lambda: wake_waiting(ProjectDeletion.objects.all(), "labeling.delete_project"),
        "overlaps": lambda: wake_waiting(OverlapChange.objects.all(), "labeling.apply_overlap"),
        "relabelings": lambda: wake_waiting(Relabeling.objects.all(), "labeling.relabel"),
        "playbacks": lambda: wake_waiting(Playback.objects.all(), "labeling.play"),
        "bulk steps": lambda: wake_waiting(BulkStep.objects.all(), "labeling.run_bulk_step"),
        "housekeeping": lambda: wake_waiting(Housekeeping.objects.all(), "labeling.run_housekeeping"),
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
    """Puts back what dead workers held and announces it; announces again what waits and whose message was lost.

    ``heartbeat_at`` of a waiting row is when it was last announced. A message is only sent again when the one before
    cannot be in the queue any more: a job that waits for hours behind long ones costs one message.
    """
    for pk, attempt in rows.lost(elsewhere=watch.trusts_silence):
        rows.take_from_the_dead(pk, attempt)
    found = rows.waiting().annotate(announced_at=Coalesce("heartbeat_at", "created_at"))
    just_lost = Q(heartbeat_at__isnull=True, attempt__gt=0)
    due = found.filter(just_lost | Q(announced_at__lt=Now() - timedelta(seconds=JUST_ANNOUNCED_S)))
    waiting = list(due.order_by("pk").values_list("pk", "attempt", "heartbeat_at"))
    if not waiting:
        return 0
    lost = {pk for pk, attempt, announced_at in waiting if announced_at is None and attempt}
    messages = messages_waiting() if len(lost) < len(waiting) else None
    if messages == 0:
        chosen = [pk for pk, *_ in waiting]
    else:
        overtaken = _overtaken(due) if messages else set()
        chosen = [pk for pk, *_ in waiting if pk in lost or pk in overtaken]
    woken = 0
    for pk in chosen:
        if rows.waiting().filter(pk=pk).update(heartbeat_at=Now(), retry_at=None):
            woken += enqueue(job, pk)
    if woken:
        log.info("%s: %s announced again, %s of them lost by a worker", job, woken, len(lost))
    return woken


def _overtaken(due: JobRecordQuerySet) -> set[int]:
    """Those after whose announcement a job was made that has begun: the queue keeps their order."""
    begun = due.model._default_manager.filter(started_at__isnull=False).order_by("-created_at")
    long_ago = Now() - timedelta(seconds=OVERTAKEN_AFTER_S)
    late = due.filter(announced_at__lt=long_ago)
    return set(late.filter(announced_at__lt=Subquery(begun.values("created_at")[:1])).values_list("pk", flat=True))


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
