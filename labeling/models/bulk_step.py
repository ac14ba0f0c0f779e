"""What somebody does to many items at once: chosen, frozen, carried out item by item, and undone as one."""

import zlib
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class BulkDo(models.TextChoices):
    """``undo`` is a step as well: it takes another one back."""

    LABEL = "label", "label"
    ASK_AGAIN = "ask_again", "ask again"
    REVIEW = "review", "send to review"
    #: what was answered *unknown pattern* gets a name, which is a label from then on
    NAME = "name", "name"
    SET_ASIDE = "set_aside", "set aside"
    RESTORE = "restore", "restore"
    GOLD = "gold", "make gold"
    SELECT = "select", "keep as a selection"
    UNDO = "undo", "undo"


class BulkStepQuerySet(JobRecordQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def that_can_be_undone(self) -> Self:
        """Neither undone nor an undo, and not one that changed nothing."""
        return self.filter(undone_by_step__isnull=True).exclude(do__in=[BulkDo.UNDO, BulkDo.SELECT])


class BulkStep(JobRecord):
    """``chosen`` are the ordinals it is about, as compressed bits; they never change. ``cursor`` is the first ordinal
    that has not been dealt with (of an undo: the first item by its row), ``done`` counts those that were changed and
    ``left_out`` the others by reason. ``counted`` is what the page said to whoever began it."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="bulk_steps")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    do = models.CharField(max_length=10, choices=BulkDo.choices)
    answer = models.JSONField(null=True, help_text="As answers are stored; none where the step gives none.")
    reason = models.TextField(blank=True, default="", help_text="Why items of the eval split are among them.")
    view = models.TextField(blank=True, default="", help_text="The address of the view; empty where items were ticked.")
    chosen = models.BinaryField()
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    left_out = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    cursor = models.BigIntegerField(default=0)
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by_step")

    objects = BulkStepQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            known_state("bulk_step"),
            models.CheckConstraint(condition=Q(do__in=BulkDo.values), name="bulk_step_known"),
            models.CheckConstraint(
                condition=Q(do="undo", undoes__isnull=False) | (~Q(do="undo") & Q(undoes__isnull=True)),
                name="bulk_step_undoes_another",
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="bulk_step_newest")]

    def __str__(self) -> str:
        return f"{self.get_do_display()}: {self.total:,} items"

    @property
    def batch(self) -> str:
        """The name under which decisions of reviewers belong together (``ReviewDecision.batch``)."""
        return self.public_id.hex

    @property
    def ordinals(self) -> int:
        """The ordinals as bits."""
        return int.from_bytes(zlib.decompress(bytes(self.chosen)), "little")

    @staticmethod
    def packed(bits: int) -> bytes:
        """Ordinals, given as bits, as they are stored."""
        return zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), 1)


class BulkItemQuerySet(models.QuerySet["BulkItem"]):
    def changed(self) -> Self:
        return self.filter(why="")

    def standing(self) -> Self:
        return self.filter(why="", is_undone=False)


class BulkItem(models.Model):
    """One item of a step. ``why`` it was left out, "" where the step was carried out; ``before`` is what the undo puts
    back, as the step wants it."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.ForeignKey(BulkStep, on_delete=models.CASCADE, related_name="items", db_index=False)
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=12, blank=True, default="")
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    is_undone = models.BooleanField(default=False)

    objects = BulkItemQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "item"], name="bulk_item_once")]
        indexes = [models.Index(fields=["project"], name="bulk_item_project")]

    def __str__(self) -> str:
        return f"item {self.item_id} of step {self.step_id}"
