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
from labeling.selectors.comments import open_threads
from labeling.selectors.reviewing import believed_instead, entries_json, unsuspected_errors, waiting_by_sort
from labeling.services.review.decide import decide, plan_of, undo
from labeling.services.review.plan import change_plan
from labeling.services.review.queue import MAX_COUNT, fill, next_entries, release

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


class ReviewsNextIn(StrictSerializer):
    count = serializers.IntegerField(min_value=1, max_value=MAX_COUNT, default=1)
    sorts = serializers.ListField(
        child=serializers.ChoiceField(choices=ReviewSort.choices), required=False, help_text="All where none is named."
    )


class SaidOut(serializers.Serializer[Any]):
    by = serializers.CharField(allow_blank=True, help_text="Empty for a label that came in nobody's name.")
    imported = serializers.BooleanField()
    answer = serializers.DictField()
    words = serializers.CharField(allow_blank=True)
    elapsed_ms = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    doubt = serializers.BooleanField(help_text="Who answered was not sure.")
    comment = serializers.CharField(allow_blank=True, help_text="What he said with the answer.")


class SaidAboutOut(serializers.Serializer[Any]):
    by = serializers.CharField()
    to = serializers.CharField(allow_blank=True, help_text="Who reads it beside reviewers; mostly nobody.")
    text = serializers.CharField()
    at = serializers.DateTimeField()
    open = serializers.BooleanField()


class ReviewEntryOut(serializers.Serializer[Any]):
    """An item of the queue: as an annotator sees it, why it waits, and what everybody said of it."""

    item = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    sort = serializers.ChoiceField(choices=ReviewSort.choices)
    why = serializers.CharField()
    split = serializers.CharField()
    claimed_until = serializers.DateTimeField(allow_null=True)
    task = schema.TaskItem()
    comments = SaidAboutOut(many=True)
    answers = SaidOut(many=True, help_text="Nobody's where the sort is *blind*: that is decided without seeing them.")
    accepted = serializers.DictField(allow_null=True, help_text="What *accept* would decide; null where it cannot.")
    review = serializers.DictField(allow_null=True, help_text="What was decided before.")


class ReviewsNext(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(
        operation_id="reviews_next", request=ReviewsNextIn, responses={200: ReviewEntryOut(many=True), **REFUSED}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Claims up to `count` items for ten minutes: those the caller has already first. Nobody else gets them."""
        given, user = body(ReviewsNextIn, request), person(request)
        entries = next_entries(user, self.project, given["count"], given.get("sorts", ()))
        return Response(entries_json(self.project, entries, self.name_of))


class ReleasedOut(serializers.Serializer[Any]):
    released = serializers.IntegerField()


class ReviewsRelease(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(operation_id="reviews_release", request=None, responses=ReleasedOut)
    def post(self, request: Request, slug: str) -> Response:
        """Gives back what the caller has claimed and not decided."""
        return Response({"released": release(person(request), self.project)})


class BelievedOut(serializers.Serializer[Any]):
    words = serializers.CharField(allow_blank=True, help_text="Empty where models do not doubt the answer.")


class ReviewBelieved(ProjectView):
    actions = {"GET": Action.REVIEWS_READ}

    @extend_schema(operation_id="reviews_believed", responses=BelievedOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """What models say of an item instead of its answer. Apart, so that nobody reads it before he has decided."""
        return Response({"words": believed_instead(self.project, pk)})


class PlanIn(StrictSerializer):
    sorts = serializers.ListField(child=serializers.ChoiceField(choices=ReviewSort.choices), required=False)
    random_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    blind_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    own_allowed = serializers.BooleanField(required=False)


class UnsuspectedOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    count = serializers.IntegerField()
    n = serializers.IntegerField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class StandingOut(serializers.Serializer[Any]):
    waiting = serializers.DictField(child=serializers.IntegerField(), help_text="Items of the queue by sort.")
    sorts = serializers.ListField(child=serializers.ChoiceField(choices=ReviewSort.choices))
    random_share = serializers.FloatField(help_text="Of the answers nobody suspects, the share that is looked at.")
    blind_share = serializers.FloatField(
        help_text="Of all answered items, the share that is decided without seeing what was said."
    )
    own_allowed = serializers.BooleanField(help_text="Whether one may decide about what only oneself has answered.")
    open_threads = serializers.IntegerField(help_text="Items with comments that no reviewer has settled.")
    unsuspected_errors = UnsuspectedOut(
        allow_null=True, help_text="Share of those drawn at random that reviewers changed, with its interval."
    )


class ReviewsStanding(ProjectView):
    actions = {"GET": Action.REVIEWS_READ, "PATCH": Action.REVIEWS_CHANGE}

    def _told(self) -> Response:
        plan, errors = plan_of(self.project), unsuspected_errors(self.project)
        return Response(
            {
                "waiting": waiting_by_sort(self.project),
                "sorts": plan.sorts,
                "random_share": plan.random_share,
                "blind_share": plan.blind_share,
                "own_allowed": plan.own_allowed,
                "open_threads": open_threads(self.project),
                "unsuspected_errors": errors.as_dict() if errors else None,
            }
        )

    @extend_schema(operation_id="reviews_standing", responses=StandingOut)
    def get(self, request: Request, slug: str) -> Response:
        """How much waits, by which settings, and how many answers that nobody suspects are wrong."""
        fill(self.project)
        return self._told()

    @extend_schema(operation_id="reviews_change", request=PlanIn, responses={200: StandingOut, 400: schema.FieldErrors})
    def patch(self, request: Request, slug: str) -> Response:
        """Changes the settings of review."""
        change_plan(person(request), self.project, body(PlanIn, request, partial=True))
        fill(self.project)
        return self._told()
