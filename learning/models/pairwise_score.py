"""What a version of a pairwise project's model says: scores, what was found per context, rankings without a suspect."""

from typing import Any

from django.db import models
from django.db.models import Q


def _belongs_to(model: str) -> "models.ForeignKey[Any, Any]":
    """Items and contexts only go with their project, whose rows labeling removes in bulk, without knowing these."""
    return models.ForeignKey(model, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)


class PairwiseScore(models.Model):
    """An item's strength by one version. ``rank`` is null where the context's graph is disconnected, and for items
    held out to measure."""

    model_version = models.ForeignKey(
        "learning.ModelVersion", on_delete=models.CASCADE, related_name="pairwise_scores", db_index=False
    )
    item = _belongs_to("labeling.Item")
    context = _belongs_to("labeling.Context")
    score = models.FloatField(help_text="Log-odds; 0 is the mean of the context.")
    se = models.FloatField(null=True, help_text="Standard error of the score.")
    rank = models.PositiveIntegerField(null=True)
    judgments = models.PositiveIntegerField(default=0, help_text="Judgments of the item that were learned from.")
    component = models.PositiveIntegerField(default=0, help_text="Connected part of the context's graph, from 0.")

    class Meta:
        ordering = ["context", "rank", "-score"]
        constraints = [
            models.UniqueConstraint(fields=["model_version", "item"], name="pairwise_score_once"),
            models.CheckConstraint(condition=Q(se__isnull=True) | Q(se__gte=0), name="pairwise_se_not_negative"),
            models.CheckConstraint(condition=Q(rank__isnull=True) | Q(rank__gte=1), name="pairwise_rank_from_one"),
        ]
        indexes = [models.Index(fields=["model_version", "context", "rank"], name="pairwise_score_in_order")]

    def __str__(self) -> str:
        return f"{self.score:+.2f}"


class PairwiseFinding(models.Model):
    """What one version found about one context, beside the scores."""

    model_version = models.ForeignKey(
        "learning.ModelVersion", on_delete=models.CASCADE, related_name="pairwise_findings", db_index=False
    )
    context = _belongs_to("labeling.Context")
    items = models.PositiveIntegerField(default=0)
    judgments = models.PositiveIntegerField(default=0)
    connected = models.BooleanField(default=False)
    sentence = models.TextField(blank=True, help_text="Why there are no ranks, and which items to connect.")
    to_settle = models.JSONField(default=list, help_text="[[item id, item id, gain, connects]], best first.")
    cycles = models.JSONField(default=list, help_text="[[item id, item id, item id]], worst first.")
    n_cycles = models.PositiveIntegerField(default=0)
    disputed = models.JSONField(default=list, help_text="[[item id, item id, counts]], most disputed first.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model_version", "context"], name="pairwise_finding_once"),
        ]

    def __str__(self) -> str:
        return "connected" if self.connected else "not connected"


class PairwiseWithout(models.Model):
    """A context's ranking without the judgments of one suspect, computed by the run that suspected them."""

    model_version = models.ForeignKey(
        "learning.ModelVersion", on_delete=models.CASCADE, related_name="pairwise_without", db_index=False
    )
    context = _belongs_to("labeling.Context")
    annotator = models.CharField(max_length=200)
    places = models.JSONField(default=list, help_text="[[item id, rank or null, score]], best first.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model_version", "context", "annotator"], name="pairwise_without_once"),
        ]

    def __str__(self) -> str:
        return f"without {self.annotator}"
