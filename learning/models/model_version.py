"""What came of a run: a model file in our own registry, its measurements, and what was decided about it."""

from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, Func, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from labeling.selectors.label_names import label_names
from learning.models.version_report import VersionReport


class Status(models.TextChoices):
    """At most one champion and one provisional version a project; both may be there, then the provisional one ranks."""

    CANDIDATE = "candidate"
    PROVISIONAL = "provisional"
    CHAMPION = "champion"
    RETIRED = "retired"
    REJECTED = "rejected"


class _JsonLength(Func):
    """Entries of a JSON array."""

    function = "json_array_length"
    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **context)


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def champion(self) -> "ModelVersion | None":
        return self.filter(status=Status.CHAMPION).first()

    def in_use(self) -> "ModelVersion | None":
        """The version that ranks: the provisional one, which is newer than the champion, else the champion."""
        return self.filter(status=Status.PROVISIONAL).first() or self.champion()

    def with_ranks(self) -> Self:
        """Each with ``is_ranking``, by which ``ranks`` costs no query a row."""
        newer = ModelVersion.objects.filter(project=OuterRef("project"), status=Status.PROVISIONAL)
        ranks = Q(status=Status.PROVISIONAL) | Q(status=Status.CHAMPION) & ~Exists(newer)
        return self.annotate(is_ranking=Case(When(ranks, then=Value(True)), default=Value(False)))

    def with_n_labels(self) -> Self:
        """Each with ``n_labels``: a list need not read the names of a thousand labels a row."""
        return self.annotate(n_labels=_JsonLength("labels"))

    def with_file(self) -> Self:
        """Those whose file housekeeping has not let go."""
        return self.filter(dropped_at=None).exclude(path="")

    def of_runs(self) -> Self:
        """Those that learned from answers: students learned from what a version says."""
        return self.filter(teacher=None)

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
    golden_path = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Rows it must answer alike when it is loaded."
    )
    golden_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    dropped_at = models.DateTimeField(
        null=True, blank=True, help_text="Housekeeping let its file go; the record stays."
    )
    pinned = models.BooleanField(default=False, help_text="A manager wants its file kept.")
    latency_ms = models.FloatField(null=True, help_text="From one item's content to its probabilities, at evaluation.")
    prediction_cost = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="What a prediction costs: {alone_ms, alone_p95_ms, cpu_ms_per_1000, memory_bytes, …}.",
    )
    eval_sha256 = models.CharField(max_length=64, blank=True, help_text="Manifest of the eval set it was measured on.")
    n_eval = models.PositiveIntegerField(default=0, help_text="Eval items it was measured on.")
    verified = models.BooleanField(default=False, help_text="Passed the gate on at least 200 eval answers.")
    created_at = models.DateTimeField(default=timezone.now)
    teacher = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="students",
        help_text="It was distilled from this version's predictions.",
    )  # fmt: skip
    stands_in = models.BooleanField(
        default=False, db_default=False, help_text="Answers predictions wherever its teacher would; it ranks nothing."
    )

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="model_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(status="champion"), name="model_one_champion_per_project"
            ),
            models.UniqueConstraint(
                fields=["project"], condition=Q(status="provisional"), name="model_one_provisional_per_project"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="model_status_known"),
            models.CheckConstraint(
                condition=Q(dropped_at=None) | ~Q(status__in=["champion", "provisional"]), name="model_in_use_has_file"
            ),
            models.UniqueConstraint(
                fields=["teacher"], condition=Q(stands_in=True), name="model_one_stand_in_per_teacher"
            ),
            models.CheckConstraint(condition=Q(verified=False) | Q(n_eval__gte=200), name="model_verified_by_enough"),
        ]

    def __str__(self) -> str:
        return f"model {self.number}"

    @cached_property
    def label_names(self) -> list[str]:
        """What the labels are called now, whatever they were called when it learned them."""
        names = label_names(self.project)
        return [names.name(identity) for identity in self.labels]

    @property
    def reported(self) -> VersionReport:
        """The report, whichever code wrote it."""
        return VersionReport.from_json(self.report)

    @property
    def ranks(self) -> bool:
        """Whether it is its project's version in use."""
        known: bool | None = getattr(self, "is_ranking", None)
        if known is not None:
            return known
        if self.status != Status.CHAMPION:
            return self.status == Status.PROVISIONAL
        return not ModelVersion.objects.filter(project=self.project_id, status=Status.PROVISIONAL).exists()

    @property
    def dropped_words(self) -> str:
        """Why there is no file, and how to have one again."""
        assert self.dropped_at is not None
        how = f" `manage.py repeat_run {self.run.public_id} --store` makes it again." if self.run else ""
        return f"housekeeping let its file go on {self.dropped_at:%Y-%m-%d}; its record stays.{how}"


class Decision(models.Model):
    """Why a version became what it is. Append-only; ``numbers`` holds what was compared.

    ``eval_sha256`` names the eval set the decision made use of: every use makes a lucky win likelier. Empty when the
    eval items could not promote anybody (``learning/selectors/eval_uses.py``).
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="decisions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="decisions")
    before = models.CharField(max_length=12, choices=Status.choices)
    after = models.CharField(max_length=12, choices=Status.choices)
    reason = models.TextField()
    numbers = models.JSONField(default=dict)
    eval_sha256 = models.CharField(max_length=64, blank=True)
    n_eval = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.model_version}: {self.before} -> {self.after}"
