from django.db import models
from django.utils import timezone


class StoredReport(models.Model):
    """What a statistic over all of a project came to, made by a worker for those who look (decision 0127).

    ``news`` are the numbers that move with what it is made of, as they were before it was made: a report of other
    numbers is told with its time and made anew. ``read_at`` is None until there is one. ``cost_s`` is the processor
    time it took.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    key = models.CharField(max_length=300, blank=True, default="", help_text="What of: of some reports there are many.")
    content = models.JSONField(null=True)
    news = models.JSONField(default=list)
    read_at = models.DateTimeField(null=True)
    cost_s = models.FloatField(default=0.0)
    asked_at = models.DateTimeField(null=True, help_text="When a worker was last asked for it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name", "key"], name="stored_report_once")]

    def __str__(self) -> str:
        return f"{self.name} of project {self.project_id}"


class AnswerCounts(models.Model):
    """What the answers of a project with ids up to ``folded`` come to: exact, and added to what came since they are
    those of now (decision 0127). A revision counts for itself and takes away the one before it, so the sum over any ids
    is right whenever it is read.

    ``candidate``: up to here is counted next, once every transaction is over that was under way when this row was
    written. ``days`` and ``minutes`` are answers of people by date and by minute in UTC, the latter of the newest two
    hours; ``labels`` are how often each was given. ``scheme`` names the labels by which they were read.
    """

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, primary_key=True, related_name="+")
    folded = models.BigIntegerField(default=0)
    candidate = models.BigIntegerField(default=0)
    days = models.JSONField(default=dict)
    minutes = models.JSONField(default=dict)
    labels = models.JSONField(default=dict)
    scheme = models.CharField(max_length=64, blank=True, default="")
    updated_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, help_text="When a worker was last asked to go on.")

    class Meta:
        verbose_name_plural = "answer counts"

    def __str__(self) -> str:
        return f"answers of project {self.project_id} up to {self.folded}"
