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

    def open(self) -> Self:
        """Those that wait for a reviewer to say that they are settled."""
        return self.filter(is_open=True)

    def told_to(self, user: User) -> Self:
        """What the person may read without reviewing: what came with an answer of his that was sent back, what was
        said to him since, and what he said himself."""
        sent_back = Q(review_decision__task__annotator=user, review_decision__undone_at__isnull=True)
        return self.filter(sent_back | Q(addressee=user) | Q(author=user))


class ItemComment(models.Model):
    """For reviewers, and for the ``addressee`` if there is one. What came with a decision is never ``is_open``: the
    decision says what became of it."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey("labeling.Item", on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(max_length=MAX_COMMENT)
    created_at = models.DateTimeField(default=timezone.now)
    addressee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Somebody whose answer was sent back, who reads it too.",
    )
    is_open = models.BooleanField(default=False, db_default=False)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = ItemCommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="item_comment_says_something"),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(resolved_at__isnull=True), name="item_comment_open_or_resolved"
            ),
        ]
        indexes = [
            models.Index(fields=["project"], name="item_comment_project"),
            models.Index(fields=["project", "item"], condition=Q(is_open=True), name="item_comment_open"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} on item {self.item_id}"
