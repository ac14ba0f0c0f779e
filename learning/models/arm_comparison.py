"""What choosing was worth at one number of labels: the queue's answers against those of the random draws alone."""

from typing import Self

from django.db import models
from django.utils import timezone


class ArmComparisonQuerySet(models.QuerySet["ArmComparison"]):
    def in_order(self) -> Self:
        return self.order_by("labels")


class ArmComparison(models.Model):
    """``active`` and ``random`` are {value, low, high, n} on the same eval items; the difference is paired."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="arm_comparisons")
    run = models.ForeignKey("learning.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    labels = models.PositiveIntegerField(help_text="Answers each of the two models learned from.")
    metric = models.CharField(max_length=40)
    active = models.JSONField()
    random = models.JSONField()
    difference = models.FloatField(help_text="active minus random")
    low = models.FloatField()
    high = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = ArmComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["labels"]
        constraints = [models.UniqueConstraint(fields=["project", "labels"], name="arm_comparison_once")]

    def __str__(self) -> str:
        return f"arms at {self.labels} labels"
