"""The map of a project's items, and the job that draws it and places what is new."""

from django.conf import settings
from django.db import models

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state


class ItemMap(JobRecord):
    """One a project: asked for again, the same row waits again.

    ``number`` counts layouts; the newest is the file under ``path``, made from features of ``encoder`` (the version's
    name). Which of them is shown, and of how many items, stands in labeling's ``FacetIndex``. ``step`` says in words
    what is under way, ``done`` of ``total``.
    """

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    number = models.PositiveIntegerField(default=0)
    encoder = models.CharField(max_length=120, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    drawn_at = models.DateTimeField(null=True, help_text="When the layout was made.")
    draw_anew = models.BooleanField(default=False, help_text="Another layout was asked for.")
    step = models.CharField(max_length=40, blank=True, default="")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        constraints = [known_state("item_map")]

    def __str__(self) -> str:
        return f"map of {self.project}"
