"""A person whose answers are left out for a while: kept, but neither learned from nor counted in a consensus."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

_ONE_OF_BOTH = Q(annotator__isnull=False, imported_annotator="") | Q(annotator__isnull=True) & ~Q(imported_annotator="")


class QuarantineQuerySet(models.QuerySet["Quarantine"]):
    def open(self) -> Self:
        """Those in force now."""
        return self.filter(lifted_at__isnull=True)

    def as_of(self, change: int) -> Self:
        """Those in force when ``Progress.changes`` was ``change``."""
        return self.filter(Q(until_change__isnull=True) | Q(until_change__gt=change), since_change__lte=change)

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class Quarantine(models.Model):
    """One row from setting a person aside to lifting it; rows are never deleted, so they are the record of both.

    ``since_change`` and ``until_change`` are values of ``Progress.changes``: a run that is made again leaves out whom
    it left out then.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="quarantines")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="quarantines"
    )
    imported_annotator = models.CharField(
        max_length=150, blank=True, default="", help_text="Who is known only by imported judgments."
    )
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    since_change = models.BigIntegerField(editable=False)
    lift_reason = models.TextField(blank=True, default="")
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    until_change = models.BigIntegerField(null=True, editable=False)

    objects = QuarantineQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "annotator"],
                condition=Q(lifted_at__isnull=True, annotator__isnull=False),
                name="quarantine_one_open",
            ),
            models.UniqueConstraint(
                fields=["project", "imported_annotator"],
                condition=Q(lifted_at__isnull=True, annotator__isnull=True),
                name="quarantine_one_open_of_a_name",
            ),
            models.CheckConstraint(condition=_ONE_OF_BOTH, name="quarantine_of_one_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="quarantine_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, until_change__isnull=True)
                | Q(lifted_at__isnull=False, until_change__isnull=False),
                name="quarantine_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"quarantine of {self.name}"

    @property
    def name(self) -> str:
        return self.annotator.get_username() if self.annotator else self.imported_annotator
