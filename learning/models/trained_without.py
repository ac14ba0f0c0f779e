"""What a model would be worth that had not learned from some people: measured once, on request, and never in use."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state


class TrainedWithout(JobRecord):
    """No version comes of it: nothing here can be promoted, and no ranking follows from it.

    ``users`` and ``names`` (imported ones) are left out of the answers that ``run`` was frozen with, on both sides of
    the split. ``result`` is None until it is done, see :class:`learning.families.labels.without_people.WithoutPeople`.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey("learning.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    users = models.JSONField(default=list)
    names = models.JSONField(default=list)
    people = models.JSONField(default=list, help_text="What they were called when it was asked for.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    result: Any = models.JSONField(null=True)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known_state("trained_without"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=["queued", "running"]), name="trained_without_one_open"
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="trained_without_newest")]

    def __str__(self) -> str:
        return f"trained without {', '.join(self.people)}"
