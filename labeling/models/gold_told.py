"""What somebody was told after an answer to gold: from then on another answer says nothing about the person."""

from django.db import models
from django.utils import timezone


class GoldTold(models.Model):
    """``is_right`` is the verdict on the answer that was given before."""

    task = models.OneToOneField("labeling.Task", on_delete=models.CASCADE, related_name="gold_told")
    is_right = models.BooleanField()
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "gold told"

    def __str__(self) -> str:
        return f"told of task {self.task_id}"
