"""An item that somebody else is asked about, for a person doubts its answer."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class AskedAgain(models.Model):
    """``times``: answers wanted beyond those that the project's settings ask for, none where the item waits for one
    anyway and is only to be asked next. Kept when they are there."""

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="asked_again", db_index=False
    )
    item = models.OneToOneField("labeling.Item", on_delete=models.CASCADE, related_name="asked_again")
    times = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField(default=timezone.now, help_text="The last time.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "asked again"
        indexes = [models.Index(fields=["project"], name="asked_again_project")]

    def __str__(self) -> str:
        return f"{self.item_id}, {self.times} more"
