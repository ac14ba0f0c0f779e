"""A small model being taught by a large one: a job, asked for by a person, of which a version comes."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state


class Distillation(JobRecord):
    """``student`` is the version that came of it, whether it was accepted or refused; ``result`` what was measured of
    the two, side by side, None until it is done."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    teacher = models.ForeignKey("learning.ModelVersion", on_delete=models.CASCADE, related_name="distillations")
    student = models.OneToOneField(
        "learning.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="distilled_by"
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    seed = models.BigIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result: Any = models.JSONField(null=True)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known_state("distillation"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=["queued", "running"]), name="distillation_one_open"
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="distillation_newest")]

    def __str__(self) -> str:
        return f"distillation of {self.teacher}"
