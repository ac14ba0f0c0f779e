"""An upload that somebody looks at before it is imported: nothing of it is in the project yet."""

import uuid

from django.conf import settings
from django.db import models

from labeling.models.import_batch import ImportFormat


class ImportDraft(models.Model):
    """Becomes an import, or is let go by housekeeping after a day."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="import_drafts")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    format = models.CharField(max_length=10, choices=ImportFormat.choices)
    file_name = models.CharField(max_length=255, blank=True, help_text="As the browser sent it; shown, never trusted.")
    path = models.CharField(max_length=200, help_text="The upload in the file storage.")
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the upload as it came.")
    options = models.JSONField(default=dict, help_text="For example folder_is_label for a zip of pictures.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name or f"draft {self.pk}"

    @property
    def shown_format(self) -> str:
        return ImportFormat.shown(self.format)
