"""Machines whose workers are alive: a row says so every few seconds, whatever its jobs are busy with."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

#: A machine that has been silent for longer is taken for dead. Three of its beats fit in, one of them may fail.
MACHINE_SILENT_AFTER_S = 10.0


class WorkerMachineQuerySet(models.QuerySet["WorkerMachine"]):
    def beat(self, name: str) -> None:
        """Says that the machine is alive, by the database's clock."""
        if not self.filter(name=name).update(beat_at=Now()):
            self.update_or_create(name=name, defaults={"beat_at": Now()})

    def alive(self) -> Self:
        return self.filter(beat_at__gt=Now() - timedelta(seconds=MACHINE_SILENT_AFTER_S))


class WorkerMachine(models.Model):
    """``name`` is the first part of ``JobRecord.worker``: one kernel and one set of process numbers."""

    name = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    objects = WorkerMachineQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
