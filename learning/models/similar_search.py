"""The items most like one, a text or a picture: asked for on a page, found by a worker, kept for the next who asks."""

from typing import Any

from django.conf import settings
from django.db import models

from labeling.models import JobRecord, JobRecordQuerySet
from labeling.models.job_record import known_state


class SimilarSearch(JobRecord):
    """One a project and ``key``, which names what is looked for: asked for again once there are other features, the
    same row waits again.

    ``item``, ``text`` or ``picture`` (its bytes, let go of at the end) is what the others are compared with.
    ``result``: ``[ordinal, distance]``, nearest first, by features of ``encoder`` (the version's name) among ``items``.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    # items only go with their project, whose rows labeling removes in bulk, without knowing these
    item = models.ForeignKey(
        "labeling.Item", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    text = models.TextField(blank=True, default="")
    picture = models.BinaryField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    encoder = models.CharField(max_length=120, blank=True, default="")
    items = models.BigIntegerField(default=0)
    result: Any = models.JSONField(null=True)

    objects = JobRecordQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "similar searches"
        ordering = ["-pk"]
        constraints = [
            known_state("similar_search"),
            models.UniqueConstraint(fields=["project", "key"], name="similar_search_once"),
        ]

    def __str__(self) -> str:
        return f"like {self.item or self.text[:40] or 'a picture'}"
