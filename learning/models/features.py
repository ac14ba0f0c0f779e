"""Where the features of a project's items are kept: float32 shards in the file storage."""

from django.db import models
from django.utils import timezone

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state

SHARD_ROWS = 65_536


class EncoderVersion(models.Model):
    """A fitted encoder. Its state is a file; the name is unique per project and says everything that shaped it."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="encoder_versions")
    version = models.CharField(max_length=120)
    dimension = models.PositiveIntegerField()
    fitted_on = models.PositiveIntegerField(default=0, help_text="Items there were when it was fitted.")
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    is_current = models.BooleanField(default=False)
    dropped_at = models.DateTimeField(null=True, blank=True, help_text="Housekeeping let its file go.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="encoder_version_once"),
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(is_current=True), name="encoder_one_current_per_project"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class FeatureShard(models.Model):
    """Rows ``number * 65536`` up to ``number * 65536 + rows`` of a project's items, by ordinal."""

    encoder = models.ForeignKey(EncoderVersion, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    decoder = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="What decoded the items; empty where nothing had to.",
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["encoder", "number"], name="shard_number_once"),
            models.CheckConstraint(condition=models.Q(rows__gt=0, rows__lte=SHARD_ROWS), name="shard_rows_in_range"),
        ]

    def __str__(self) -> str:
        return f"shard {self.number}"


class FeaturePart(JobRecord):
    """The features of the items from ordinal ``first`` on, ``rows`` of them, while a run waits for many: computed by
    any worker, kept as a file until the run has put them into shards, then gone."""

    encoder = models.ForeignKey(EncoderVersion, on_delete=models.CASCADE, related_name="parts", db_index=False)
    first = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    path = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["first"]
        constraints = [
            known_state("feature_part"),
            models.UniqueConstraint(fields=["encoder", "first"], name="feature_part_once"),
        ]

    def __str__(self) -> str:
        return f"rows {self.first} to {self.first + self.rows}"
