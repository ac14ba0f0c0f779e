"""A person in a project, and where that person stands in the streams of questions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.permission import ALLOWED, Permission, Role, roles_that

__all__ = ["Member", "Permission", "Role", "day_number", "roles_that"]

MAX_PAUSE_NOTE = 200
#: Why a member who may answer is asked nothing.
NOTHING_BECAUSE = ("paused", "quota_day", "quota_total")
_DAY_S = 24 * 60 * 60


def day_number(now: datetime) -> int:
    """Days since 1970, in UTC."""
    return int(now.timestamp()) // _DAY_S


def permissions_of(role: str, *, is_quarantined: bool) -> frozenset[Permission]:
    """Those of the role, but for labeling while in quarantine."""
    allowed = ALLOWED[Role(role)]
    return allowed - {Permission.LABEL} if is_quarantined else allowed


class Member(models.Model):
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    added_at = models.DateTimeField(default=timezone.now)

    # Where the next question is looked for. Eval and the last of the pool are walked once in order of the key
    # (see services/serving): serving costs the same however much is already answered.
    pool_position = models.BigIntegerField(default=-1, editable=False)
    eval_position = models.BigIntegerField(default=-1, editable=False)
    queue_epoch = models.PositiveIntegerField(default=0, editable=False)
    queue_rank = models.IntegerField(default=-1, editable=False)
    # Progress.reopened at the moment a full lap found nothing: no further lap before that number moves.
    pool_exhausted_at = models.BigIntegerField(null=True, editable=False)
    eval_exhausted_at = models.BigIntegerField(null=True, editable=False)
    gold_position = models.BigIntegerField(default=-1, editable=False)  # of before gold pairs were drawn: moved no more
    gold_exhausted_at = models.BigIntegerField(null=True, editable=False)
    # items of known answer where this person would be wrong together with others (decision 0095)
    gold_aims = models.JSONField(null=True, editable=False)
    gold_waived_at = models.DateTimeField(
        null=True, editable=False, help_text="Gold answers up to then propose nothing: a manager has looked at them."
    )
    # open pool items (pairs) the person was asked about, and Progress.draws + reopened when that was so (-1 for never)
    pool_known = models.IntegerField(default=0, db_default=0, editable=False)
    pool_known_at = models.BigIntegerField(default=-1, db_default=-1, editable=False)
    answers = models.PositiveIntegerField(default=0, editable=False, help_text="Current answers, take-backs excluded.")
    sent_back = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Own answers that a reviewer sent back and that wait."
    )
    is_quarantined = models.BooleanField(
        default=False, editable=False, help_text="An open Quarantine says why; asked about nothing meanwhile."
    )

    # how much a person is asked (decision 0088); empty: as much as there is
    goal_day = models.PositiveIntegerField(null=True, blank=True, help_text="Answers a day that were agreed on.")
    goal_total = models.PositiveIntegerField(null=True, blank=True, help_text="Answers in all that were agreed on.")
    quota_day = models.PositiveIntegerField(null=True, blank=True, help_text="Not asked for more answers a day (UTC).")
    quota_total = models.PositiveIntegerField(null=True, blank=True, help_text="Not asked for more answers in all.")
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Asked nothing since then.")
    pause_note = models.CharField(
        max_length=MAX_PAUSE_NOTE, blank=True, default="", db_default="", help_text="Shown to the person."
    )
    answers_day = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    counted_day = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Days since 1970 (UTC): the one that answers_day counts."
    )
    day_ms = models.PositiveBigIntegerField(
        default=0, db_default=0, editable=False, help_text="Time the answers of that day took, taken back or not."
    )
    pace_free_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the answers so far are no faster than the project's answers_a_minute.",
    )

    class Meta:
        ordering = ["user__username"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_once_per_project"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="member_role_known"),
            models.CheckConstraint(
                condition=Q(pause_note="") | Q(paused_at__isnull=False), name="member_pause_note_of_a_pause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.role, is_quarantined=self.is_quarantined)

    def answers_on(self, day: int) -> int:
        """Answers of the day that has this number (``day_number``)."""
        return self.answers_day if self.counted_day == day else 0

    def ms_on(self, day: int) -> int:
        """Milliseconds that the answers of the day took."""
        return self.day_ms if self.counted_day == day else 0

    def questions_left(self, now: datetime) -> int | None:
        """How many questions may be put to the person; None: as many as there are. Those held count as put."""
        if self.paused_at is not None:
            return 0
        left = [
            quota - given
            for quota, given in (
                (self.quota_day, self.answers_on(day_number(now))),
                (self.quota_total, self.answers),
            )
            if quota is not None
        ]
        return max(0, min(left)) if left else None

    def asked_nothing_because(self, now: datetime) -> str:
        """One of ``NOTHING_BECAUSE``, or "" where the person is asked what there is."""
        if self.paused_at is not None:
            return "paused"
        if self.quota_total is not None and self.answers >= self.quota_total:
            return "quota_total"
        over = self.quota_day is not None and self.answers_on(day_number(now)) >= self.quota_day
        return "quota_day" if over else ""

    @property
    def refusal(self) -> str:
        """Why ``may`` said no."""
        if self.is_quarantined:
            return "Your answers in this project are set aside for now: ask a manager of the project."
        return f"Your role in this project ({self.role}) does not allow this."
