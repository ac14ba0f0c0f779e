"""The answer to an item that is known to be true: gold, by which people are tested and votes are weighed."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

#: Draw keys are numbers of so many bits: what a signed column holds.
KEY_BITS = 63


def new_draw_key() -> int:
    return secrets.randbits(KEY_BITS)


class KnownFrom(models.TextChoices):
    """Where a known answer came from."""

    IMPORT = "import", "imported"
    REVIEW = "review", "a reviewer's decision"
    HAND = "hand", "made by hand"


class KnownAnswerQuerySet(models.QuerySet["KnownAnswer"]):
    def newest_first(self) -> Self:
        return self.order_by("-made_at", "-pk")


class KnownAnswer(models.Model):
    """``answer`` is stored as answers of people are, by what labels were called first (``Label.identity``).

    ``draw_key`` is a random number, so that an index finds random ones. An item's known answer says nothing of its
    label: consensus, training and measurement go by what people answered (decision 0085).
    """

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="known_answers", db_index=False
    )
    item = models.OneToOneField("labeling.Item", on_delete=models.CASCADE, related_name="known_answer")
    answer = models.JSONField()
    origin = models.CharField(max_length=6, choices=KnownFrom.choices)
    explanation = models.TextField(blank=True, default="", help_text="Why it is so, told to who has answered.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    draw_key = models.BigIntegerField(default=new_draw_key, editable=False)

    objects = KnownAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=KnownFrom.values), name="known_answer_origin_known"),
        ]
        indexes = [
            models.Index(fields=["project", "draw_key"], name="known_answer_draw"),
            models.Index(fields=["project", "-made_at", "-id"], name="known_answer_newest"),
        ]

    def __str__(self) -> str:
        return f"gold of item {self.item_id}"
