"""Housekeeping: what it freed, and what took how much room when it had ended."""

from django.conf import settings
from django.db import models

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class Housekeeping(JobRecord):
    """``freed``: [{kind, project_id, files, size_bytes, rows}]; ``usage``: {project number: {kind: [files, bytes]}}."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    freed = models.JSONField(default=list)
    usage = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("housekeeping")]

    def __str__(self) -> str:
        return f"housekeeping {self.pk}"

    @property
    def freed_bytes(self) -> int:
        return sum(row["size_bytes"] for row in self.freed)

    @property
    def freed_files(self) -> int:
        return sum(row["files"] for row in self.freed)

    @property
    def freed_rows(self) -> int:
        return sum(row["rows"] for row in self.freed)
