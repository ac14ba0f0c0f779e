"""An item that is put to more people than the settings ask for: a person doubts its answer, or the queue does."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class AskedAgain(models.Model):
    """``times``: answers wanted beyond those that the project's settings ask for, none where the item waits for one
    anyway and is only to be asked next. ``opinions``: answers that the queue has asked for in all by the last second
    opinion, 0 where it asked for none. Both are kept when they are there."""

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="asked_again", db_index=False
    )
    item = models.OneToOneField("labeling.Item", on_delete=models.CASCADE, related_name="asked_again")
    times = models.PositiveSmallIntegerField(default=0)
    opinions = models.PositiveSmallIntegerField(default=0, db_default=0)
    asked_at = models.DateTimeField(
        default=timezone.now, null=True, help_text="The last time a person did; none where only the queue did."
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "asked again"
        indexes = [models.Index(fields=["project"], name="asked_again_project")]

    def __str__(self) -> str:
        return f"{self.item_id}, {self.times} more, {self.opinions} by the queue"
