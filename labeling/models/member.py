"""A person in a project, and where that person stands in the streams of questions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.permission import ALLOWED, Permission, Role, roles_that

__all__ = ["Member", "Permission", "Role", "roles_that"]


class Member(models.Model):
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    added_at = models.DateTimeField(default=timezone.now)

    # Where the next question is looked for. Eval, gold pairs and the last of the pool are walked once in order of the
    # key (see services/serving): serving costs the same however much is already answered.
    pool_position = models.BigIntegerField(default=-1, editable=False)
    eval_position = models.BigIntegerField(default=-1, editable=False)
    queue_epoch = models.PositiveIntegerField(default=0, editable=False)
    queue_rank = models.IntegerField(default=-1, editable=False)
    # Progress.reopened at the moment a full lap found nothing: no further lap before that number moves.
    pool_exhausted_at = models.BigIntegerField(null=True, editable=False)
    eval_exhausted_at = models.BigIntegerField(null=True, editable=False)
    gold_position = models.BigIntegerField(default=-1, editable=False)
    gold_exhausted_at = models.BigIntegerField(null=True, editable=False)
    # open pool items (pairs) the person was asked about, and Progress.draws + reopened when that was so (-1 for never)
    pool_known = models.IntegerField(default=0, db_default=0, editable=False)
    pool_known_at = models.BigIntegerField(default=-1, db_default=-1, editable=False)
    answers = models.PositiveIntegerField(default=0, editable=False, help_text="Current answers, take-backs excluded.")
    is_quarantined = models.BooleanField(
        default=False, editable=False, help_text="An open Quarantine says why; asked about nothing meanwhile."
    )

    class Meta:
        ordering = ["user__username"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_once_per_project"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def permissions(self) -> frozenset[Permission]:
        """Those of the role, but for labeling while in quarantine."""
        allowed = ALLOWED[Role(self.role)]
        return allowed - {Permission.LABEL} if self.is_quarantined else allowed

    @property
    def refusal(self) -> str:
        """Why ``may`` said no."""
        if self.is_quarantined:
            return "Your answers in this project are set aside for now: ask a manager of the project."
        return f"Your role in this project ({self.role}) does not allow this."
