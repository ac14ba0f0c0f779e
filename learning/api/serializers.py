"""Runs, models and the queue as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.api.base import PersonField, StrictSerializer
from labeling.models import JobState
from learning.families.pairwise.people import report_told
from learning.models import Decision, ModelVersion, Run, Status, Trigger
from learning.selectors.estimates import all_with_notes, with_note
from learning.selectors.eval_uses import eval_uses
from learning.selectors.in_short import in_short
from learning.selectors.outlier_words import outlier_words
from learning.selectors.prediction_cost import told
from learning.selectors.verdicts import gate_verdict

_OUTLIER_ESTIMATES = ("false_flags", "on_eval", "found")


class EstimateOut(serializers.Serializer[Any]):
    """A measured number. Where its interval says nothing, ``low`` and ``high`` are null and ``note`` says why."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    note = serializers.CharField(help_text="Empty, or why there is no interval: too few to say, undefined.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return with_note(instance)


class StepOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.ChoiceField(["running", "done", "skipped", "failed"])
    started_at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    note = serializers.CharField()
    peak_memory_mb = serializers.IntegerField(required=False, help_text="Most memory the worker held in this step.")


class FindingOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    outcome = serializers.ChoiceField(["pass", "warn", "fail", "skipped"], help_text="skipped: it could not tell.")
    hard = serializers.BooleanField(help_text="Whether failing stops the run.")
    value = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True, help_text="The largest value that passes.")
    unit = serializers.CharField()
    words = serializers.CharField(help_text="What was found.")
    advice = serializers.CharField(help_text="What to do about it.")


class LabelSourcesOut(serializers.Serializer[Any]):
    """Where labels came from, each a number by source; ``weights`` are those in training that are not 1."""

    learned = serializers.DictField(child=serializers.IntegerField(), help_text="Adds up to what was learned from.")
    measured = serializers.DictField(child=serializers.IntegerField(), help_text="Adds up to what it is measured by.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text="Answers of the pool whose source has the weight 0."
    )
    weights = serializers.DictField(child=serializers.FloatField())


def _sources_of(run: Run | None) -> dict[str, Any] | None:
    return {**run.sources, "weights": run.source_weights} if run and run.sources else None


class RunConsensusOut(serializers.Serializer[Any]):
    """What people's answers to the pool came to by the rule there was evidence for, and the model learned."""

    rule = serializers.CharField()
    version = serializers.IntegerField()
    reason = serializers.CharField(help_text="Which evidence there was.")
    is_probability = serializers.BooleanField(help_text="Whether confidence is one; otherwise it is an order.")
    machines = serializers.DictField(
        child=serializers.FloatField(), help_text="What a vote weighs beside a person's, by name and version."
    )
    items = serializers.IntegerField()


