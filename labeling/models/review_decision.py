"""What a reviewer decided about an item. Rows are only ever added; the newest that was not undone is in force."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Verdict(models.TextChoices):
    ACCEPT = "accept", "accepted"
    CHANGE = "change", "changed"
    SEND_BACK = "send_back", "sent back"
    ASK_AGAIN = "ask_again", "put to somebody else"
    SET_ASIDE = "set_aside", "set aside"


class ReviewSort(models.TextChoices):
    """Why an item stands in the queue of reviewers."""

    RETURNED = "returned", "answered again after it was sent back"
    BLIND = "blind", "drawn to be decided without seeing what was said"
    SENT = "sent", "sent to review by somebody"
    DISPUTED = "disputed", "people disagree and no answer has the majority"
    LOW_CONFIDENCE = "low_confidence", "people disagree, one answer has the majority"
    SUSPECTED = "suspected", "the models do not believe the answer"
    RANDOM = "random", "drawn at random"


class ReviewDecisionQuerySet(models.QuerySet["ReviewDecision"]):
    def standing(self) -> Self:
        return self.filter(undone_at__isnull=True)

    def waiting(self) -> Self:
        """An answer was sent back, and its author has not looked at it yet."""
        return self.filter(waits=True)

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class ReviewDecision(models.Model):
    """``annotation`` is the decided answer (source ``review``) of those verdicts that have one; ``is_same`` says
    whether it is what people's answers came to. ``task`` is whose answer was sent back, ``waits`` until its author has
    dealt with it (``answered_at``). ``sort`` is why the item was in the queue, "" where it was not."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="review_decisions")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    sort = models.CharField(max_length=14, choices=ReviewSort.choices, blank=True, default="")
    annotation = models.ForeignKey(
        "labeling.Annotation", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    is_same = models.BooleanField(null=True)
    of_own_answer = models.BooleanField(default=False, help_text="The reviewer is among those who answered.")
    comment = models.OneToOneField(
        "labeling.ItemComment", null=True, on_delete=models.CASCADE, related_name="review_decision"
    )
    task = models.ForeignKey(
        "labeling.Task", null=True, on_delete=models.CASCADE, related_name="review_decisions", db_index=False
    )
    waits = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True)
    batch = models.CharField(max_length=32, blank=True, default="", help_text="Those that were decided as one.")
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ReviewDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="review_verdict_known"),
            models.CheckConstraint(condition=Q(sort__in=["", *ReviewSort.values]), name="review_sort_known"),
            models.CheckConstraint(
                condition=Q(verdict__in=["accept", "change"], annotation__isnull=False)
                | (~Q(verdict__in=["accept", "change"]) & Q(annotation__isnull=True)),
                name="review_answers_where_it_decides",
            ),
            models.CheckConstraint(
                condition=Q(verdict="send_back", task__isnull=False)
                | (~Q(verdict="send_back") & Q(task__isnull=True, waits=False)),
                name="review_sends_back_a_task",
            ),
            models.CheckConstraint(
                condition=Q(waits=False) | Q(undone_at__isnull=True, answered_at__isnull=True),
                name="review_waits_while_it_stands",
            ),
            models.UniqueConstraint(fields=["item"], condition=Q(waits=True), name="review_waits_for_one_an_item"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="review_in_order"),
            models.Index(fields=["task"], condition=Q(task__isnull=False), name="review_task"),
            models.Index(fields=["annotation"], condition=Q(annotation__isnull=False), name="review_annotation"),
            models.Index(fields=["batch"], condition=~Q(batch=""), name="review_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of item {self.item_id}"
