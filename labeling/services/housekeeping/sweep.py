"""Every two seconds: leases that ran out, jobs whose worker died, jobs nobody picked up, uploads left behind."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from labeling.db.job_tables import jobs_in
from labeling.db.prepared import PreparedRows
from labeling.models import (
    BulkStep,
    Housekeeping,
    ImportBatch,
    JobRecord,
    JobRecordQuerySet,
    JobState,
    OverlapChange,
    Playback,
    ProjectDeletion,
    Relabeling,
    Snapshot,
    SweepRecord,
    Task,
    TaskState,
)
from labeling.models.job_record import UNFINISHED
from labeling.models.sweep_record import NOTED_EVERY_S
from labeling.services.housekeeping.clock_watch import ClockWatch
from labeling.services.jobs.enqueue import enqueue, messages_waiting
from labeling.services.serving.leases import end_leases

log = logging.getLogger(__name__)

#: A message that was just sent may still be on its way.
JUST_ANNOUNCED_S = 5
#: How long a job that a later one has overtaken is given: its message may wait in a worker that is about to take it.
OVERTAKEN_AFTER_S = 30

watch = ClockWatch()

#: What is done for each table of jobs, by the name under which it is counted.
JOBS: Mapping[str, tuple[type[JobRecord], str]] = {
    "imports": (ImportBatch, "labeling.run_import"),
    "snapshots": (Snapshot, "labeling.run_snapshot"),
    "deletions": (ProjectDeletion, "labeling.delete_project"),
    "overlaps": (OverlapChange, "labeling.apply_overlap"),
    "relabelings": (Relabeling, "labeling.relabel"),
    "playbacks": (Playback, "labeling.play"),
    "bulk steps": (BulkStep, "labeling.run_bulk_step"),
    "housekeeping": (Housekeeping, "labeling.run_housekeeping"),
}

# Compiled once: where nobody does anything, building these was most of what a day cost.
_open_tasks = PreparedRows(lambda: Task.objects.filter(state=TaskState.OPEN).order_by().values_list("pk")[:1])
_left_behind = PreparedRows(lambda: _ended_uploads().values_list("pk")[:1])
_noted = PreparedRows(lambda name: SweepRecord.objects.noted(NOTED_EVERY_S).filter(name=name).values_list("name"))


def sweep_labeling() -> dict[str, Any]:
    """Does all of it; counts what was done. What fails keeps nothing else from being done, and is raised at the end."""
    outcome: dict[str, Any] = dict.fromkeys(JOBS, 0)
    errors: list[Exception] = []
    try:
        waking = _waking(JOBS)
    except Exception as error:  # noqa: BLE001 - raised below; a table that cannot be asked keeps nothing else from being done
        errors.append(error)
        waking = _wakers(JOBS)
    parts: dict[str, Callable[[], int]] = {
        "clock": watch.look,
        "leases": lambda: end_leases() if _open_tasks() else 0,
        **waking,
        "uploads": lambda: _drop_finished_uploads() if _left_behind() else 0,
    }
    for name, part in parts.items():
        try:
            outcome[name] = part()
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)
    if errors:
        raise ExceptionGroup("sweep", errors)
    note_sweep("labeling")
    return outcome


def note_sweep(name: str) -> None:
    """Notes that the sweep has just been finished, where it was not a moment ago."""
    if not _noted(name):
        SweepRecord.objects.done(name, NOTED_EVERY_S)


def _waking(jobs: Mapping[str, tuple[type[JobRecord], str]]) -> dict[str, Callable[[], int]]:
    """What announces those of which there is something to announce."""
    unfinished = jobs_in(*UNFINISHED)
    return _wakers({name: (model, job) for name, (model, job) in jobs.items() if model in unfinished})


def _wakers(jobs: Mapping[str, tuple[type[JobRecord], str]]) -> dict[str, Callable[[], int]]:
    return {
        name: partial(wake_waiting, model._default_manager.all(), job)  # type: ignore[arg-type]  # it is every job's
        for name, (model, job) in jobs.items()
    }


def wake_all(jobs: Mapping[str, tuple[type[JobRecord], str]]) -> dict[str, int]:
    """``wake_waiting`` of several tables; none of them costs anything where nothing waits."""
    return dict.fromkeys(jobs, 0) | {name: wake() for name, wake in _waking(jobs).items()}


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


def _ended_uploads() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.exclude(state__in=(JobState.QUEUED, JobState.RUNNING)).exclude(path="")


def _drop_finished_uploads() -> int:
    """Removes uploads whose import ended in the moment before their file was deleted."""
    left_behind = list(_ended_uploads()[:100])
    if not left_behind:
        return 0
    from labeling.services.imports.run import drop_upload  # noqa: PLC0415  # brings Arrow, 30 MB, into the scheduler

    for batch in left_behind:
        drop_upload(batch)
    return len(left_behind)
