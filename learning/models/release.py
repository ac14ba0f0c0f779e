"""A version that meets traffic beside the one in use, until something is proven or somebody decides (decision 0119)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from learning.core.release.counts import Counts
from learning.core.release.watch import Watch


class ReleaseMode(models.TextChoices):
    """Whose answer callers get: always the champion's, or for a share of callers the candidate's."""

    SHADOW = "shadow", "shadow"
    CANARY = "canary", "canary"
    AB = "ab", "A/B"


class ReleaseState(models.TextChoices):
    RUNNING = "running", "running"
    PROMOTED = "promoted", "promoted"
    ROLLED_BACK = "rolled_back", "rolled back"
    #: Another version came into use meanwhile: there is nothing left to compare with.
    OVERTAKEN = "overtaken", "overtaken"


class ReleaseQuerySet(models.QuerySet["Release"]):
    def running(self) -> Self:
        return self.filter(state=ReleaseState.RUNNING)

    def end(self, state: ReleaseState, why: str, user: Any = None) -> int:
        """How many of these ran, and do not any more."""
        return self.running().update(state=state, why=why, ended_at=timezone.now(), ended_by=user)

    def newest_first(self) -> Self:
        return self.order_by("-number")


class Release(models.Model):
    """``champion`` is the version that answers while the release runs, whatever else comes into the queue meanwhile.

    What was counted is kept by whoever counts, under the row's lock: ``errors_*`` are contents whose right answer is
    known, each once; ``outliers_*`` predictions of both; the times are sums over the ``predictions`` that both made.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="releases", db_index=False)
    number = models.PositiveIntegerField()
    candidate = models.ForeignKey(
        "learning.ModelVersion", on_delete=models.CASCADE, related_name="releases", db_index=False
    )
    champion = models.ForeignKey("learning.ModelVersion", on_delete=models.CASCADE, related_name="+", db_index=False)
    mode = models.CharField(max_length=6, choices=ReleaseMode.choices)
    share = models.FloatField(help_text="Of callers who get the candidate's answer.")
    promotes = models.BooleanField(help_text="A proven gain makes the candidate the champion without a person.")
    latency_limit_ms = models.FloatField(null=True, blank=True, help_text="A prediction that takes longer is slow.")
    salt = models.CharField(max_length=32)
    reason = models.TextField(help_text="Why it was begun.")
    state = models.CharField(max_length=11, choices=ReleaseState.choices, default=ReleaseState.RUNNING)
    why = models.TextField(blank=True, default="", help_text="Why it ended.")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    first_answer = models.BigIntegerField(default=0, help_text="Answers of people up to this key came before it.")

    predictions = models.PositiveBigIntegerField(default=0, help_text="Contents that both were asked about.")
    by_candidate = models.PositiveBigIntegerField(default=0, help_text="Of them answered by the candidate.")
    alike = models.PositiveBigIntegerField(default=0, help_text="Of them with the same answer of both.")
    failed = models.PositiveBigIntegerField(default=0, help_text="Of them where the candidate failed.")
    candidate_ms = models.FloatField(default=0.0)
    champion_ms = models.FloatField(default=0.0)
    errors_worse = models.PositiveIntegerField(default=0)
    errors_same = models.PositiveIntegerField(default=0)
    errors_better = models.PositiveIntegerField(default=0)
    outliers_worse = models.PositiveBigIntegerField(default=0)
    outliers_same = models.PositiveBigIntegerField(default=0)
    outliers_better = models.PositiveBigIntegerField(default=0)
    waiting = models.TextField(blank=True, default="", help_text="Verdicts on one arm that wait for the other.")
    watch = models.JSONField(default=dict)
    course = models.JSONField(default=list, help_text="[[contents judged, difference, low, high], …].")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="release_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="running"), name="release_one_running_per_project"
            ),
            models.CheckConstraint(condition=Q(mode__in=ReleaseMode.values), name="release_mode_known"),
            models.CheckConstraint(condition=Q(state__in=ReleaseState.values), name="release_state_known"),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="release_share_of_callers"),
        ]

    def __str__(self) -> str:
        return f"release {self.number}"

    @property
    def is_running(self) -> bool:
        return self.state == ReleaseState.RUNNING

    @property
    def errors(self) -> Counts:
        return Counts(self.errors_worse, self.errors_same, self.errors_better)

    @property
    def outliers(self) -> Counts:
        return Counts(self.outliers_worse, self.outliers_same, self.outliers_better)

    def watched(self) -> Watch:
        """What is remembered of the candidate's predictions; put back by ``vars``."""
        return Watch(**self.watch)


class ReleaseAnswer(models.Model):
    """What both versions of a release said of one content; the key is that of the served prediction.

    ``told`` is the answer of the version that answered the caller, ``silent`` that of the other, both as the kind's
    answers look like; null where the candidate failed. ``judged``: 1 the candidate alone was wrong, -1 the champion
    alone was, 0 neither or both were, null while it is not known.
    """

    id = models.BigIntegerField(primary_key=True)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="answers", db_index=False)
    content_hash = models.CharField(max_length=64)
    by_candidate = models.BooleanField()
    told = models.JSONField(default=dict)
    silent = models.JSONField(null=True)
    judged = models.SmallIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["release", "content_hash"], name="release_answer_content")]
        constraints = [
            models.CheckConstraint(
                condition=Q(judged__isnull=True) | Q(judged__gte=-1, judged__lte=1), name="release_answer_judged"
            )
        ]

    def __str__(self) -> str:
        return f"answers to prediction {self.pk}"
