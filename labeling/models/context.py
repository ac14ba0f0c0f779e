"""What a pairwise judgment is made for: the query or brief, its purpose, a picture and facts."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labeling.models.item import ItemStatus, Split


class Context(models.Model):
    """Only items of one context meet. Contexts of the eval split are held out whole.

    ``pool_active`` and ``eval_active`` are kept by the import and by services/items: a random pair is drawn by them.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="contexts", db_index=False)
    external_id = models.CharField(max_length=200, null=True, blank=True)
    ordinal = models.BigIntegerField()
    text = models.TextField(blank=True)
    purpose = models.TextField(blank=True, help_text="Blank: the project's purpose.")
    facts = models.JSONField(default=list, help_text="[[key, value], …] in the order of the file.")
    asset = models.ForeignKey(
        "labeling.Asset", null=True, on_delete=models.PROTECT, related_name="contexts", db_index=False
    )
    split = models.CharField(max_length=4, choices=Split.choices)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of what makes it this context.")
    created_at = models.DateTimeField(default=timezone.now)

    # kept by services
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.ACTIVE)
    items = models.PositiveIntegerField(default=0, help_text="Items in it: the next one's place.")
    pool_active = models.PositiveIntegerField(default=0, help_text="Pool items that are not set aside.")
    eval_active = models.PositiveIntegerField(default=0, help_text="Eval items that are not set aside.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "ordinal"], name="context_ordinal_once"),
            models.UniqueConstraint(fields=["project", "content_hash"], name="context_content_once"),
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=Q(external_id__isnull=False),
                name="context_external_id_once",
            ),
            models.CheckConstraint(condition=Q(split__in=Split.values), name="context_split_known"),
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="context_status_known"),
            models.CheckConstraint(
                condition=Q(pool_active__lte=F("items") - F("eval_active")), name="context_active_at_most_all"
            ),
            models.CheckConstraint(condition=~Q(split="eval") | Q(pool_active=0), name="context_held_out_whole"),
        ]
        indexes = [models.Index(fields=["asset"], name="context_asset", condition=Q(asset__isnull=False))]

    def __str__(self) -> str:
        return self.external_id or self.text[:60] or f"context {self.pk}"