class RunOut(serializers.ModelSerializer[Run]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    trigger = serializers.ChoiceField(choices=Trigger.choices)
    steps = serializers.SerializerMethodField()
    data_tests = FindingOut(many=True)
    model = serializers.SerializerMethodField(help_text="Id of the model version that came of it.")
    sources = serializers.SerializerMethodField(help_text="null for runs of releases that did not count them.")
    consensus = serializers.SerializerMethodField(help_text="null where the majority counts.")

    class Meta:
        model = Run
        fields = (
            "id", "state", "trigger", "reason", "steps", "model", "error", "created_at", "started_at", "finished_at",
            "seed", "annotations_seen", "data_sha256", "epoch", "data_tests", "environment", "sources", "consensus",
        )  # fmt: skip

    @extend_schema_field(StepOut(many=True))
    def get_steps(self, run: Run) -> list[dict[str, Any]]:
        return list(run.steps)

    @extend_schema_field(LabelSourcesOut(allow_null=True))
    def get_sources(self, run: Run) -> dict[str, Any] | None:
        return _sources_of(run)

    @extend_schema_field(RunConsensusOut(allow_null=True))
    def get_consensus(self, run: Run) -> dict[str, Any] | None:
        return RunConsensusOut(run.consensus).data if run.consensus else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_model(self, run: Run) -> int | None:
        version = getattr(run, "model_version", None)
        return version.pk if version else None


class NumbersField(serializers.JSONField):
    """What was compared, each interval with its note."""

    def to_representation(self, value: Any) -> Any:
        return all_with_notes(super().to_representation(value))


class DecisionOut(serializers.ModelSerializer[Decision]):
    numbers = NumbersField()
    before = serializers.CharField()
    after = serializers.CharField()
    decided_by = PersonField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = Decision
        fields = ("before", "after", "reason", "numbers", "decided_by", "created_at")


class PredictionCostOut(serializers.Serializer[Any]):
    """From the content of a row to its answer, measured where the version was made."""

    words = serializers.CharField(help_text="In one line.")
    alone_ms = serializers.FloatField(help_text="One row alone, wall time: the median.")
    alone_p95_ms = serializers.FloatField()
    alone_rows = serializers.IntegerField(help_text="How often that was timed.")
    cpu_ms_per_1000 = serializers.FloatField(help_text="CPU of 1,000 rows, worked out from blocks of `block_rows`.")
    block_rows = serializers.IntegerField()
    model_bytes = serializers.IntegerField(help_text="The file of the model.")
    encoder_bytes = serializers.IntegerField(help_text="The file of its encoder.")
    memory_bytes = serializers.IntegerField(help_text="Of model and encoder, loaded and answering a few rows.")
    yardstick_ms = serializers.FloatField(help_text="What a fixed product of two matrices took on the same machine.")
    machine = serializers.CharField(help_text="Its processor.")


class ModelOut(serializers.ModelSerializer[ModelVersion]):
    status = serializers.ChoiceField(choices=Status.choices)
    metrics = serializers.DictField(child=EstimateOut())
    baselines = serializers.DictField(child=serializers.DictField(child=EstimateOut()))
    run = serializers.UUIDField(source="run.public_id", default=None, allow_null=True)
    verified = serializers.BooleanField(help_text="It became champion by the gate, on at least 200 eval answers.")
    file_dropped_at = serializers.DateTimeField(
        source="dropped_at",
        allow_null=True,
        help_text="Housekeeping let the file go; `manage.py repeat_run --store` makes it again.",
    )
    ranks = serializers.SerializerMethodField(help_text="The questions are ranked by this version.")
    labels = serializers.SerializerMethodField(
        help_text="Names in the order of the probabilities; null in a list, where they would be most of it."
    )
    n_labels = serializers.SerializerMethodField()

    prediction_cost = serializers.SerializerMethodField(help_text="null where it was not measured.")
    teacher = serializers.IntegerField(
        source="teacher.number", default=None, allow_null=True,
        help_text="Of a student the number of the version whose predictions it learned from.",
    )  # fmt: skip
    stands_in = serializers.BooleanField(help_text="It answers predictions wherever its teacher would.")

    @extend_schema_field(PredictionCostOut(allow_null=True))
    def get_prediction_cost(self, version: ModelVersion) -> dict[str, Any] | None:
        cost = told(version)
        return PredictionCostOut(cost).data if cost else None

    @extend_schema_field({"type": ["array", "null"], "items": {"type": "string"}})
    def get_labels(self, version: ModelVersion) -> list[str] | None:
        return None

    @extend_schema_field(serializers.IntegerField())
    def get_n_labels(self, version: ModelVersion) -> int:
        counted: int = version.n_labels  # type: ignore[attr-defined]  # annotated by with_n_labels
        return counted

    @extend_schema_field(serializers.BooleanField())
    def get_ranks(self, version: ModelVersion) -> bool:
        return version.ranks

    class Meta:
        model = ModelVersion
        fields: tuple[str, ...] = (
            "id", "number", "status", "verified", "ranks", "trained_on", "metrics", "baselines", "encoder", "learner",
            "strategy", "labels", "n_labels", "sha256", "size_bytes", "created_at", "run", "pinned", "file_dropped_at",
            "prediction_cost", "teacher", "stands_in",
        )  # fmt: skip


class CheckOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    passed = serializers.BooleanField()
    value = serializers.FloatField()
    limit = serializers.FloatField()
    detail = serializers.CharField()


class GateOut(serializers.Serializer[Any]):
    """What the gate found when the version was a candidate; what a person did later stands in ``decisions``."""

    status = serializers.ChoiceField(choices=Status.choices, help_text="What it became.")
    reason = serializers.CharField()
    checks = CheckOut(many=True)
    numbers = serializers.JSONField(help_text="The paired tests and their limits.")


class EvalUsesOut(serializers.Serializer[Any]):
    """A use is a decision by which a promotion was possible; a verdict on fewer than 200 eval answers is none."""

    same = serializers.IntegerField(help_text="Uses of exactly this eval set, its own verdict counted when it was one.")
    overlapping = serializers.IntegerField(help_text="Uses of sets that held at least half of its items.")
    project = serializers.IntegerField(help_text="Uses of any eval set of the project so far.")
    lucky_win_at_most = serializers.FloatField(help_text="Bound on the chance that one of them promoted by luck.")
    warning = serializers.CharField(allow_blank=True)


class LeaksOut(serializers.Serializer[Any]):
    """Eval items that the pool knows: the same content, almost the same, a group that is on both sides."""

    hash = serializers.IntegerField()
    near = serializers.IntegerField()
    group = serializers.IntegerField()
    n_eval = serializers.IntegerField()
    n_pool = serializers.IntegerField()


class OutlierAreaOut(serializers.Serializer[Any]):
    """Area under the ROC curve: how often an item of a label left out scores higher than a known one."""

    mean = serializers.FloatField()
    worst = serializers.FloatField(help_text="Of the label that is hardest to find.")


class OutliersOut(serializers.Serializer[Any]):
    """Which detector says what is unlike all that the version learned, and how that is known."""

    in_short = serializers.CharField(help_text="One plain sentence.")
    detector = serializers.CharField(help_text="Empty where there is none; `reason` says why.")
    reason = serializers.CharField()
    rows = serializers.IntegerField(help_text="Labeled items there were to fit it on.")
    asked = serializers.FloatField(help_text="Share of known items that may be flagged.")
    threshold = serializers.FloatField(allow_null=True, help_text="Higher scores are outliers.")
    false_flags = EstimateOut(allow_null=True, help_text="Share of known items flagged, expected at this threshold.")
    on_eval = EstimateOut(allow_null=True, help_text="Share of the eval items that it flags.")
    found = EstimateOut(allow_null=True, help_text="Share found of a label left out, mean over labels.")
    areas = serializers.DictField(child=OutlierAreaOut(), help_text="By detector; empty where none could be left out.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        told = instance.reported.outliers
        estimates = {name: with_note(told[name]) if told.get(name) else None for name in _OUTLIER_ESTIMATES}
        given: dict[str, Any] = {"in_short": outlier_words(instance), "areas": {}, "threshold": None}
        plain = {name: told[name] for name in ("reason", "rows", "asked", "threshold", "areas") if name in told}
        detector = told.get("detector", "") if "threshold" in told else ""
        return {**given, **plain, **estimates, "detector": detector}


class ReportField(serializers.JSONField):
    """What a version's run found; people in it are called as the reader may hear it."""

    def to_representation(self, value: Any) -> Any:
        return all_with_notes(report_told(super().to_representation(value), self.context["view"].name_of))


class ModelDetailOut(ModelOut):
    in_short = serializers.SerializerMethodField(help_text="What it is worth, in one plain sentence.")
    decisions = DecisionOut(many=True)
    gate = serializers.SerializerMethodField()
    eval_uses = serializers.SerializerMethodField()
    human_ceiling = serializers.SerializerMethodField(help_text="How often one person gives another's answer.")
    leaks = serializers.SerializerMethodField()
    outliers = serializers.SerializerMethodField(help_text="null of versions from before there were detectors.")
    report = ReportField()
    sources = serializers.SerializerMethodField(help_text="Of its run; null where that kept no count.")
    intervals_note = serializers.CharField(
        source="reported.intervals_note", help_text="Empty, or that this version's intervals are by an older method."
    )

    class Meta(ModelOut.Meta):
        fields = (
            *ModelOut.Meta.fields, "in_short", "n_eval", "eval_sha256", "latency_ms", "human_ceiling", "leaks",
            "eval_uses", "gate", "outliers", "report", "sources", "intervals_note", "decisions",
        )  # fmt: skip

    @extend_schema_field({"type": ["array", "null"], "items": {"type": "string"}})
    def get_labels(self, version: ModelVersion) -> list[str] | None:
        return list(version.label_names)

    def get_n_labels(self, version: ModelVersion) -> int:
        return len(version.labels)

    @extend_schema_field(OutliersOut(allow_null=True))
    def get_outliers(self, version: ModelVersion) -> dict[str, Any] | None:
        return OutliersOut(version).data if version.reported.outliers else None

    @extend_schema_field(LabelSourcesOut(allow_null=True))
    def get_sources(self, version: ModelVersion) -> dict[str, Any] | None:
        return _sources_of(version.run)

    @extend_schema_field(serializers.CharField())
    def get_in_short(self, version: ModelVersion) -> str:
        return in_short(version, gate_verdict(version))

    @extend_schema_field(GateOut(allow_null=True))
    def get_gate(self, version: ModelVersion) -> dict[str, Any] | None:
        found: dict[str, Any] | None = all_with_notes(gate_verdict(version))
        return found

    @extend_schema_field(EvalUsesOut())
    def get_eval_uses(self, version: ModelVersion) -> dict[str, Any]:
        return eval_uses(version).as_dict()

    @extend_schema_field(EstimateOut(allow_null=True))
    def get_human_ceiling(self, version: ModelVersion) -> dict[str, Any] | None:
        found = version.reported.human_ceiling
        return with_note(found) if found else None

    @extend_schema_field(LeaksOut(allow_null=True))
    def get_leaks(self, version: ModelVersion) -> dict[str, int] | None:
        return version.reported.leaks


class ReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=2_000)


class PinIn(StrictSerializer):
    pinned = serializers.BooleanField(help_text="Whether housekeeping keeps the file whatever comes.")


class RollbackIn(ReasonIn):
    to = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**31 - 1,
        help_text="Number of an earlier champion, when the one before the present one is damaged or not meant.",
    )  # fmt: skip


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
