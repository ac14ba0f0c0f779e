"""When each repeated piece of work was last begun and last done, by the database's clock."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

#: Of a sweep; the least that is late is a minute (``config.readiness``). Each note is a write to the disk.
NOTED_EVERY_S = 15.0


class SweepRecordQuerySet(models.QuerySet["SweepRecord"]):
    def done(self, name: str, every_s: float = 5.0) -> None:
        """Notes that the work has just been finished; at most every so many seconds, to spare the disk."""
        if not self.noted(every_s).filter(name=name).exists() and not self.filter(name=name).update(finished_at=Now()):
            self.update_or_create(name=name, defaults={"finished_at": Now()})

    def noted(self, within_s: float) -> Self:
        """Work that was finished so many seconds ago at most; a time that is still to come says the clock was set."""
        return self.filter(finished_at__gt=Now() - timedelta(seconds=within_s), finished_at__lte=Now())

    def older_than(self, age_s: float) -> Self:
        """Work that was last finished longer ago than this, or never."""
        return self.filter(Q(finished_at__isnull=True) | Q(finished_at__lt=Now() - timedelta(seconds=age_s)))

    def claim(self, name: str, every_s: float) -> bool:
        """True for one of all processes that ask, once in ``every_s`` seconds.

        A beginning that lies in the future says that the clock was put back: it does not keep the work waiting.
        """
        self.get_or_create(name=name)
        due = Q(started_at__isnull=True) | Q(started_at__lte=Now() - timedelta(seconds=every_s))
        return self.filter(due | Q(started_at__gt=Now()), name=name).update(started_at=Now()) == 1


class SweepRecord(models.Model):
    """One row a name; a sweep runs in every scheduler, nightly work in whichever claims it."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SweepRecordQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
