"""Simulated people at work in a sample project, whose true labels are known (decision 0110)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.job_record import UNFINISHED, JobRecord, JobRecordQuerySet, known_state


class Playback(JobRecord):
    """``done`` of ``total`` questions were answered; fewer where nothing was left to ask."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="playbacks")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    is_live = models.BooleanField(
        help_text="The true labels, at a pace that one can watch; else people who err, each model awaited."
    )
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known_state("playback"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=UNFINISHED), name="playback_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"playback of {self.project}"
