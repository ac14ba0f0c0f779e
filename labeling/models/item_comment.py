"""What members say to each other about one item. Rows are only ever added."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeling.models.user import User

MAX_COMMENT = 2_000


class ItemCommentQuerySet(models.QuerySet["ItemComment"]):
    def oldest_first(self) -> Self:
        return self.order_by("pk")

    def addressed_to(self, user: User) -> Self:
        """Those that came with an answer of the person's that was sent back: what he may read without reviewing."""
        return self.filter(review_decision__task__annotator=user)


class ItemComment(models.Model):
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(max_length=MAX_COMMENT)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ItemCommentQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="item_comment_says_something")]
        indexes = [models.Index(fields=["project"], name="item_comment_project")]

    def __str__(self) -> str:
        return f"comment {self.pk} on item {self.item_id}"
