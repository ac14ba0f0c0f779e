"""A file of rows that the model answers in the background, and what it said of them."""

from typing import Any

from django.conf import settings
from django.db import models

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state


class PredictionFile(JobRecord):
    """One version answers all of it: ``model_version``, fixed by the first rows; ``version_asked`` where one was named.

    ``path`` is the upload, let go of at the end; ``parts`` what was answered so far, ``[name, sha256, rows]`` each, of
    rows 1 to ``cursor``. The counts are of these rows by what became of them.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    token = models.ForeignKey(
        "labeling.ApiToken", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    model_version = models.ForeignKey(
        "learning.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    version_asked = models.IntegerField(null=True)
    force = models.BooleanField(default=False)
    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=10)
    options: Any = models.JSONField(default=dict)
    path = models.CharField(max_length=255, blank=True, default="")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    total = models.BigIntegerField(null=True)
    cursor = models.BigIntegerField(default=0)
    ok = models.BigIntegerField(default=0)
    unsure = models.BigIntegerField(default=0)
    outliers = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    parts: Any = models.JSONField(default=list)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("prediction_file")]
        indexes = [models.Index(fields=["project", "id"], name="prediction_file_by_project")]

    def __str__(self) -> str:
        return f"predictions of {self.file_name}"

    @property
    def has_result(self) -> bool:
        """Whether what was answered can be read, all of it or what came before an early end: not while it goes on."""
        return self.is_finished and bool(self.parts)
