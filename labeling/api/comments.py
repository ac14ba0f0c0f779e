"""What members say to each other about items."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import task_schema as schema
from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, person, query
from labeling.models import Action, Item, ItemComment, Verdict
from labeling.models.item_comment import MAX_COMMENT
from labeling.selectors.comments import told_to
from labeling.services.review.comments import comment, resolve

REFUSED = {400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal}


class CommentOut(serializers.ModelSerializer[ItemComment]):
    item = serializers.IntegerField(source="item_id")
    author = PersonField(source="author.username")
    to = PersonField(
        source="addressee.username",
        default=None,
        allow_null=True,
        help_text="Somebody whose answer was sent back, who reads it too.",
    )
    open = serializers.BooleanField(source="is_open", help_text="No reviewer has said yet that it is settled.")
    resolved_by = PersonField(source="resolved_by.username", default=None, allow_null=True)
    verdict = serializers.ChoiceField(
        source="review_decision.verdict",
        choices=Verdict.choices,
        default=None,
        allow_null=True,
        help_text="Of the decision that it came with.",
    )

    class Meta:
        model = ItemComment
        fields = (
            "id", "item", "author", "text", "to", "created_at", "open", "resolved_at", "resolved_by", "verdict",
        )  # fmt: skip


class CommentFilters(serializers.Serializer[Any]):
    open = serializers.BooleanField(required=False, help_text="Those no reviewer has settled, or the others.")


class Comments(ProjectView, ListAPIView[ItemComment]):
    actions = {"GET": Action.COMMENTS_READ}
    serializer_class = CommentOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[ItemComment]:
        if getattr(self, "swagger_fake_view", False):
            return ItemComment.objects.none()
        rows = told_to(person(self.request), self.project)
        if "open" in (given := query(CommentFilters, self.request)):
            rows = rows.filter(is_open=given["open"])
        return rows.select_related("author", "addressee", "resolved_by", "review_decision")

    @extend_schema(operation_id="comments_list", parameters=[CommentFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was said about items, newest first: all of it to reviewers, to others what was said to them, and what
        they said."""
        return super().get(request, *args, **kwargs)


class CommentIn(StrictSerializer):
    text = serializers.CharField(max_length=MAX_COMMENT)
    to = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=150,
        help_text="Of a reviewer: the name of somebody whose answer to the item was sent back, who reads it too.",
    )


class ItemComments(Comments):
    actions = {"GET": Action.COMMENTS_READ, "POST": Action.COMMENTS_WRITE}

    def get_queryset(self) -> QuerySet[ItemComment]:
        if getattr(self, "swagger_fake_view", False):
            return ItemComment.objects.none()
        pk = self.kwargs["pk"]
        if pk >= 2**63 or not Item.objects.filter(project=self.project, pk=pk).exists():
            raise Http404("No such item.")
        return super().get_queryset().filter(item=pk)

    @extend_schema(operation_id="items_comments", parameters=[CommentFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The same of one item."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="items_comment", request=CommentIn, responses={201: CommentOut, **REFUSED})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Says something about the item. For reviewers, and for who had an answer to it sent back; others, who may have
        still to answer, neither say nor read anything."""
        given = body(CommentIn, request)
        made = comment(person(request), self.project, pk, given["text"], given.get("to", ""))
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class ResolvedIn(StrictSerializer):
    resolved = serializers.BooleanField(default=True, help_text="False opens what was settled again.")


class ResolvedOut(serializers.Serializer[Any]):
    comments = serializers.IntegerField(help_text="How many that moved.")


class ItemCommentsResolve(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(operation_id="items_comments_resolve", request=ResolvedIn, responses={200: ResolvedOut, **REFUSED})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Says that all that was said about the item is settled, or not."""
        is_resolved = body(ResolvedIn, request)["resolved"]
        return Response({"comments": resolve(person(request), self.project, pk, is_resolved=is_resolved)})
