"""A project: one labeling effort with one kind of question."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.member import Member, roles_that
from labeling.models.modality import Modality
from labeling.models.permission import Permission
from labeling.models.source import ANSWER_SOURCES, FULL_WEIGHT, weight_setting
from labeling.models.user import User

#: No machine; no machine may be called so.
OFF = "off"
#: Of the versions of a machine the one it predicts under.
NEWEST = "newest"


class Pairs(models.TextChoices):
    """Which pairs a pairwise project asks about."""

    ANY = "any", "Any two items of a context"
    GIVEN = "given", "Only the pairs that were imported"


class FallBack(models.TextChoices):
    """What becomes of the queue where choosing teaches nothing (decision 0062)."""

    AUTO = "auto", "Where choosing teaches nothing"
    NEVER = "never", "Never: the model chooses"


class AskAgain(models.TextChoices):
    """Whether the queue puts known items to one person more (decision 0090)."""

    OFF = "off", "Never"
    AUTO = "auto", "Where another answer is worth more than a new item"


class ProductionMode(models.TextChoices):
    """Whether programs rely on the model, and are answered only by what keeps the stated promises (decision 0130)."""

    OFF = "off", "Whatever is in use answers"
    ON = "on", "Only a promoted model that costs no more than is acceptable"


class AskAbout(models.TextChoices):
    """Whom an answer that came with an import spares the question (decision 0074)."""

    ALL = "all", "Every item"
    UNLABELED = "unlabeled", "Only what came without an answer"


class MachineVotes(models.TextChoices):
    """Whether machines vote beside people (decision 0093)."""

    OFF = "off", "Never"
    ON = "on", "By the weight their gold has proven"


class ConsensusBy(models.TextChoices):
    """What several answers to an item of the pool come to where a model learns from them (decision 0105)."""

    MAJORITY = "majority", "The majority"
    EVIDENCE = "evidence", "The rule that gold shows to be better"


class GoldFeedback(models.TextChoices):
    """Whether people hear the truth once they have answered gold (decision 0085)."""

    NEVER = "never", "Nothing is said"
    SAID = "said", "Right or wrong is said, with the explanation"


def new_pseudonym_key() -> str:
    return secrets.token_hex(16)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> "ProjectQuerySet":
        """Projects the user is a member of; all of them for a superuser."""
        there = self._there_for(user)
        return there if user.is_superuser else there.filter(members__user=user)

    def _there_for(self, user: User) -> "ProjectQuerySet":
        there = self.filter(deleted_at__isnull=True)
        return there if user.confined_to is None else there.filter(pk=user.confined_to)

    def where(self, user: User, permission: Permission) -> "ProjectQuerySet":
        """Projects in which the user has a permission."""
        there = self._there_for(user)
        if user.is_superuser:
            return there
        return there.filter(pk__in=Member.objects.filter(user=user, role__in=roles_that(permission)).values("project"))


class Project(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, help_text="A name in the registry of kinds.")
    modality = models.CharField(max_length=10, choices=Modality.choices)
    purpose = models.TextField(blank=True, help_text="What the labels are for: shown to annotators, kept in exports.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since then it is gone for everybody; a job removes it."
    )

    # settings of the contract
    overlap = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="How many different people answer each item.",
    )  # fmt: skip
    eval_share = models.FloatField(
        default=0.1, validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="Share of the items drawn at random at import, only ever used to measure the model.",
    )  # fmt: skip
    eval_double_share = models.FloatField(
        default=0.2, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of the eval items that two people answer, to know how far people agree.",
    )  # fmt: skip
    random_share = models.FloatField(
        default=0.1, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of the questions drawn at random from the pool instead of from the head of the queue.",
    )  # fmt: skip
    strategy = models.CharField(max_length=40, default="auto", help_text="Query strategy.")
    encoder = models.CharField(max_length=40, default="auto", help_text="How items become numbers.")
    learner = models.CharField(max_length=40, default="auto", help_text="What learns from the labels.")
    retrain_every = models.PositiveIntegerField(
        default=20, validators=[MinValueValidator(1)], help_text="New labels after which the model is retrained."
    )
    lease_s = models.PositiveIntegerField(
        default=900, validators=[MinValueValidator(10), MaxValueValidator(7 * 24 * 3600)],
        help_text="Seconds a question stays reserved for the person it was put to.",
    )  # fmt: skip
    repeat_share = models.FloatField(
        default=0.05, validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="Pairwise: share of a person's questions that repeat an earlier pair with the sides swapped.",
    )  # fmt: skip
    gold_share = models.FloatField(
        default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="Share of a person's questions whose true answer is known.",
    )  # fmt: skip
    min_gain = models.FloatField(
        default=0.01, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="The least gain of the model's accuracy that is worth further labels; only advice goes by it.",
    )  # fmt: skip
    fall_back = models.CharField(
        max_length=5, choices=FallBack.choices, default=FallBack.AUTO, db_default=FallBack.AUTO,
        help_text="Whether the strategy auto may ask at random by itself where choosing teaches nothing.",
    )  # fmt: skip
    pairs = models.CharField(
        max_length=5, choices=Pairs.choices, default=Pairs.ANY, help_text="Pairwise: which pairs are asked about.",
    )  # fmt: skip

    ask_about = models.CharField(
        max_length=9, choices=AskAbout.choices, default=AskAbout.ALL, db_default=AskAbout.ALL,
        help_text="Whether people are asked about what an import brought an answer for. Eval items always are.",
    )  # fmt: skip

    answers_a_minute = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(600)],
        help_text="Faster answers of one person wait (429); so many are taken at once. 0: as fast as they come.",
    )  # fmt: skip
    second_opinions = models.CharField(
        max_length=4, choices=AskAgain.choices, default=AskAgain.OFF, db_default=AskAgain.OFF,
        help_text="Whether known items are put to one person more where that is worth more than a new item.",
    )  # fmt: skip
    second_share = models.FloatField(
        default=0.3, db_default=0.3, validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="Share of the questions that second opinions may be at most.",
    )  # fmt: skip
    most_answers = models.PositiveSmallIntegerField(
        default=3, db_default=3, validators=[MinValueValidator(2), MaxValueValidator(50)],
        help_text="How many people a second opinion may bring an item to.",
    )  # fmt: skip

    gold_feedback = models.CharField(
        max_length=5, choices=GoldFeedback.choices, default=GoldFeedback.NEVER, db_default=GoldFeedback.NEVER,
        help_text="Whether people hear after a gold question whether they were right, and why.",
    )  # fmt: skip
    practice_questions = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(50)],
        help_text="Gold questions with explanations before the first real one; 0 for no practice round.",
    )  # fmt: skip
    practice_pass = models.FloatField(
        default=0.8, db_default=0.8, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of the practice questions that must be right.",
    )  # fmt: skip
    practice_tries = models.PositiveSmallIntegerField(
        default=3, db_default=3, validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Practice rounds somebody may take.",
    )  # fmt: skip

    suggestions_from = models.CharField(
        max_length=100, default=OFF, db_default=OFF,
        help_text="Name of the machine whose predictions annotators are shown; off: none.",
    )  # fmt: skip
    suggestions_version = models.CharField(
        max_length=100, default=NEWEST, db_default=NEWEST, help_text="Its version; newest: the one it predicts under.",
    )  # fmt: skip
    suggestions_withheld = models.FloatField(
        default=0.2, db_default=0.2, validators=[MinValueValidator(0.1), MaxValueValidator(0.95)],
        help_text="Share of the questions with a suggestion that go without, so that anchoring can be measured.",
    )  # fmt: skip
    signal_from = models.CharField(
        max_length=100, default=OFF, db_default=OFF,
        help_text="Name of the machine that has a say in what is asked first; off: none.",
    )  # fmt: skip
    machine_votes = models.CharField(
        max_length=3, choices=MachineVotes.choices, default=MachineVotes.OFF, db_default=MachineVotes.OFF,
        help_text="Whether machines vote, by their proven weight, where answers are weighed by evidence.",
    )  # fmt: skip
    consensus_by = models.CharField(
        max_length=8, choices=ConsensusBy.choices, default=ConsensusBy.MAJORITY, db_default=ConsensusBy.MAJORITY,
        help_text="What several answers come to for a model that learns from them; never of held-out items.",
    )  # fmt: skip
    production_a_day = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(100_000)],
        help_text="Doubtful predictions that become items in a day (UTC), at most; 0: none.",
    )  # fmt: skip
    production_outliers = models.FloatField(
        default=0.3, db_default=0.3, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of these that is for outliers; the rest is for unsure ones. Neither takes the other's.",
    )  # fmt: skip
    production_share = models.FloatField(
        default=0.2, db_default=0.2, validators=[MinValueValidator(0.0), MaxValueValidator(0.9)],
        help_text="Share of the pool's questions that are about such items while any waits.",
    )  # fmt: skip
    reviews_a_day = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(1_000_000)],
        help_text="Predictions a day that people can look at: sizes the bands. 0: fixed bands.",
    )  # fmt: skip
    predictions_a_minute = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(1_000_000)],
        help_text="Rows that one caller may ask the model about in a minute; 0: no limit.",
    )  # fmt: skip
    predictions_a_day = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(1_000_000_000)],
        help_text="The same in a day (UTC).",
    )  # fmt: skip
    prediction_limit_ms = models.FloatField(
        default=0.0, db_default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(60_000.0)],
        help_text="Milliseconds that a model may take for one row alone (median); slower is refused. 0: no limit.",
    )  # fmt: skip
    prediction_limit_cpu_ms = models.FloatField(
        default=0.0, db_default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(60_000_000.0)],
        help_text="The same of the CPU of 1,000 predictions, in milliseconds.",
    )  # fmt: skip
    production_mode = models.CharField(
        max_length=3, choices=ProductionMode.choices, default=ProductionMode.OFF, db_default=ProductionMode.OFF,
        help_text="Whether programs are answered only by a promoted model that meets what the project states.",
    )  # fmt: skip
    weight_human = models.FloatField(
        default=1.0, db_default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="How much a label that people gave here counts in training; 0 leaves it out.",
    )  # fmt: skip
    weight_review = models.FloatField(
        default=1.0, db_default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="The same of a reviewer's decision; with 0 what people answered counts.",
    )  # fmt: skip
    weight_import = models.FloatField(
        default=1.0, db_default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="The same of a label that came with an import.",
    )  # fmt: skip
    costs = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True,
        help_text="What mistakes cost, by identity of the labels: selectors/costs.py. Empty: all the same.",
    )  # fmt: skip

    # kept by services
    split_seed = models.CharField(max_length=32, editable=False)
    pseudonym_key = models.CharField(
        max_length=32, default=new_pseudonym_key, editable=False, help_text="Never shown: selectors/names.py."
    )
    instructions_version = models.PositiveIntegerField(default=0, editable=False)
    columns = models.JSONField(
        default=list, editable=False, help_text="Columns of the table rows, in the order they were first seen."
    )
    import_columns = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), editable=False,
        help_text="What the columns of the last file were for that were chosen by hand.",
    )  # fmt: skip
    labels_version = models.PositiveIntegerField(default=0, editable=False)
    label_renames = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Pages load anew; a model learns nothing by it."
    )
    label_splits = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Changes of the scheme since which answers may not count."
    )
    epoch = models.PositiveIntegerField(default=0, editable=False, help_text="The published epoch; 0 before the first.")
    leaning = models.FloatField(
        default=0.0, db_default=0.0, editable=False,
        help_text="Share drawn at random, where above random_share: the published ranking found that people err.",
    )  # fmt: skip
    fell_back = models.JSONField(
        null=True, editable=False,
        help_text="Since a run found that choosing teaches nothing: on which figures. Null while the model chooses.",
    )  # fmt: skip
    asks_again = models.FloatField(
        default=0.0, db_default=0.0, editable=False,
        help_text="Share of the questions that are second opinions, as the published ranking found it worth.",
    )  # fmt: skip
    reserved_epoch = models.PositiveIntegerField(default=0, editable=False, help_text="The newest number given out.")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="project_kind_named"),
            models.CheckConstraint(condition=Q(modality__in=Modality.values), name="project_modality_known"),
            models.CheckConstraint(condition=Q(overlap__gte=1), name="project_overlap_at_least_one"),
            models.CheckConstraint(
                condition=Q(eval_share__gte=0, eval_share__lte=0.5), name="project_eval_share_in_range"
            ),
            models.CheckConstraint(
                condition=Q(eval_double_share__gte=0, eval_double_share__lte=1),
                name="project_eval_double_share_in_range",
            ),
            models.CheckConstraint(
                condition=Q(random_share__gte=0, random_share__lte=1), name="project_random_share_in_range"
            ),
            models.CheckConstraint(condition=Q(leaning__gte=0, leaning__lte=1), name="project_leaning_in_range"),
            models.CheckConstraint(
                condition=Q(asks_again__gte=0, asks_again__lte=0.5), name="project_asks_again_in_range"
            ),
            models.CheckConstraint(condition=Q(reserved_epoch__gte=models.F("epoch")), name="project_epoch_reserved"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def share_at_random(self) -> float:
        """Share of the pool's questions that no ranking has a say in: what was set, more where people err, all where
        choosing teaches nothing."""
        return 1.0 if self.fell_back else max(self.random_share, self.leaning)

    @property
    def spares_items(self) -> bool:
        """Whether there may be pool items that nobody is asked about by their own slots."""
        return self.asks_only_unlabeled or self.gold_share > 0

    @property
    def asks_what_came_back(self) -> bool:
        """Whether doubtful predictions become items, which are then asked about by a coin of their own."""
        return self.production_a_day > 0

    @property
    def is_in_production(self) -> bool:
        """Whether programs are answered only by what keeps the stated promises."""
        return self.production_mode == ProductionMode.ON

    @property
    def asks_second_opinions(self) -> bool:
        """Whether the queue may put known items to one person more."""
        return self.second_opinions == AskAgain.AUTO

    @property
    def shows_suggestions(self) -> bool:
        """Whether annotators may be shown what a machine says."""
        return self.suggestions_from != OFF

    @property
    def asks_only_unlabeled(self) -> bool:
        """Whether an answer that came with an import counts as all that its pool item or pair needs."""
        return self.ask_about == AskAbout.UNLABELED

    @property
    def source_weights(self) -> dict[str, float]:
        """The weights of labels in training by their source, full ones left out."""
        given = {name: getattr(self, weight_setting(name)) for name in ANSWER_SOURCES}
        return {name: weight for name, weight in given.items() if weight != FULL_WEIGHT}

    def in_column_order(self, data: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """A table row's columns as they stood in the file; stored rows do not keep their order."""
        known = [name for name in self.columns if name in data]
        return [(name, data[name]) for name in known] + [pair for pair in data.items() if pair[0] not in self.columns]


#: By which a run learns something else from the same answers.
TRAINING_SETTINGS = ("consensus_by", "machine_votes", "weight_human", "weight_review", "weight_import")
#: What a project uses machines for.
MACHINE_SETTINGS = (
    "suggestions_from", "suggestions_version", "suggestions_withheld", "signal_from", "machine_votes",
)  # fmt: skip
#: What becomes of what the model answers programs outside.
PRODUCTION_SETTINGS = (
    "production_a_day", "production_outliers", "production_share", "reviews_a_day", "predictions_a_minute",
    "predictions_a_day", "prediction_limit_ms", "prediction_limit_cpu_ms", "production_mode",
)  # fmt: skip
SETTINGS_FIELDS = (
    "overlap", "eval_share", "eval_double_share", "random_share", "strategy", "encoder", "learner", "retrain_every",
    "lease_s", "repeat_share", "gold_share", "pairs", "min_gain", "fall_back", "ask_about",
    "answers_a_minute",
    "second_opinions", "second_share", "most_answers",
    "gold_feedback", "practice_questions", "practice_pass", "practice_tries",
    *MACHINE_SETTINGS,
    "consensus_by", "weight_human", "weight_review", "weight_import",
    *PRODUCTION_SETTINGS,
)  # fmt: skip
