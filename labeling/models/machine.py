"""A machine in a project: a program or an outside model that says what it takes items to be. It is nobody's account."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class MachineQuerySet(models.QuerySet["Machine"]):
    def at_work(self) -> Self:
        """Those that were not ended."""
        return self.filter(ended_at__isnull=True)


class Machine(models.Model):
    """A row of its own and no user: what asks for people never meets one (decision 0087)."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="machines", db_index=False)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who answers for it.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    #: As DRF asks of whoever a request is from.
    is_authenticated = True
    is_active = True

    objects = MachineQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="machine_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="machine_is_named"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_username(self) -> str:
        """What log lines call it."""
        return f"machine:{self.pk}"


class MachineVersion(models.Model):
    """What a machine was when it predicted: its predictions belong to a version and never change."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="versions", db_index=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["machine", "name"], name="machine_version_once"),
            models.CheckConstraint(condition=~Q(name=""), name="machine_version_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.machine} {self.name}"
