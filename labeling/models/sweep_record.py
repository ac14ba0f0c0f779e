"""When each repeated piece of work was last begun and last done, by the database's clock."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

NOTED_EVERY_S = 5.0


class SweepRecordQuerySet(models.QuerySet["SweepRecord"]):
    def done(self, name: str) -> None:
        """Notes that the work has just been finished; at most every ``NOTED_EVERY_S``, to spare the disk."""
        recent = self.filter(name=name, finished_at__gt=Now() - timedelta(seconds=NOTED_EVERY_S))
        if not recent.filter(finished_at__lte=Now()).exists():
            self.update_or_create(name=name, defaults={"finished_at": Now()})

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
