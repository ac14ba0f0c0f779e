"""What a model answered a program outside: one row a prediction, kept for a while (decision 0115)."""

import secrets
import time
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

_RANDOM_BITS = 20


class ServedStatus(models.TextChoices):
    """``unsure``: like what was learned from, but undecided; ``outlier``: unlike anything learned from."""

    OK = "ok"
    UNSURE = "unsure"
    OUTLIER = "outlier"


class Band(models.TextChoices):
    """How sure the model is; empty where it does not say."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ServedPrediction(models.Model):
    """The key is made by who inserts and rises with time (``first_id``): no row is read back, and old ones are a range.

    ``content_hash`` names the content as an item's does. ``answer`` is what the kind's answers look like, by identities
    of labels, and empty of an outlier; ``sure`` from 0 to 1, null where the model does not say.
    """

    id = models.BigIntegerField(primary_key=True)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    # their rows go with the project, or rarely: an index of each would be written with every prediction
    model_version = models.ForeignKey(
        "learning.ModelVersion", on_delete=models.CASCADE, related_name="served", db_index=False
    )
    token = models.ForeignKey(
        "labeling.ApiToken", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    content_hash = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    sure = models.FloatField(null=True)
    band = models.CharField(max_length=6, choices=Band.choices, blank=True, default="")
    status = models.CharField(max_length=7, choices=ServedStatus.choices)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["project", "id"], name="served_by_project")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ServedStatus.values), name="served_status_known"),
            models.CheckConstraint(condition=Q(band__in=["", *Band.values]), name="served_band_known"),
        ]

    def __str__(self) -> str:
        return f"prediction {self.pk}"


def first_id() -> int:
    """The key of the first row of a request, the others follow it: milliseconds since 1970, then 20 random bits."""
    return (time.time_ns() // 1_000_000 << _RANDOM_BITS) + secrets.randbits(_RANDOM_BITS)


def ids_before(moment: datetime) -> int:
    """Every key below it is of an earlier moment."""
    return int(moment.timestamp() * 1000) << _RANDOM_BITS
