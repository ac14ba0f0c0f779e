"""An item that waits for a reviewer, and why."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models.review_decision import ReviewSort
from labeling.models.user import User


class ReviewEntryQuerySet(models.QuerySet["ReviewEntry"]):
    def free_for(self, user: User) -> Self:
        """Those that nobody else has in front of him just now."""
        return self.filter(Q(claimed_by=None) | Q(claimed_by=user) | Q(claimed_until__lt=Now()))

    def held_by_others(self, user: User) -> Self:
        return self.filter(claimed_by__isnull=False, claimed_until__gte=Now()).exclude(claimed_by=user)

    def in_order(self) -> Self:
        return self.order_by("place", "priority", "pk")


class ReviewEntry(models.Model):
    """``place`` orders the sorts, ``priority`` within one, smallest first; ``why`` says it in words. A claim is a
    lease: it runs out by itself."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.OneToOneField("labeling.Item", on_delete=models.CASCADE, related_name="review_entry")
    sort = models.CharField(max_length=14, choices=ReviewSort.choices)
    place = models.PositiveSmallIntegerField()
    priority = models.FloatField()
    why = models.CharField(max_length=300)
    put_at = models.DateTimeField(default=timezone.now)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    claimed_until = models.DateTimeField(null=True)

    objects = ReviewEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "review entries"
        constraints = [
            models.CheckConstraint(condition=Q(sort__in=ReviewSort.values), name="review_entry_sort_known"),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True) | Q(claimed_until__isnull=False), name="review_claim_ends"
            ),
        ]
        indexes = [
            models.Index(F("project"), F("place"), F("priority"), F("id"), name="review_entry_in_order"),
            models.Index(fields=["claimed_by"], condition=Q(claimed_by__isnull=False), name="review_entry_claimed"),
        ]

    def __str__(self) -> str:
        return f"item {self.item_id}: {self.sort}"


def every_sort() -> list[str]:
    return list(ReviewSort.values)


class ReviewPlan(models.Model):
    """How a project is reviewed; one without a row is reviewed by the defaults. ``filled_at_news`` is what Progress
    counted when the queue was filled last."""

    project = models.OneToOneField(
        "labeling.Project", on_delete=models.CASCADE, primary_key=True, related_name="review_plan"
    )
    sorts = models.JSONField(default=every_sort)
    random_share = models.FloatField(
        default=0.05, help_text="Share of the answers nobody suspects that is looked at all the same."
    )
    blind_share = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text="Share of all answered items that is decided without seeing what was said: evidence.",
    )
    own_allowed = models.BooleanField(
        default=False, help_text="Whether a reviewer may decide about an item that only he has answered."
    )
    filled_at_news = models.BigIntegerField(default=-1, editable=False)
    filled_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(random_share__gte=0, random_share__lte=1), name="review_random_share_in_range"
            ),
            models.CheckConstraint(
                condition=Q(blind_share__gte=0, blind_share__lte=1), name="review_blind_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.project_id}"
