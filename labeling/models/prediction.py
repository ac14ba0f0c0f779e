"""What a machine said of an item or a pair. No annotation: it is asked for by name or not read at all."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.item import Item
from labeling.models.machine import MachineVersion
from labeling.models.pair import Pair


class PredictionImport(models.Model):
    """One request that brought predictions, and what became of each of its rows."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="prediction_imports", db_index=False
    )
    version = models.ForeignKey(MachineVersion, on_delete=models.CASCADE, related_name="imports")
    created_at = models.DateTimeField(default=timezone.now)
    sha256 = models.CharField(max_length=64, help_text="Of what was sent.")
    total = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField(help_text="Rows that said what was known already.")
    rejections = models.JSONField(default=list, help_text="Row number and reason of each row that was refused.")

    class Meta:
        indexes = [models.Index(fields=["project", "id"], name="prediction_import_of_project")]

    def __str__(self) -> str:
        return str(self.public_id)


class Prediction(models.Model):
    """``answer`` as people's answers are stored, of a pair with its first item on the left. One an item (a pair) and
    version: rows are added and deleted, never changed."""

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="predictions", db_index=False
    )
    version = models.ForeignKey(MachineVersion, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    item = models.ForeignKey(Item, null=True, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    pair = models.ForeignKey(Pair, null=True, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    answer = models.JSONField()
    probabilities = models.JSONField(null=True, help_text="By label as it is stored, where the machine gave them.")
    cost = models.FloatField(null=True, help_text="What it cost, in the unit of the machine's owner.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "item"], condition=Q(item__isnull=False), name="prediction_once_per_item"
            ),
            models.UniqueConstraint(
                fields=["version", "pair"], condition=Q(pair__isnull=False), name="prediction_once_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False, pair__isnull=True) | Q(item__isnull=True, pair__isnull=False),
                name="prediction_of_one_subject",
            ),
            models.CheckConstraint(condition=Q(cost__isnull=True) | Q(cost__gte=0), name="prediction_costs_something"),
        ]
        indexes = [
            models.Index(fields=["item"], condition=Q(item__isnull=False), name="prediction_of_item"),
            models.Index(fields=["pair"], condition=Q(pair__isnull=False), name="prediction_of_pair"),
            models.Index(fields=["project", "id"], name="prediction_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.answer}"
