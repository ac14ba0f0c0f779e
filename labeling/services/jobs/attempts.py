"""An attempt at a job record: taken, and ended whatever happens in it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection

from labeling.models import JobRecordQuerySet, JobState
from labeling.models.job_record import LONGEST_WAIT_S
from labeling.services.jobs.liveness import kept_alive
from labeling.services.outages.causes import Cause, Outage, outage_of

log = logging.getLogger(__name__)

TRY_AGAIN_S = 1.0
#: With a sweep and a claim on top a job is back 15 s after an outage, however many it has met before.
LONGEST_PASSING_WAIT_S = 8
PUT_BACK_WORDS = {
    Cause.DISK_FULL: "Waits: the server's disk is full. It goes on by itself once there is room.",
    Cause.BUSY: "Waits: the server was busy. It goes on by itself.",
    Cause.AWAY: "Waits: the server could not reach its data. It goes on by itself.",
}

#: ``Attempt.beat``: says "still working" and stores progress. Raises FencedOff.
Beat = Callable[..., None]


class FencedOff(Exception):
    """Another attempt, or a newer epoch, has taken over: stop without a trace, what is in hand must not be stored."""


@dataclass(frozen=True)
class Attempt:
    rows: JobRecordQuerySet
    pk: int
    number: int

    def beat(self, **fields: Any) -> None:
        if not self.rows.beat(self.pk, self.number, **fields):
            raise FencedOff

    def finish(self, **fields: Any) -> None:
        if not self.rows.finish(self.pk, self.number, JobState.DONE, **fields):
            raise FencedOff

    def put_back(self, after_s: float = 0.0) -> None:
        """Not now: the row waits again, and the sweep announces it, not before so many seconds (at most 300). The
        caller stops here."""
        self.rows.put_back(self.pk, self.number, after_s)


def claimed(rows: JobRecordQuerySet, pk: int) -> int | None:
    """The number of this attempt at a queued row, or at one whose worker died; None when it is not to be had."""
    number = rows.claim(pk)
    if number is None and rows.filter(pk=pk).requeue_lost():  # the broker was faster than the sweeper
        number = rows.claim(pk)
    return number


@contextmanager
def attempt_at(rows: JobRecordQuerySet, pk: int) -> Iterator[Attempt | None]:
    """None when there is nothing to claim. What is raised inside ends the row or gives it back.

    A fenced-off attempt ends silently, an outage gives the row back to be tried again, any other error is a failed job.
    """
    number = claimed(rows, pk)
    if number is None:
        yield None
        return
    try:
        with kept_alive():
            yield Attempt(rows, pk, number)
    except FencedOff:
        log.warning("%s %s: attempt %s was fenced off", rows.model._meta.model_name, pk, number)
    except Exception as error:  # our own mistake must end the job visibly, not leave it running for ever
        if outage := outage_of(error):
            give_back(rows, pk, number, outage, error)
            return
        rows.finish(pk, number, JobState.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise


def give_back(rows: JobRecordQuerySet, pk: int, attempt: int, outage: Outage, error: BaseException) -> None:
    """Puts the row of an attempt that met an outage back: the sweeper goes on with it, later each time.

    Waits as long as the database itself is what is away or full; a worker that is ended meanwhile is found to be dead.
    """
    name = rows.model._meta.model_name
    log.warning("%s %s: attempt %s met %s, put back: %s", name, pk, attempt, outage.cause, error)
    while True:
        if not connection.in_atomic_block:  # it would be taken for one that somebody left in a wrong state
            connection.close_if_unusable_or_obsolete()
        try:
            times = rows.values_list("put_backs", flat=True).filter(pk=pk).first() or 0
            rows.put_back_for(pk, attempt, PUT_BACK_WORDS[outage.cause], wait_before_retry_s(outage, times))
            return
        except Error as again:
            # inside a transaction that is broken already no waiting helps: whoever opened it has to end it
            if outage_of(again) is None or connection.in_atomic_block:
                raise
        time.sleep(TRY_AGAIN_S)


def wait_before_retry_s(outage: Outage, times: int) -> float:
    """Doubles with every time: somebody has to make room on a disk, everything else passes by itself."""
    longest = LONGEST_WAIT_S if outage.cause is Cause.DISK_FULL else LONGEST_PASSING_WAIT_S
    return float(min(longest, outage.retry_after_s * 2.0 ** min(times, 16)))
