"""An attempt at a job record: taken, and ended whatever happens in it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError

from labeling.models import JobRecordQuerySet, JobState

log = logging.getLogger(__name__)

#: ``Attempt.beat``: says "still working" and stores progress. Raises FencedOff.
Beat = Callable[..., None]


class FencedOff(Exception):
    """Another attempt has taken over: stop without a trace."""


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

    def put_back(self) -> None:
        """Not now: the row waits again, and the sweep announces it. The caller stops here."""
        self.rows.put_back(self.pk, self.number)


@contextmanager
def attempt_at(rows: JobRecordQuerySet, pk: int) -> Iterator[Attempt | None]:
    """None when there is nothing to claim. What is raised inside ends the row or gives it back.

    A fenced-off attempt ends silently, trouble of the database gives the row back, any other error is a failed job.
    """
    number = rows.claim(pk)
    if number is None and rows.filter(pk=pk).requeue_lost():  # the broker was faster than the sweeper
        number = rows.claim(pk)
    if number is None:
        yield None
        return
    try:
        yield Attempt(rows, pk, number)
    except FencedOff:
        log.warning("%s %s: attempt %s was fenced off", rows.model._meta.model_name, pk, number)
    except OperationalError:  # the database was busy or away: the sweeper goes on
        with suppress(OperationalError):  # still away: then the silent heartbeat gives it back
            rows.put_back(pk, number)
        raise
    except Exception as error:  # our own mistake must end the job visibly, not leave it running for ever
        rows.finish(pk, number, JobState.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
