"""One thing to label."""

from collections.abc import Collection
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Split(models.TextChoices):
    POOL = "pool"
    EVAL = "eval"


#: ``Item.origin`` of what came back because a model was unsure of it, or knew nothing like it (decision 0117).
PRODUCTION = "production"


class ItemStatus(models.TextChoices):
    ACTIVE = "active"
    SET_ASIDE = "set_aside"


class Because(models.TextChoices):
    """Why an item or a pair is not asked about any more."""

    UNCLEAR = "unclear", "unclear to several people"
    BROKEN = "broken", "broken"
    OUT_OF_SCOPE = "out_of_scope", "out of scope"
    EVERYBODY = "everybody", "skipped by everybody who could be asked"
    REVIEWER = "reviewer", "set aside by a reviewer"
    CONTEXT = "context", "its context is set aside"
    UNKNOWN = "unknown", "unknown pattern"


class ItemQuerySet(models.QuerySet["Item"]):
    def open_in(self, split: Split) -> Self:
        """Items somebody may still be asked about."""
        return self.filter(split=split, is_open=True)

    def awaiting_answers(self) -> Self:
        return self.filter(status=ItemStatus.ACTIVE, answers__lt=F("annotations_required") - F("extra_slots"))

    def answered(self) -> Self:
        return self.filter(answers__gt=0)

    def numbered(self, project: "int | models.Model", ids: Collection[int]) -> Self:
        """Those with these ids that are the project's, looked up by their ids. Told plainly that they are of a project,
        SQLite reads all of its items where there are many ids."""
        key = project if isinstance(project, int) else project.pk
        of = models.ExpressionWrapper(F("project_id") + 0, output_field=models.BigIntegerField())
        return self.alias(of_project=of).filter(pk__in=list(ids), of_project=key)


class Item(models.Model):
    """``ordinal`` numbers a project's items from 0: row ``ordinal % 65536`` of feature shard ``ordinal // 65536``.

    ``draw_key`` is a random number fixed at import: everybody walks the eval split in its order, a random sample at the
    cost of one index seek. The pool is drawn from by ordinals.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="items", db_index=False)
    ordinal = models.BigIntegerField()
    external_id = models.CharField(max_length=200, null=True, blank=True)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of what is asked about.")
    text = models.TextField(blank=True)
    asset = models.ForeignKey(
        "labeling.Asset", null=True, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder, help_text="The row's other columns.")
    context = models.TextField(blank=True)
    group = models.CharField(max_length=200, blank=True, help_text="Items of a group stay on one side of the split.")
    origin = models.CharField(max_length=200, blank=True)
    split = models.CharField(max_length=4, choices=Split.choices)
    draw_key = models.BigIntegerField()
    batch = models.ForeignKey(
        "labeling.ImportBatch", null=True, on_delete=models.SET_NULL, related_name="items", db_index=False
    )
    in_context = models.ForeignKey(
        "labeling.Context", null=True, on_delete=models.PROTECT, related_name="members", db_index=False
    )
    place = models.PositiveIntegerField(null=True, help_text="Number of the item inside its context, from 0.")
    created_at = models.DateTimeField(default=timezone.now)

    # kept by services/serving and services/answers
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.ACTIVE)
    annotations_required = models.PositiveSmallIntegerField(default=1)
    extra_slots = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Slots of these that are there to measure agreement: done without them."
    )
    slots_taken = models.PositiveSmallIntegerField(default=0, help_text="People who hold or have answered the item.")
    answers = models.PositiveSmallIntegerField(default=0, help_text="Current answers by people.")
    is_open = models.BooleanField(default=True)
    set_aside_because = models.CharField(
        max_length=20, blank=True, default="", help_text="The skip reason that took it out, or reviewer."
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "ordinal"], name="item_ordinal_once"),
            models.UniqueConstraint(fields=["project", "content_hash"], name="item_content_once"),
            models.UniqueConstraint(
                fields=["project", "external_id"], condition=Q(external_id__isnull=False), name="item_external_id_once"
            ),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="item_split_known"),
            models.CheckConstraint(condition=Q(slots_taken__lte=F("annotations_required")), name="item_overlap_kept"),
            models.CheckConstraint(condition=Q(answers__lte=F("slots_taken")), name="item_answers_hold_slots"),
            models.CheckConstraint(  # or nobody's, where an imported answer is enough
                condition=Q(extra_slots__lt=F("annotations_required")) | Q(extra_slots=0, annotations_required=0),
                name="item_spares_no_answer",
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(status="active", slots_taken__lt=F("annotations_required")),
                name="item_open_means_free",
            ),
            models.UniqueConstraint(
                fields=["in_context", "place"], condition=Q(in_context__isnull=False), name="item_place_once"
            ),
            models.CheckConstraint(
                condition=Q(in_context__isnull=True, place__isnull=True)
                | Q(in_context__isnull=False, place__isnull=False),
                name="item_place_in_context",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "split", "draw_key"], condition=Q(is_open=True), name="item_walk"),
            models.Index(  # few among many, and found without a look at the rest
                fields=["project", "id"], condition=Q(is_open=True, origin=PRODUCTION), name="item_came_back"
            ),
            models.Index(fields=["batch"], name="item_batch", condition=Q(batch__isnull=False)),
            models.Index(fields=["asset"], name="item_asset", condition=Q(asset__isnull=False)),
            models.Index(
                fields=["project", "set_aside_because"], condition=Q(status="set_aside"), name="item_set_aside"
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or f"item {self.pk}"

    @property
    def shown_name(self) -> str:
        """What it is called for those who may look through the items: its id, or its picture's file. Not for whoever
        is asked about it: names of files often say the label."""
        picture = str(self.data.get("image") or "") if self.asset_id and not self.external_id else ""
        return picture or str(self)

    def get_because_display(self) -> str:
        """Why it is set aside, in words."""
        known = self.set_aside_because in Because.values
        return str(Because(self.set_aside_because).label) if known else self.set_aside_because
