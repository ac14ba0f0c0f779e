from django.conf import settings
from django.db import models

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class Snapshot(JobRecord):
    """An immutable data set version: a file that is byte-identical for ever, named by its hash."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="snapshots")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    format = models.CharField(max_length=40, help_text="A name in the registry of formats.")
    rows = models.CharField(max_length=40, help_text="A name in the registry of row shapes.")
    filters = models.JSONField(default=dict)
    last_annotation_id = models.BigIntegerField(default=0, help_text="Nothing newer is inside.")
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    row_count = models.BigIntegerField(default=0)
    certificate = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="What was counted while the file was written; empty for snapshots of before 2026-11-30.",
    )

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("snapshot")]

    def __str__(self) -> str:
        return f"snapshot {self.sha256[:12] or self.public_id}"
