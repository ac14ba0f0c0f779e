"""What reviewers decided, and deciding, over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import task_schema as schema
from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, person
from labeling.api.serializers import AnswerField
from labeling.models import Action, ReviewDecision, ReviewSort, Verdict
from labeling.models.item_comment import MAX_COMMENT
from labeling.services.review.decide import decide, undo

#: The largest number the database holds.
MAX_ID = 2**63 - 1
REFUSED = {400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal, 409: schema.Refusal}


class ReviewIn(StrictSerializer):
    item = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    answer = serializers.DictField(required=False, allow_null=True, help_text="Of *change*, as an annotator gives it.")
    comment = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_COMMENT,
        help_text="For the author; *send_back* needs one.",
    )
    author = serializers.CharField(
        required=False, allow_blank=True, max_length=150, help_text="Whose answer goes back, where several answered."
    )


class ReviewOut(serializers.ModelSerializer[ReviewDecision]):
    item = serializers.IntegerField(source="item_id")
    external_id = serializers.CharField(source="item.external_id", allow_null=True)
    reviewer = PersonField(source="reviewer.username")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    sort = serializers.ChoiceField(
        choices=ReviewSort.choices, allow_blank=True, help_text="Why it was in the queue; empty where it was not."
    )
    answer = AnswerField(source="annotation.answer", allow_null=True, default=None)
    is_same = serializers.BooleanField(
        allow_null=True, help_text="Whether the answer is what people's came to; null where none was decided."
    )
    of_own_answer = serializers.BooleanField(help_text="Whether the reviewer is among those who answered.")
    comment = serializers.CharField(source="comment.text", allow_null=True, default=None)
    author = PersonField(source="task.annotator.username", allow_null=True, default=None)
    waits = serializers.BooleanField(help_text="Sent back, and the author has not looked at it yet.")
    undone_by = PersonField(source="undone_by.username", allow_null=True, default=None)

    class Meta:
        model = ReviewDecision
        fields = (
            "id", "item", "external_id", "reviewer", "verdict", "sort", "answer", "is_same", "of_own_answer", "comment",
            "author", "waits", "answered_at", "batch", "created_at", "undone_at", "undone_by",
        )  # fmt: skip


class Reviews(ProjectView, ListAPIView[ReviewDecision]):
    actions = {"GET": Action.REVIEWS_READ, "POST": Action.REVIEWS_DECIDE}
    serializer_class = ReviewOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[ReviewDecision]:
        if getattr(self, "swagger_fake_view", False):
            return ReviewDecision.objects.none()
        rows = ReviewDecision.objects.filter(project=self.project)
        return rows.select_related("item", "reviewer", "annotation", "comment", "task__annotator", "undone_by")

    @extend_schema(operation_id="reviews_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every decision, newest first, those that were undone or superseded too."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="reviews_decide", request=ReviewIn, responses={201: ReviewOut, **REFUSED})
    def post(self, request: Request, slug: str) -> Response:
        """Decides about an item. What *accept* and *change* say is its label from now on, in exports, for what learns
        and what measures; *send_back* asks its author once more, *ask_again* somebody else, *set_aside* nobody."""
        given = body(ReviewIn, request)
        made = decide(person(request), self.project, given.pop("item"), given.pop("verdict"), **given)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


class ReviewUndo(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(operation_id="reviews_undo", request=None, responses={200: ReviewOut, **REFUSED})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Takes the newest decision about an item back: what stood before it stands again."""
        undone = undo(person(request), self.project, pk)
        return Response(ReviewOut(undone, context={"view": self}).data)
