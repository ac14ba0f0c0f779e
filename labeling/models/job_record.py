"""The state machine that every background job shares. The row is the truth; a broker message only says "look here"."""

import os
import socket
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

STALE_AFTER_S = 60
#: The longest time between two attempts of a job that keeps meeting an outage.
LONGEST_WAIT_S = 300
#: What an attempt that begins forgets about the one that was put back.
NO_WAIT: dict[str, Any] = {"error": "", "retry_at": None}


def worker_name() -> str:
    """``host:pid`` of this process, so that a sweeper on the same host can tell a dead worker from a busy one."""
    return f"{socket.gethostname()}:{os.getpid()}"


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class JobRecordQuerySet(models.QuerySet[Any]):
    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)

    def stale(self) -> Self:
        """Running rows whose worker has not been heard of for ``STALE_AFTER_S`` seconds."""
        return self.filter(state=JobState.RUNNING, heartbeat_at__lt=timezone.now() - timedelta(seconds=STALE_AFTER_S))

    def claim(self, pk: Any) -> int | None:
        """Takes a queued row for this process; the attempt number (the fencing token), None if not to be had."""
        now = timezone.now()
        taken = self.filter(pk=pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            worker=worker_name(),
            heartbeat_at=now,
            started_at=models.functions.Coalesce("started_at", models.Value(now)),
            **NO_WAIT,
        )
        return self.values_list("attempt", flat=True).get(pk=pk) if taken else None

    def beat(self, pk: Any, attempt: int, **fields: Any) -> bool:
        """Says "still working" and stores progress; False when the attempt was fenced off: the caller must stop."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        return rows.update(heartbeat_at=timezone.now(), **fields) == 1

    def finish(self, pk: Any, attempt: int, state: JobState, **fields: Any) -> bool:
        """Ends an attempt; False when it was fenced off."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        return rows.update(state=state, finished_at=timezone.now(), **fields) == 1

    def put_back(self, pk: Any, attempt: int) -> bool:
        """Gives an attempt's row back to be tried again; False when it was fenced off."""
        return self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING).update(state=JobState.QUEUED) == 1

    def put_back_for(self, pk: Any, attempt: int, words: str, retry_after_s: float) -> bool:
        """Gives an attempt's row back because of an outage: to be tried again, but not before that many seconds."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        retry_at = Now() + timedelta(seconds=retry_after_s)
        return rows.update(state=JobState.QUEUED, put_backs=F("put_backs") + 1, error=words, retry_at=retry_at) == 1

    def may_be_tried(self) -> Self:
        """Without those that wait for an outage to be over; a time too far ahead says that the clock was put back."""
        longest = Now() + timedelta(seconds=LONGEST_WAIT_S)
        return self.exclude(retry_at__gt=Now(), retry_at__lte=longest)

    def lost(self) -> list[tuple[Any, int]]:
        """(id, attempt) of what a dead worker holds: its process is gone on this host, or its heartbeat is stale."""
        here = f"{socket.gethostname()}:"
        stale = dict(self.stale().values_list("pk", "attempt"))
        running = self.filter(state=JobState.RUNNING, worker__startswith=here).values_list("pk", "attempt", "worker")
        return list((stale | {pk: attempt for pk, attempt, worker in running if not _alive(worker)}).items())

    def requeue_lost(self) -> list[Any]:
        """Puts back what dead workers held. Returns ids."""
        put_back = []
        for pk, attempt in self.lost():
            if self.put_back(pk, attempt):
                put_back.append(pk)
        return put_back


def _alive(worker: str) -> bool:
    pid = int(worker.rpartition(":")[2])
    if _is_zombie(pid):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    """Whether it was killed and nobody has asked for its end yet: its number still answers, some seconds or, in a
    container whose first process asks after nobody, for ever."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False  # gone, or no Linux: the signal tells
    return stat.rpartition(")")[2].split()[0] == "Z"


class JobRecord(models.Model):
    """``state`` moves queued -> running -> done | skipped | failed | cancelled, running -> queued when lost."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True, help_text="Put back because of an outage: not before then.")
    put_backs = models.PositiveIntegerField(default=0, help_text="Attempts that an outage ended; nobody's fault.")
    error = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED


def known_state(table: str) -> models.CheckConstraint:
    """The constraint that keeps ``state`` inside the state machine."""
    return models.CheckConstraint(condition=Q(state__in=JobState.values), name=f"{table}_state_known")
