"""A run: one attempt to learn from what has been answered."""

from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import OuterRef, Q
from django.db.models.functions import Now

from labeling.models import JobRecord, JobRecordQuerySet, JobState
from labeling.models.job_record import NO_WAIT, known_state
from labeling.models.process_name import process_name
from learning.models.label_sources import LabelSources


class Trigger(models.TextChoices):
    LABELS = "labels", "enough new labels"
    LABEL_SET = "label_set", "a label was added"
    IMPORT = "import", "items were imported"
    MANUAL = "manual", "asked for by a person"
    DRIFT = "drift"
    SCHEDULE = "schedule"
    SETTINGS = "settings", "a setting of training was changed"


class RunQuerySet(JobRecordQuerySet):
    def numbered(self) -> Self:
        """With ``number``: the how-manieth of its project it is, from 1. Runs are never deleted one by one."""
        earlier = Run.objects.filter(project=OuterRef("project"), pk__lte=OuterRef("pk")).order_by()
        counted = earlier.values("project").annotate(n=models.Count("pk")).values("n")
        return self.annotate(number=models.Subquery(counted))

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def frozen(self) -> Self:
        """Runs that have looked at the data."""
        return self.filter(last_annotation_id__gt=0) | self.filter(items_seen__gt=0)

    def claim(self, pk: Any) -> int | None:
        """As for every job record; also None while another run of the project is running (run_one_running)."""
        try:
            with transaction.atomic():
                return super().claim(pk)
        except IntegrityError:
            return None

    def put_back_for(self, pk: Any, attempt: int, words: str, retry_after_s: float) -> bool:
        """The row stays ``running`` without a worker: another run of the project may be queued behind it."""
        return self._put_back_for(pk, attempt, words, retry_after_s)

    def waiting(self) -> Self:
        """Queued ones whose project has no running one, and running ones without a worker."""
        busy = Run.objects.filter(state=JobState.RUNNING).values("project")
        queued = Q(state=JobState.QUEUED) & ~Q(project__in=busy)
        return self.filter(queued | Q(state=JobState.RUNNING, worker="")).may_be_tried()

    def take_from_the_dead(self, pk: Any, attempt: int) -> bool:
        """The row stays ``running``, so that a queued run of the same project stays where it is."""
        rows = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING).exclude(worker="")
        return rows.update(worker="", heartbeat_at=None) == 1

    def take_over(self, pk: Any) -> int | None:
        """Goes on with a run whose worker died: returns the new attempt number, None when its worker lives."""
        attempt = dict(self.filter(pk=pk).lost()).get(pk)
        if attempt is None:
            return None
        taken = self.filter(pk=pk, attempt=attempt, state=JobState.RUNNING).update(
            attempt=attempt + 1, worker=process_name(), heartbeat_at=Now(), **NO_WAIT
        )
        return attempt + 1 if taken else None


class Run(JobRecord):
    """At most one run of a project is running and one more is queued; bursts of answers fall into the queued one."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it ran, or why it was skipped.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    steps = models.JSONField(default=list, help_text="[{name, state, started_at, seconds, note, peak_memory_mb}].")
    seed = models.BigIntegerField(default=0)
    annotations_seen = models.BigIntegerField(default=0, help_text="Progress.annotations when the data was frozen.")
    changes_seen = models.BigIntegerField(default=0, help_text="Progress.changes when the data was frozen.")
    last_annotation_id = models.BigIntegerField(default=0, help_text="Nothing newer was learned from.")
    last_feedback_id = models.BigIntegerField(
        default=0, db_default=0, help_text="No newer feedback on predictions was learned from."
    )
    items_seen = models.BigIntegerField(default=0, help_text="Items (ordinals) that existed when it was frozen.")
    source_weights = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Project.source_weights when the data was frozen: {source: weight}, full ones left out.",
    )
    sources = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Where the labels came from: {learned, measured, left_out}, each {source: number}.",
    )
    evidence_seen = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Where answers are weighed by evidence, how far it went when the data was frozen: EvidenceSeen.",
    )
    consensus = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="What they came to there: {rule, version, reason, is_probability, machines, items, path, sha256}.",
    )
    labels_version = models.PositiveIntegerField(default=0)
    data_sha256 = models.CharField(max_length=64, blank=True, help_text="Hash of the frozen data's manifest.")
    epoch = models.PositiveIntegerField(null=True, help_text="The epoch it published.")
    environment = models.JSONField(default=dict, help_text="Code, Python and library versions, parameters.")
    data_tests = models.JSONField(
        default=list, help_text="[{name, outcome, hard, value, limit, unit, words, advice}], hard ones first."
    )

    number: int  # of rows that were read ``numbered``

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known_state("run"),
            models.UniqueConstraint(fields=["project"], condition=Q(state="queued"), name="run_one_queued"),
            models.UniqueConstraint(fields=["project"], condition=Q(state="running"), name="run_one_running"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def news_seen(self) -> int:
        """What the next decision is counted from: new answers, and changes of what counts."""
        return self.annotations_seen + self.changes_seen

    @property
    def sources_in_words(self) -> str:
        """Where the labels came from that it learned from; empty for runs that kept no count of it."""
        return LabelSources(**self.sources).in_words(self.source_weights) if self.sources else ""

    @property
    def is_cancellable(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)
