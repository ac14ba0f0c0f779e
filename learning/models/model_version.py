"""What came of a run: a model file in our own registry, its measurements, and what was decided about it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Status(models.TextChoices):
    CANDIDATE = "candidate"
    PROVISIONAL = "provisional"
    CHAMPION = "champion"
    RETIRED = "retired"
    REJECTED = "rejected"


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def champion(self) -> "ModelVersion | None":
        return self.filter(status=Status.CHAMPION).first()

    def in_use(self) -> "ModelVersion | None":
        """The version that ranks: the champion, else the newest provisional one."""
        return self.champion() or self.filter(status=Status.PROVISIONAL).order_by("-number").first()

    def newest_first(self) -> Self:
        return self.order_by("-number")


class ModelVersion(models.Model):
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="model_versions")
    run = models.OneToOneField("learning.Run", null=True, on_delete=models.SET_NULL, related_name="model_version")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.CANDIDATE)
    encoder = models.CharField(max_length=120, help_text="Encoder version: name, parameters, hash.")
    learner = models.CharField(max_length=60)
    strategy = models.CharField(max_length=40)
    labels = models.JSONField(default=list, help_text="Label names in the order of the probabilities.")
    trained_on = models.PositiveIntegerField(help_text="Items learned from.")
    metrics = models.JSONField(default=dict, help_text="{name: {value, low, high, n}} on the eval split.")
    baselines = models.JSONField(default=dict, help_text="{baseline: {metric: {value, low, high, n}}}.")
    report = models.JSONField(default=dict, help_text="Per label, confusion matrix, calibration.")
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="model_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(status="champion"), name="model_one_champion_per_project"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="model_status_known"),
        ]

    def __str__(self) -> str:
        return f"model {self.number}"


class Decision(models.Model):
    """Why a version became what it is. Append-only; ``numbers`` holds what was compared."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="decisions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="decisions")
    before = models.CharField(max_length=12, choices=Status.choices)
    after = models.CharField(max_length=12, choices=Status.choices)
    reason = models.TextField()
    numbers = models.JSONField(default=dict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.before} -> {self.after}"
