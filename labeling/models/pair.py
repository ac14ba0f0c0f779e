"""Two items of one context that are, were or may be put side by side."""

import random
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labeling.models.item import Item, ItemStatus, Split


class Gold(models.TextChoices):
    """What is known to be true of a pair, whichever side its items stand on."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    NEITHER = "neither"


def new_draw_key() -> int:
    """A random place in the order in which given and gold pairs are asked."""
    return random.SystemRandom().getrandbits(63)


class PairQuerySet(models.QuerySet["Pair"]):
    def free(self) -> Self:
        """Pairs somebody may still be asked about."""
        return self.filter(
            status=ItemStatus.ACTIVE,
            slots_taken__lt=F("annotations_required"),
            first__status=ItemStatus.ACTIVE,
            second__status=ItemStatus.ACTIVE,
        )


class Pair(models.Model):
    """Rows exist for pairs that were given, queued or asked, never for all there could be.

    An eval pair has at least one eval item and is never trained on. Rows are inserted only by who holds the project's
    Progress row.
    """

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="asked_pairs", db_index=False
    )
    context = models.ForeignKey("labeling.Context", on_delete=models.CASCADE, related_name="pairs", db_index=False)
    first = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="+", db_index=False)
    split = models.CharField(max_length=4, choices=Split.choices)
    draw_key = models.BigIntegerField(default=new_draw_key)
    is_given = models.BooleanField(default=False, help_text="Came with an import.")
    gold = models.CharField(max_length=7, choices=Gold.choices, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    # kept by services, as an item's
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.ACTIVE)
    annotations_required = models.PositiveSmallIntegerField(default=1)
    slots_taken = models.PositiveSmallIntegerField(default=0, help_text="People who hold or have answered the pair.")
    answers = models.PositiveSmallIntegerField(
        default=0, help_text="Current answers by people, repeats and gold apart."
    )
    is_open = models.BooleanField(default=True)
    set_aside_because = models.CharField(
        max_length=20, blank=True, default="", help_text="The skip reason that took it out, or item."
    )

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="pair_split_known"),
            models.CheckConstraint(condition=Q(gold__isnull=True) | Q(gold__in=Gold.values), name="pair_gold_known"),
            models.CheckConstraint(condition=Q(slots_taken__lte=F("annotations_required")), name="pair_overlap_kept"),
            models.CheckConstraint(condition=Q(answers__lte=F("slots_taken")), name="pair_answers_hold_slots"),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(status="active", slots_taken__lt=F("annotations_required")),
                name="pair_open_means_free",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "split", "draw_key"],
                condition=Q(is_open=True, is_given=True),
                name="pair_given_walk",
            ),
            models.Index(fields=["project", "draw_key"], condition=Q(gold__isnull=False), name="pair_gold_walk"),
            models.Index(fields=["project", "id"], name="pair_in_order_of_project"),
            models.Index(fields=["context"], name="pair_context"),
            models.Index(fields=["second"], name="pair_second"),
        ]

    def __str__(self) -> str:
        return f"pair {self.first_id}-{self.second_id}"

    def other(self, item_id: int) -> Item:
        """The item that is not ``item_id``."""
        return self.second if item_id == self.first_id else self.first
