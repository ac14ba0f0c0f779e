"""A prediction that deserves a person: its content, kept until it becomes an item (decision 0117)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from learning.models.served_prediction import ServedStatus

_DOUBTS = (ServedStatus.UNSURE.value, ServedStatus.OUTLIER.value)
_CHOICES = [(one.value, one.label) for one in (ServedStatus.UNSURE, ServedStatus.OUTLIER)]


class DoubtfulPrediction(models.Model):
    """The key is that of the prediction. Of each content one row: who sends it again adds nothing.

    ``record`` is the row as it was sent, ``path`` the file of a picture; both go once ``batch`` has them. ``chance`` is
    the probability with which it was drawn among those of its sort that waited; null while it waits.
    """

    id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    content_hash = models.CharField(max_length=64)
    status = models.CharField(
        max_length=7, choices=[(one.value, one.label) for one in (ServedStatus.UNSURE, ServedStatus.OUTLIER)]
    )
    record = models.TextField(blank=True, default="", help_text="JSON.")
    path = models.CharField(max_length=200, blank=True, default="")
    size_bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    taken_at = models.DateTimeField(null=True)
    chance = models.FloatField(null=True)
    batch = models.ForeignKey(
        "labeling.ImportBatch", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["project", "status"], condition=Q(taken_at=None), name="doubt_waiting"),
            models.Index(fields=["project", "taken_at"], condition=Q(taken_at__isnull=False), name="doubt_taken"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="doubt_once_per_content"),
            models.CheckConstraint(condition=Q(status__in=_DOUBTS), name="doubt_status_known"),
            models.CheckConstraint(
                condition=Q(taken_at=None, chance=None) | Q(taken_at__isnull=False, chance__gt=0, chance__lte=1),
                name="doubt_taken_by_a_chance",
            ),
        ]

    def __str__(self) -> str:
        return f"doubt {self.pk}"
