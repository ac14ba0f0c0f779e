"""A version of a project's label scheme: what was changed by whom, when and why, and the labels since."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class SchemeOperation(models.TextChoices):
    START = "start", "First version"
    RENAME = "rename", "Renamed"
    MERGE = "merge", "Merged"
    SPLIT = "split", "Split"
    RETIRE = "retire", "Retired"
    DESCRIBE = "describe", "Described"
    SET = "set", "Label set changed"
    UNDO = "undo", "Undone"


class SchemeChange(models.Model):
    """Append-only. Version 1 is written down when the first change comes: a project without rows is at version 1.

    ``labels`` is the whole scheme since the change, by which every version can be read and the one before be restored.
    An answer was said under the newest version whose ``after_annotation`` is below its id.
    """

    project = models.ForeignKey(
        "labeling.Project", on_delete=models.CASCADE, related_name="scheme_changes", db_index=False
    )
    number = models.PositiveIntegerField(help_text="The version that the change made.")
    operation = models.CharField(max_length=10, choices=SchemeOperation.choices)
    details = models.JSONField(default=dict, help_text="By the names of the labels then.")
    reason = models.CharField(max_length=1000, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    labels = models.JSONField(default=list, help_text="All labels since, archived ones too.")
    after_annotation = models.BigIntegerField(default=0, help_text="The newest answer when it was made.")
    undoes = models.PositiveIntegerField(null=True, help_text="The version that it takes back.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="scheme_version_once"),
            models.CheckConstraint(
                condition=Q(operation__in=SchemeOperation.values), name="scheme_change_operation_known"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="scheme_versions_from_one"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of the labels of {self.project}"


class Relabeling(JobRecord):
    """Opens what a split makes uncertain, closes what its undo makes certain again. Repeating it changes nothing."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="relabelings")
    version = models.PositiveIntegerField(help_text="Of the scheme that asks for it.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    total = models.BigIntegerField(default=0, help_text="Items to look at.")
    done = models.BigIntegerField(default=0, help_text="Items looked at by this attempt.")
    changed = models.BigIntegerField(default=0, help_text="Items that are asked about again, or not any more.")

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("relabeling")]

    def __str__(self) -> str:
        return f"relabeling of {self.project}"
