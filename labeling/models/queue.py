"""The published head of a ranking. Labeling reads it; learning publishes it through services/queue."""

from django.db import models
from django.utils import timezone

from labeling.models.task import Reason


class Epoch(models.Model):
    """One published ranking. Becomes visible as a whole when ``Project.epoch`` moves to its number."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="epochs")
    number = models.PositiveIntegerField()
    strategy = models.CharField(max_length=40)
    model_version = models.PositiveIntegerField(null=True, help_text="Number of the model version that ranked.")
    pool_size = models.BigIntegerField(help_text="Pool items that were ranked.")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="epoch_number_once")]

    def __str__(self) -> str:
        return f"epoch {self.number} of {self.project_id}"


class QueueEntry(models.Model):
    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="entries", db_index=False)
    rank = models.PositiveIntegerField()
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="+", db_index=False)
    utility = models.FloatField(help_text="Higher means sooner.")
    propensity = models.FloatField(help_text="Probability of this pick at its place in the draw of this ranking.")
    slots_taken = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Answers of the item the ranking knew of: what was asked beyond them waits."
    )
    reason = models.CharField(
        max_length=20, null=True, choices=Reason.choices, help_text="Why it is put, where not for the strategy's sake."
    )

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "queue entries"
        constraints = [
            models.UniqueConstraint(fields=["epoch", "rank"], name="queue_rank_once"),
            models.UniqueConstraint(fields=["epoch", "item"], name="queue_item_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.rank}"


class PairQueueEntry(models.Model):
    """As QueueEntry, for a pair."""

    epoch = models.ForeignKey(Epoch, on_delete=models.CASCADE, related_name="pair_entries", db_index=False)
    rank = models.PositiveIntegerField()
    pair = models.ForeignKey("labeling.Pair", on_delete=models.CASCADE, related_name="+")
    utility = models.FloatField(help_text="Higher means sooner.")
    propensity = models.FloatField(help_text="Probability of this pick at its place in the draw of this ranking.")
    slots_taken = models.PositiveSmallIntegerField(
        default=0, help_text="Of the pair, when it was ranked: what was asked since, the ranking does not know."
    )

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "pair queue entries"
        constraints = [
            models.UniqueConstraint(fields=["epoch", "rank"], name="pair_queue_rank_once"),
            models.UniqueConstraint(fields=["epoch", "pair"], name="pair_queue_pair_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.rank}"
