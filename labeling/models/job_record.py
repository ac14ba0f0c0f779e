"""The state machine that every background job shares. The row is the truth; a broker message only says "look here"."""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from labeling.models.process_name import is_alive, machine_name, machine_of, process_name
from labeling.models.worker_machine import MACHINE_SILENT_AFTER_S, WorkerMachine

#: The longest time between two attempts of a job that keeps meeting an outage.
LONGEST_WAIT_S = 300
#: What an attempt that begins forgets about the one that was put back.
NO_WAIT: dict[str, Any] = {"error": "", "retry_at": None}

_BOOLEAN = models.BooleanField()


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

    def waiting(self) -> Self:
        """Rows that a message should tell a worker about."""
        return self.filter(state=JobState.QUEUED).may_be_tried()

    def claim(self, pk: Any) -> int | None:
        """Takes a queued row for this process; the attempt number (the fencing token), None if not to be had."""
        taken = self.filter(pk=pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            worker=process_name(),
            heartbeat_at=Now(),
            started_at=Coalesce("started_at", Now()),
            **NO_WAIT,
        )
        return self.values_list("attempt", flat=True).get(pk=pk) if taken else None

    def beat(self, pk: Any, attempt: int, **fields: Any) -> bool:
        """Says "still working" and stores progress; False when the attempt was fenced off: the caller must stop."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        return rows.update(heartbeat_at=Now(), **fields) == 1

    def finish(self, pk: Any, attempt: int, state: JobState, **fields: Any) -> bool:
        """Ends an attempt; False when it was fenced off."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        return rows.update(state=state, finished_at=Now(), **fields) == 1

    def put_back(self, pk: Any, attempt: int, after_s: float = 0.0) -> bool:
        """Gives an attempt's row back to be tried again in a while, or as soon as so many seconds have passed; False
        when it was fenced off."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        when: dict[str, Any] = {"heartbeat_at": Now()}
        if after_s:
            when = {"heartbeat_at": None, "retry_at": Now() + timedelta(seconds=after_s)}
        return rows.update(state=JobState.QUEUED, worker="", **when) == 1

    def put_back_for(self, pk: Any, attempt: int, words: str, retry_after_s: float) -> bool:
        """Gives an attempt's row back because of an outage: to be tried again, but not before that many seconds."""
        return self._put_back_for(pk, attempt, words, retry_after_s, state=JobState.QUEUED)

    def _put_back_for(self, pk: Any, attempt: int, words: str, retry_after_s: float, **fields: Any) -> bool:
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        fields |= {"worker": "", "heartbeat_at": None, "error": words, "put_backs": F("put_backs") + 1}
        return rows.update(retry_at=Now() + timedelta(seconds=retry_after_s), **fields) == 1

    def may_be_tried(self) -> Self:
        """Without those that wait for an outage to be over; a time too far ahead says that the clock was put back."""
        longest = Now() + timedelta(seconds=LONGEST_WAIT_S)
        return self.exclude(retry_at__gt=Now(), retry_at__lte=longest)

    def take_from_the_dead(self, pk: Any, attempt: int) -> bool:
        """Gives a row back that its worker cannot give back any more; it is announced at once (``heartbeat_at``)."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING)
        return rows.update(state=JobState.QUEUED, worker="", heartbeat_at=None) == 1

    def let_go(self, worker: str) -> int:
        """Leaves what a process holds without a worker, so that ``lost`` names it: it has ended, or its job has."""
        held = self.filter(state=JobState.RUNNING, worker=worker)
        return held.update(worker="", heartbeat_at=None) if held.exists() else 0  # mostly nothing, and no write lock

    def lost(self, *, elsewhere: bool = True) -> list[tuple[Any, int]]:
        """(id, attempt) of running rows that nobody works on.

        Nobody holds them, their process on this machine is gone, or (``elsewhere``) neither their machine nor the job
        itself has been heard of for ``MACHINE_SILENT_AFTER_S`` seconds of the database's clock.
        """
        long_ago = Now() - timedelta(seconds=MACHINE_SILENT_AFTER_S)
        silent = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=long_ago)
        running = (
            self.filter(state=JobState.RUNNING)
            .may_be_tried()
            .annotate(silent=models.ExpressionWrapper(silent, _BOOLEAN))
        )
        running = running.annotate(silent=models.ExpressionWrapper(silent, _BOOLEAN))
        rows = list(running.values_list("pk", "attempt", "worker", "silent"))
        if not rows:
            return []
        machines = {machine_name(), *WorkerMachine.objects.alive().values_list("name", flat=True)}

        def is_lost(worker: str, silent: bool) -> bool:
            if not worker:
                return True
            if machine_of(worker) == machine_name():
                return not is_alive(worker)
            return elsewhere and silent and machine_of(worker) not in machines

        return [(pk, attempt) for pk, attempt, worker, silent in rows if is_lost(worker, silent)]

    def requeue_lost(self, *, elsewhere: bool = True) -> list[Any]:
        """Puts back what dead workers held. Returns ids."""
        return [pk for pk, attempt in self.lost(elsewhere=elsewhere) if self.take_from_the_dead(pk, attempt)]


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


def job_models() -> list[type[JobRecord]]:
    """Every table of jobs, of every app."""
    return [model for model in apps.get_models() if issubclass(model, JobRecord)]


def known_state(table: str) -> models.CheckConstraint:
    """The constraint that keeps ``state`` inside the state machine."""
    return models.CheckConstraint(condition=Q(state__in=JobState.values), name=f"{table}_state_known")
