"""Runs, models and the queue as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.api.base import StrictSerializer
from labeling.models import JobState
from learning.models import Decision, ModelVersion, Run, Status, Trigger


class EstimateOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class StepOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.ChoiceField(["running", "done", "skipped", "failed"])
    started_at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    note = serializers.CharField()


class RunOut(serializers.ModelSerializer[Run]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    trigger = serializers.ChoiceField(choices=Trigger.choices)
    steps = serializers.SerializerMethodField()
    model = serializers.SerializerMethodField(help_text="Id of the model version that came of it.")

    class Meta:
        model = Run
        fields = (
            "id", "state", "trigger", "reason", "steps", "model", "error", "created_at", "started_at", "finished_at",
            "seed", "annotations_seen", "data_sha256", "epoch", "environment",
        )  # fmt: skip

    @extend_schema_field(StepOut(many=True))
    def get_steps(self, run: Run) -> list[dict[str, Any]]:
        return list(run.steps)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_model(self, run: Run) -> int | None:
        version = getattr(run, "model_version", None)
        return version.pk if version else None


class DecisionOut(serializers.ModelSerializer[Decision]):
    before = serializers.CharField()
    after = serializers.CharField()
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Decision
        fields = ("before", "after", "reason", "numbers", "decided_by", "created_at")


class ModelOut(serializers.ModelSerializer[ModelVersion]):
    status = serializers.ChoiceField(choices=Status.choices)
    metrics = serializers.DictField(child=EstimateOut())
    baselines = serializers.DictField(child=serializers.DictField(child=EstimateOut()))
    run = serializers.UUIDField(source="run.public_id", default=None, allow_null=True)

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = (
            "id", "number", "status", "trained_on", "metrics", "baselines", "encoder", "learner", "strategy", "labels",
            "sha256", "size_bytes", "created_at", "run",
        )  # fmt: skip


class ModelDetailOut(ModelOut):
    decisions = DecisionOut(many=True)

    class Meta(ModelOut.Meta):
        fields = (*ModelOut.Meta.fields, "report", "decisions")


class ReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=2_000)


class EntryOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    utility = serializers.FloatField()
    reason = serializers.CharField()
    propensity = serializers.FloatField()


class QueueOut(serializers.Serializer[Any]):
    epoch = serializers.IntegerField()
    model = serializers.IntegerField(allow_null=True, help_text="Number of the model version that ranked.")
    strategy = serializers.CharField()
    pool_size = serializers.IntegerField()
    entries = EntryOut(many=True)
