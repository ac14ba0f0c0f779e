"""A practice round: items of known answer with explanations, before somebody's first real question.

What is answered in it is no annotation: it is nobody's label, counts nowhere and is in no export.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class PracticeState(models.TextChoices):
    """``RESET``: a manager has the person begin anew, and this round counts no more."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"
    RESET = "reset"


class PracticeRoundQuerySet(models.QuerySet["PracticeRound"]):
    def counting(self) -> Self:
        return self.exclude(state=PracticeState.RESET)


class PracticeRound(models.Model):
    """``size`` questions, of which ``needed`` must be right."""

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="practice_rounds", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practice_rounds")
    state = models.CharField(max_length=7, choices=PracticeState.choices, default=PracticeState.RUNNING)
    size = models.PositiveSmallIntegerField()
    needed = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = PracticeRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PracticeState.values), name="practice_state_known"),
            models.UniqueConstraint(
                fields=["project", "user"], condition=Q(state="running"), name="practice_one_running"
            ),
        ]
        indexes = [models.Index(fields=["project", "user"], name="practice_of_person")]

    def __str__(self) -> str:
        return f"practice of {self.user} ({self.state})"


class PracticeQuestion(models.Model):
    """``truth`` and ``explanation`` are as they were when the round began. One ``answered_at`` some time without
    an ``answer`` was skipped."""

    round = models.ForeignKey(PracticeRound, on_delete=models.CASCADE, related_name="questions")
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="practised")
    place = models.PositiveSmallIntegerField()
    truth = models.JSONField()
    explanation = models.TextField(blank=True, default="")
    answer = models.JSONField(null=True)
    is_right = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="practice_place_once")]

    def __str__(self) -> str:
        return f"practice question {self.pk}"
