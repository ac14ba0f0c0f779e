"""An answer that the models which have not learned it do not believe, and what became of the doubt."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SuspicionState(models.TextChoices):
    OPEN = "open", "not looked at"
    ASKED = "asked", "put to somebody else"
    KEPT = "kept", "said to be right"


class Outcome(models.TextChoices):
    SAME = "same", "the next answer was the same"
    OTHER = "other", "the next answer was another"


class SuspectedErrorQuerySet(models.QuerySet["SuspectedError"]):
    def open(self) -> Self:
        return self.filter(state=SuspicionState.OPEN)

    def waiting(self) -> Self:
        """Put to somebody else, who has not answered as far as is known."""
        return self.filter(state=SuspicionState.ASKED, outcome="")

    def least_believed_first(self) -> Self:
        return self.order_by("belief", "item")


class SuspectedError(models.Model):
    """Labels are told by their identity. ``said`` is the answer; ``doubted`` is what is believed instead where an item
    has one label, else the label that is believed to be given, or left out, wrongly. Every run writes those anew that
    are open.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    # items only go with their project, whose rows labeling removes in bulk, without knowing these
    item = models.ForeignKey(
        "labeling.Item", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    run = models.ForeignKey("learning.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    belief = models.FloatField(help_text="How far the answer is believed: an order, no probability.")
    said = models.JSONField(default=list)
    doubted = models.CharField(max_length=200)
    neighbours = models.JSONField(default=list, help_text="[[item id, [labels]]], nearest first.")
    answers_seen = models.BigIntegerField(help_text="The newest annotation that the run knew.")
    found_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=5, choices=SuspicionState.choices, default=SuspicionState.OPEN)
    outcome = models.CharField(max_length=5, choices=Outcome.choices, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SuspectedErrorQuerySet.as_manager()

    class Meta:
        ordering = ["belief"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "item"], condition=Q(state="open"), name="suspected_error_one_open_per_item"
            ),
            models.CheckConstraint(condition=Q(state__in=SuspicionState.values), name="suspected_error_state_known"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", *Outcome.values]), name="suspected_error_outcome_known"
            ),
            models.CheckConstraint(condition=Q(belief__gte=0, belief__lte=1), name="suspected_error_belief_is_share"),
        ]
        indexes = [models.Index(fields=["project", "state", "belief"], name="suspected_error_in_order")]

    def __str__(self) -> str:
        return f"item {self.item_id}, believed {self.belief:.2f}"
