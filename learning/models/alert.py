"""Something a person should look at. Open until it is resolved: by hand, or by a run that shows it is over."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AlertKind(models.TextChoices):
    MODEL_DAMAGED = "model_damaged", "a model file is damaged"
    DATA_TEST_FAILED = "data_test_failed", "a data test stopped a run"
    RUN_FAILED = "run_failed", "a run failed"
    RELEASE_ENDED = "release_ended", "a release ended"
    CALLER_PROBES = "caller_probes", "a caller probes the model"
    MANY_OUTLIERS = "many_outliers", "the model is asked about what it does not know"
    TOO_DEAR = "too_dear", "the model in use costs too much"
    NOBODY_ANSWERS = "nobody_answers", "no model may answer programs"
    DEAR_AT_WORK = "dear_at_work", "predictions cost more than is acceptable"


class Severity(models.TextChoices):
    WARNING = "warning"
    ERROR = "error"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        return self.filter(resolved_at__isnull=True)

    def newest_first(self) -> Self:
        return self.order_by("-last_seen_at", "-pk")


class Alert(models.Model):
    """``subject`` is what it is about within its kind. Of one at most one alert is open: seen again, it counts."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    subject = models.CharField(max_length=60, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.ERROR)
    message = models.CharField(max_length=1_000)
    run = models.ForeignKey("learning.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    times = models.PositiveIntegerField(default=1, help_text="How often it was seen while open.")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "subject"],
                condition=Q(resolved_at__isnull=True),
                name="alert_one_open_per_subject",
            ),
            models.CheckConstraint(condition=Q(kind__in=AlertKind.values), name="alert_kind_known"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="alert_severity_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}" if self.subject else self.get_kind_display()

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None
