"""Learning's tables in the administration: to look at, never to change."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from labeling.admin import JobAdmin, LookAdmin
from labeling.models import JobState
from learning.models import (
    Alert,
    ArmComparison,
    Decision,
    Distillation,
    DoubtfulPrediction,
    EncoderVersion,
    FeaturePart,
    FeatureShard,
    ItemMap,
    ModelVersion,
    NextDecision,
    PairwiseFinding,
    PairwiseScore,
    PairwiseWithout,
    PredictionCaller,
    PredictionFeedback,
    PredictionFile,
    ProductionFacts,
    Release,
    ReleaseAnswer,
    Run,
    ServedPrediction,
    SimilarSearch,
    SuspectedError,
    TrainedWithout,
)


@admin.register(Run)
class RunAdmin(JobAdmin):
    job = "learning.run_training"
    list_display = ("public_id", "project", "state", "trigger", "reason", "attempt", "epoch", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "trigger", "project")
    list_select_related = ("project",)

    def retriable(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """A failed run would freeze nothing anew: people ask for another one instead. Waiting ones are announced."""
        return queryset.filter(state=JobState.QUEUED)


@admin.register(TrainedWithout)
class TrainedWithoutAdmin(JobAdmin):
    job = "learning.train_without"
    list_display = ("public_id", "project", "state", "people", "attempt", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "project")
    list_select_related = ("project",)


@admin.register(Distillation)
class DistillationAdmin(JobAdmin):
    job = "learning.distil"
    list_display = ("public_id", "project", "state", "teacher", "student", "attempt", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "project")
    list_select_related = ("project", "teacher", "student")


@admin.register(ItemMap)
class ItemMapAdmin(JobAdmin):
    job = "learning.draw_map"
    list_display = ("public_id", "project", "state", "number", "encoder", "attempt", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "project")
    list_select_related = ("project",)


@admin.register(PredictionFile)
class PredictionFileAdmin(JobAdmin):
    job = "learning.answer_file"
    list_display = ("public_id", "project", "state", "file_name", "cursor", "total", "asked_by", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "project")
    list_select_related = ("project", "asked_by")


@admin.register(SimilarSearch)
class SimilarSearchAdmin(JobAdmin):
    job = "learning.find_similar"
    list_display = ("public_id", "project", "state", "items", "encoder", "attempt", "created_at", "took")
    list_filter: ClassVar[Any] = ("state", "project")
    list_select_related = ("project", "item")


@admin.register(ServedPrediction)
class ServedPredictionAdmin(LookAdmin):
    list_display = ("id", "project", "model_version", "status", "band", "sure", "asked_by", "created_at")
    list_filter: ClassVar[Any] = ("status", "band", "project")
    list_select_related = ("project", "model_version", "asked_by")
    show_full_result_count = False


@admin.register(Release)
class ReleaseAdmin(LookAdmin):
    list_display = ("number", "project", "candidate", "champion", "mode", "state", "predictions", "started_at")
    list_filter: ClassVar[Any] = ("state", "mode", "project")
    list_select_related = ("project", "candidate", "champion")


@admin.register(ReleaseAnswer)
class ReleaseAnswerAdmin(LookAdmin):
    list_display = ("id", "release", "by_candidate", "told", "silent", "judged")
    list_filter: ClassVar[Any] = ("by_candidate", "judged")
    list_select_related = ("release",)
    show_full_result_count = False


@admin.register(DoubtfulPrediction)
class DoubtfulPredictionAdmin(LookAdmin):
    list_display = ("id", "project", "status", "size_bytes", "created_at", "taken_at", "chance", "batch")
    list_filter: ClassVar[Any] = ("status", "project")
    list_select_related = ("project", "batch")
    show_full_result_count = False


@admin.register(PredictionCaller)
class PredictionCallerAdmin(LookAdmin):
    list_display = ("caller", "project", "token", "user", "in_minute", "in_day", "stopped_at", "stopped_why")
    list_filter: ClassVar[Any] = ("project",)
    list_select_related = ("project", "token", "user")


@admin.register(PredictionFeedback)
class PredictionFeedbackAdmin(LookAdmin):
    list_display = ("prediction", "project", "caller", "form", "positive", "revision", "is_current", "created_at")
    list_filter: ClassVar[Any] = ("form", "is_current", "project")
    list_select_related = ("project",)
    show_full_result_count = False


@admin.register(ProductionFacts)
class ProductionFactsAdmin(LookAdmin):
    list_display = ("project", "feedback_weight", "medium_from", "high_from", "asked_at", "looked_at")
    list_select_related = ("project",)


@admin.register(Alert)
class AlertAdmin(LookAdmin):
    list_display = ("kind", "subject", "project", "severity", "message", "times", "last_seen_at", "resolved_at")
    list_filter: ClassVar[Any] = ("kind", "severity", ("resolved_at", admin.EmptyFieldListFilter), "project")
    list_select_related = ("project",)
    search_fields: ClassVar[Any] = ("message", "project__slug")
    date_hierarchy = "created_at"


@admin.register(ModelVersion)
class ModelVersionAdmin(LookAdmin):
    list_display = ("__str__", "project", "status", "trained_on", "learner", "encoder", "size_bytes", "created_at")
    list_filter: ClassVar[Any] = ("status", "learner", "project")
    list_select_related = ("project",)
    search_fields: ClassVar[Any] = ("sha256__startswith", "project__slug")
    date_hierarchy = "created_at"


@admin.register(Decision)
class DecisionAdmin(LookAdmin):
    list_display = ("model_version", "project", "before", "after", "reason", "decided_by", "created_at")
    list_filter: ClassVar[Any] = ("after", "project")
    list_select_related = ("project", "model_version", "decided_by")
    search_fields: ClassVar[Any] = ("reason", "project__slug")
    date_hierarchy = "created_at"


@admin.register(EncoderVersion)
class EncoderVersionAdmin(LookAdmin):
    list_display = ("version", "project", "dimension", "fitted_on", "is_current", "created_at")
    list_filter: ClassVar[Any] = ("is_current", "project")
    list_select_related = ("project",)
    search_fields: ClassVar[Any] = ("version__startswith",)


@admin.register(FeatureShard)
class FeatureShardAdmin(LookAdmin):
    list_display = ("encoder", "number", "rows", "path", "sha256")
    list_filter: ClassVar[Any] = ("encoder__project",)
    list_select_related = ("encoder",)
    search_fields: ClassVar[Any] = ("sha256__startswith",)


@admin.register(FeaturePart)
class FeaturePartAdmin(LookAdmin):
    list_display = ("encoder", "first", "rows", "state", "worker", "started_at", "finished_at", "error")
    list_filter: ClassVar[Any] = ("state", "encoder__project")
    list_select_related = ("encoder",)
    search_fields: ClassVar[Any] = ("worker__startswith",)


@admin.register(NextDecision)
class NextDecisionAdmin(LookAdmin):
    list_display = ("project", "seen_annotations", "is_asked")
    list_filter: ClassVar[Any] = ("is_asked",)
    list_select_related = ("project",)
    search_fields: ClassVar[Any] = ("project__slug",)


@admin.register(ArmComparison)
class ArmComparisonAdmin(LookAdmin):
    list_display = ("project", "labels", "metric", "difference", "low", "high", "created_at")
    list_filter: ClassVar[Any] = ("project",)
    list_select_related = ("project",)
    search_fields: ClassVar[Any] = ("project__slug",)


@admin.register(PairwiseScore)
class PairwiseScoreAdmin(LookAdmin):
    list_display = ("item", "context", "model_version", "score", "se", "rank", "judgments")
    list_filter: ClassVar[Any] = ("model_version__project",)
    list_select_related = ("item", "context", "model_version")
    search_fields: ClassVar[Any] = ("item__external_id__exact",)


@admin.register(PairwiseFinding)
class PairwiseFindingAdmin(LookAdmin):
    list_display = ("context", "model_version", "items", "judgments", "connected", "n_cycles")
    list_filter: ClassVar[Any] = ("connected", "model_version__project")
    list_select_related = ("context", "model_version")
    search_fields: ClassVar[Any] = ("context__text__icontains",)


@admin.register(PairwiseWithout)
class PairwiseWithoutAdmin(LookAdmin):
    list_display = ("annotator", "context", "model_version")
    list_filter: ClassVar[Any] = ("model_version__project",)
    list_select_related = ("context", "model_version")
    search_fields: ClassVar[Any] = ("annotator",)


@admin.register(SuspectedError)
class SuspectedErrorAdmin(LookAdmin):
    list_display = ("item_id", "project", "said", "doubted", "belief", "state", "outcome", "found_at", "decided_by")
    list_filter: ClassVar[Any] = ("state", "outcome", "project")
    list_select_related = ("project", "decided_by")
