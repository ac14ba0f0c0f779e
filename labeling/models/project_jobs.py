"""Work on a whole project that is too long for a request: its deletion, and a new overlap for all of its items."""

from django.conf import settings
from django.db import models

from labeling.models.job_record import JobRecord, JobRecordQuerySet, known_state


class ProjectDeletion(JobRecord):
    """Outlives its project: the files go after the rows, and who deleted what stays on record."""

    project = models.ForeignKey("labeling.Project", null=True, on_delete=models.SET_NULL, related_name="+")
    project_number = models.BigIntegerField(unique=True, help_text="By which the file storage names its folders.")
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, help_text="The address it had; free for another project.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    total = models.BigIntegerField(default=0, help_text="Rows to delete, counted when the work begins.")
    done = models.BigIntegerField(default=0, help_text="Rows deleted.")

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("project_deletion")]

    def __str__(self) -> str:
        return f"deletion of {self.name}"


class OverlapChange(JobRecord):
    """Brings all items to the project's overlap, whatever it is by then. Repeating it changes nothing."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="overlap_changes")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    total = models.BigIntegerField(default=0, help_text="Items and pairs to look at.")
    done = models.BigIntegerField(default=0, help_text="Items and pairs looked at by this attempt.")
    changed = models.BigIntegerField(default=0, help_text="Items and pairs that this attempt changed.")

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [known_state("overlap_change")]

    def __str__(self) -> str:
        return f"overlap of {self.project}"
