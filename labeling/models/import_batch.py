"""An import: one upload on its way into a project."""

from typing import Self

from django.conf import settings
from django.db import models

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class ImportFormat(models.TextChoices):
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    ZIP = "zip"
    IMAGE = "image"
    ROWS = "rows"

    @classmethod
    def shown(cls, name: str) -> str:
        """A format as people write it."""
        return _SHOWN.get(name, name)


_SHOWN = {
    "csv": "CSV", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "zip": "ZIP", "image": "Picture",
    "rows": "Rows",
}  # fmt: skip


class ImportBatchQuerySet(JobRecordQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-pk")


class ImportBatch(JobRecord):
    """``cursor`` is moved in the transaction that stores a chunk: after kill -9 the next attempt goes on from there."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    format = models.CharField(max_length=10, choices=ImportFormat.choices)
    file_name = models.CharField(max_length=255, blank=True, help_text="As the browser sent it; shown, never trusted.")
    path = models.CharField(max_length=200, help_text="The upload in the file storage.")
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the upload as it came.")
    options = models.JSONField(default=dict, help_text="For example folder_is_label for a zip of pictures.")
    cursor = models.BigIntegerField(default=0, help_text="Rows (or zip entries) dealt with.")
    notes = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="What was found and said: sentences for one and for many, and the count.",
    )
    certificate = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="What was counted beside the columns below, chunk by chunk, and what was checked at the end.",
    )
    total = models.BigIntegerField(null=True, help_text="Rows in the file, once known.")
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("import")]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.file_name or f"import {self.pk}"

    @property
    def shown_format(self) -> str:
        return ImportFormat.shown(self.format)


class ImportRejection(models.Model):
    """A row that did not go in. ``row`` counts data rows from 1 as a person reading the file would."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rejections")
    row = models.BigIntegerField()
    name = models.CharField(max_length=255, blank=True, help_text="External id or file name, when there is one.")
    field = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["row", "pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="rejection_once_per_row")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"
