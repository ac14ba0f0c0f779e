"""The administration of what the machine did: all of it history, read-only."""

from typing import Any

from django.contrib import admin

from labeling.admin import JobAdmin, LookAdmin
from learning.models import Decision, EncoderVersion, FeatureShard, ModelVersion, NextDecision, Run


@admin.register(Run)
class RunAdmin(JobAdmin):
    job = "learning.run_training"
    list_display = (
        "pk", "project", "state", "trigger", "reason", "annotations_seen", "epoch", "requested_by", "created_at",
        "took",
    )  # fmt: skip
    list_filter = ("state", "trigger", "project")
    list_select_related = ("project", "requested_by")


@admin.register(ModelVersion)
class ModelVersionAdmin(LookAdmin):
    list_display = (
        "__str__", "project", "status", "trained_on", "accuracy", "encoder", "learner", "strategy", "size_bytes",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "learner", "project")
    list_select_related = ("project",)
    search_fields = ("project__slug", "sha256__startswith", "encoder__startswith")
    date_hierarchy = "created_at"

    @admin.display(description="accuracy")
    def accuracy(self, version: ModelVersion) -> str:
        found: dict[str, Any] = version.metrics.get("accuracy") or {}
        if not found:
            return ""
        return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}, n = {found['n']})"


@admin.register(Decision)
class DecisionAdmin(LookAdmin):
    list_display = ("model_version", "project", "before", "after", "reason", "decided_by", "created_at")
    list_filter = ("after", "project")
    list_select_related = ("model_version", "project", "decided_by")
    date_hierarchy = "created_at"


@admin.register(EncoderVersion)
class EncoderVersionAdmin(LookAdmin):
    list_display = ("version", "project", "dimension", "fitted_on", "is_current", "created_at")
    list_filter = ("is_current", "project")
    list_select_related = ("project",)
    search_fields = ("version",)


@admin.register(FeatureShard)
class FeatureShardAdmin(LookAdmin):
    list_display = ("encoder", "number", "rows", "path")
    list_select_related = ("encoder",)


@admin.register(NextDecision)
class NextDecisionAdmin(LookAdmin):
    list_display = ("project", "seen_annotations", "is_asked")
    list_select_related = ("project",)
    ordering = ("project",)
