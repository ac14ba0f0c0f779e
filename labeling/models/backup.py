"""Backups: while one is under way, files that its copy of the database names must stay."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

HOLDS_FOR_S = 120


class BackupQuerySet(models.QuerySet["Backup"]):
    def under_way(self) -> Self:
        """Not ended, and heard of within ``HOLDS_FOR_S`` seconds: a killed one holds nothing for long."""
        alive = Q(heartbeat_at__gt=Now() - timedelta(seconds=HOLDS_FOR_S))
        return self.filter(alive, finished_at=None)


class Backup(models.Model):
    """One call of ``manage.py backup``: whoever deletes a file asks first whether one is under way."""

    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    is_whole = models.BooleanField(default=False, help_text="Ended with everything the database named.")
    size_bytes = models.BigIntegerField(default=0)
    file_count = models.BigIntegerField(default=0)

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"backup {self.pk}"
