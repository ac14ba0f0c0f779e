"""A task: one question put to one annotator, leased for a while, with the reason why it was asked."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models.user import User


class TaskState(models.TextChoices):
    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    EXPIRED = "expired"


class Reason(models.TextChoices):
    EVAL = "eval"
    RANDOM = "random"
    GOLD = "gold"
    REPEAT = "repeat"
    STRATEGY = "strategy"
    RELABEL = "relabel"
    SECOND_OPINION = "second_opinion"
    FEEDBACK = "feedback"


#: ``Task.strategy`` of gold that was chosen for somebody who agrees too well with others (decision 0095).
AIMED = "aimed"


class SkipReason(models.TextChoices):
    UNCLEAR = "unclear"
    BROKEN = "broken"
    OUT_OF_SCOPE = "out_of_scope"
    #: Where a project has one label: it is something else, which has no name yet (decision 0131).
    UNKNOWN = "unknown", "Unknown pattern"


class TaskQuerySet(models.QuerySet["Task"]):
    def open_for(self, user: User) -> Self:
        return self.filter(annotator=user, state=TaskState.OPEN)

    def overdue(self) -> Self:
        return self.filter(state=TaskState.OPEN, lease_expires_at__lt=Now())


def item_or_pair(table: str) -> models.CheckConstraint:
    """About one item, or about one pair with a left side."""
    return models.CheckConstraint(
        condition=Q(item__isnull=False, pair__isnull=True, left__isnull=True)
        | Q(item__isnull=True, pair__isnull=False, left__isnull=False),
        name=f"{table}_item_or_pair",
    )


class Task(models.Model):
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="tasks", db_index=False)
    # what is asked about: an item, or a pair with the item that stands left
    item = models.ForeignKey("labeling.Item", null=True, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    pair = models.ForeignKey("labeling.Pair", null=True, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    left = models.ForeignKey("labeling.Item", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    lease_expires_at = models.DateTimeField()
    skip_reason = models.CharField(max_length=20, choices=SkipReason.choices, blank=True)
    skipped_at = models.DateTimeField(null=True)

    # why this was asked (invariant 5); never shown to the annotator
    reason = models.CharField(max_length=20, choices=Reason.choices)
    strategy = models.CharField(max_length=40, blank=True)
    model_version = models.PositiveIntegerField(null=True)
    epoch = models.PositiveIntegerField(null=True)
    utility = models.FloatField(null=True)
    propensity = models.FloatField(null=True, help_text="Probability of picking this item, when it was picked.")
    pool_size = models.BigIntegerField(null=True, help_text="Items the draw picked from.")
    draw = models.BigIntegerField(null=True, help_text="Position of this draw among the project's pool draws, from 1.")

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "annotator"],
                condition=Q(state__in=["open", "answered", "skipped"]) & ~Q(reason="repeat"),
                name="task_item_once_per_annotator",
            ),
            models.UniqueConstraint(
                fields=["pair", "annotator"],
                condition=Q(pair__isnull=False, state__in=["open", "answered", "skipped"]) & ~Q(reason="repeat"),
                name="task_pair_once_per_annotator",
            ),
            item_or_pair("task"),
            models.CheckConstraint(condition=Q(state__in=TaskState.values), name="task_state_known"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="task_reason_known"),
            models.CheckConstraint(
                condition=Q(propensity__isnull=True) | Q(propensity__gt=0, propensity__lte=1),
                name="task_propensity_is_probability",
            ),
        ]
        indexes = [
            # with the constant state in it, or SQLite prefers task_history and reads all a person ever did
            models.Index(
                fields=["annotator", "project", "state"], condition=Q(state="open"), name="task_open_of_annotator"
            ),
            models.Index(fields=["lease_expires_at"], condition=Q(state="open"), name="task_lease"),
            models.Index(fields=["project", "annotator", "-id"], name="task_history"),
            # few among many: who has skipped how often, without a look at the rest
            models.Index(
                fields=["project", "annotator", "skipped_at"], condition=Q(state="skipped"), name="task_skipped"
            ),
            # gold whose answer was taken back
            models.Index(
                fields=["project"], condition=Q(reason="gold") & ~Q(state="answered"), name="task_gold_not_answered"
            ),
            models.Index(fields=["item"], name="task_item"),
            models.Index(fields=["pair"], name="task_pair", condition=Q(pair__isnull=False)),
            models.Index(fields=["left"], name="task_left", condition=Q(left__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"
