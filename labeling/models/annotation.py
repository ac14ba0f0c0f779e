"""An annotator's answer. Rows are only ever added; the newest revision of a task is the current one."""

import json
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Replace, StrIndex
from django.utils import timezone

from labeling.models.item import Item
from labeling.models.pair import Pair
from labeling.models.remark import MAX_COMMENT, Remark
from labeling.models.source import Source
from labeling.models.task import item_or_pair


class Viewport(models.TextChoices):
    """How wide the page was: on a narrow one the left item of a pair stands on top."""

    WIDE = "wide"
    MEDIUM = "medium"
    NARROW = "narrow"


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def current(self) -> Self:
        """Newest revisions that are not take-backs: each answer once."""
        return self.filter(is_current=True, answer__isnull=False)

    def giving(self, label: str) -> Self:
        """Answers that give the label, whatever the kind: its name stands in the JSON as a value, not as a key."""
        rows, mentions = self._mentioning(label)
        return rows.filter(mentions)

    def not_giving(self, label: str) -> Self:
        rows, mentions = self._mentioning(label)
        return rows.exclude(mentions)

    def _mentioning(self, label: str) -> tuple[Self, Q]:
        mentions = Q()
        # a quotation mark inside a name is escaped: without the escape it would be where another name begins
        escaped, other = '\\"', "\x01"
        rows = self.alias(answer_text=Replace(Cast("answer", TextField()), Value(escaped), Value(other)))
        # SQLite keeps JSON as it was written (ASCII, escaped), PostgreSQL prints it unescaped
        spellings = sorted({json.dumps(label), json.dumps(label, ensure_ascii=False)})
        for number, ending in enumerate(f"{spelling}{end}" for spelling in spellings for end in "}],"):
            rows = rows.alias(**{f"at_{number}": StrIndex("answer_text", Value(ending.replace(escaped, other)))})
            mentions |= Q(**{f"at_{number}__gt": 0})
        return rows, mentions

    def newest_last(self) -> Self:
        return self.order_by("pk")


class Annotation(models.Model):
    """``answer`` is null in the revision that takes an answer back. Only ``is_current`` of older rows ever changes."""

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    item = models.ForeignKey(
        "labeling.Item", null=True, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    pair = models.ForeignKey(
        "labeling.Pair", null=True, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    left = models.ForeignKey("labeling.Item", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(
        "labeling.Task", null=True, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="annotations", db_index=False
    )
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.HUMAN)
    answer = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    elapsed_ms = models.PositiveIntegerField(null=True)
    instructions_version = models.PositiveIntegerField(default=0)
    ui_version = models.CharField(max_length=40, blank=True, default="", help_text="Of the page that was answered on.")
    viewport = models.CharField(max_length=6, choices=Viewport.choices, blank=True, default="")
    imported_annotator = models.CharField(
        max_length=150, blank=True, default="", help_text="Who gave an imported answer."
    )
    # null where nothing was said: a column without a default is added to a million rows at once (decision 0113)
    doubt = models.BooleanField(null=True, help_text="Who answered was not sure; null for nothing said.")
    comment = models.CharField(
        max_length=MAX_COMMENT, blank=True, null=True, help_text="What was said with the answer."
    )

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "revision"], condition=Q(task__isnull=False), name="annotation_revision_once"
            ),
            models.UniqueConstraint(
                fields=["task"], condition=Q(task__isnull=False, is_current=True), name="annotation_one_current"
            ),
            models.UniqueConstraint(
                fields=["item", "imported_annotator"],
                condition=Q(source="import", item__isnull=False),
                name="annotation_one_import_per_item_and_name",
            ),
            models.UniqueConstraint(
                fields=["pair", "imported_annotator", "left"],
                condition=Q(source="import", pair__isnull=False),
                name="annotation_one_import_per_pair_and_name",
            ),
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(source="review", is_current=True, item__isnull=False),
                name="annotation_one_review_per_item",
            ),
            models.UniqueConstraint(
                fields=["pair"],
                condition=Q(source="review", is_current=True, pair__isnull=False),
                name="annotation_one_review_per_pair",
            ),
            item_or_pair("annotation"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="annotation_source_known"),
            models.CheckConstraint(
                condition=Q(source__in=["import", "machine"])
                | Q(source="review", annotator__isnull=False)
                | Q(task__isnull=False, annotator__isnull=False),
                name="annotation_by_a_person_has_a_task",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="annotation_in_order"),
            # how fast people are of late, however much was imported since
            models.Index(fields=["project", "id"], name="annotation_timed", condition=Q(elapsed_ms__isnull=False)),
            models.Index(fields=["item"], name="annotation_item"),
            models.Index(fields=["pair"], name="annotation_pair", condition=Q(pair__isnull=False)),
            models.Index(
                fields=["project", "item"],
                name="annotation_item_by_name",
                condition=Q(item__isnull=False) & ~Q(imported_annotator=""),
            ),
            models.Index(fields=["left"], name="annotation_left", condition=Q(left__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"annotation {self.pk}"

    @property
    def remark(self) -> Remark:
        """What its author said with it."""
        return Remark(bool(self.doubt), self.comment or "")

    @property
    def about(self) -> Item | Pair:
        """What was answered about."""
        subject = self.item or self.pair
        assert subject is not None  # a constraint of the table
        return subject
