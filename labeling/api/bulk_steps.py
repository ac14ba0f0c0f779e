"""Steps about many items at once, over REST."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import task_schema as schema
from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, found, person
from labeling.api.idempotency import KEY, once
from labeling.api.serializers import AnswerField, ItemFilters
from labeling.models import Action, BulkDo, BulkItem, BulkStep, JobState
from labeling.selectors.access import require
from labeling.selectors.bulk_steps import told_rows
from labeling.selectors.item_view import ItemView
from labeling.services.bulk import WHY, Selection, begin, undo
from labeling.services.bulk.choose import MOST_TICKED
from labeling.services.bulk.start import EVAL_CHOICES, MAX_REASON, is_of

MAX_ID = 2**63 - 1
REFUSED = {400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal, 409: schema.Refusal}
_STEPS = [(do.value, do.label) for do in BulkDo if do != BulkDo.UNDO]


class BulkStepIn(StrictSerializer):
    step = serializers.ChoiceField(choices=_STEPS)
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        required=False,
        max_length=MOST_TICKED,
        help_text="By their ids; or a view.",
    )
    view = ItemFilters(required=False, help_text="All items of a view, as it is at this moment.")
    count = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_ID,
        help_text="How many items the view was seen to have: with another number nothing is done.",
    )
    confirmed = serializers.BooleanField(default=False, help_text="However many items the view has now.")
    answer = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="Of *label*, as an annotator gives it; of *gold* where it is not what the item's answers come to.",
    )
    eval = serializers.ChoiceField(
        choices=EVAL_CHOICES, required=False, help_text="What becomes of items that are held out to measure models."
    )
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_REASON,
        help_text="Why held-out items are among them; a manager says it.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("items" in attrs) == ("view" in attrs):
            raise serializers.ValidationError({"items": ["Name the items by their ids, or a view of them."]})
        return attrs


class BulkStepOut(serializers.ModelSerializer[BulkStep]):
    id = serializers.UUIDField(source="public_id")
    step = serializers.ChoiceField(choices=BulkDo.choices, source="do")
    state = serializers.ChoiceField(choices=JobState.choices)
    by = PersonField(source="created_by.username", allow_null=True, default=None)
    answer = AnswerField(allow_null=True)
    done = serializers.IntegerField(help_text="Items that were changed, so far.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text=f"Items that were left out, by why: {', '.join(WHY)}."
    )
    undoes = serializers.UUIDField(source="undoes.public_id", allow_null=True, default=None)
    undone_by = serializers.UUIDField(
        source="undone_by_step.public_id", allow_null=True, default=None, help_text="The step that takes this one back."
    )

    class Meta:
        model = BulkStep
        fields = (
            "id", "step", "state", "by", "answer", "reason", "view", "total", "done", "left_out", "undoes", "undone_by",
            "error", "created_at", "finished_at",
        )  # fmt: skip


def _status(step: BulkStep) -> int:
    return status.HTTP_201_CREATED if step.is_finished else status.HTTP_202_ACCEPTED


class BulkSteps(ProjectView, ListAPIView[BulkStep]):
    actions = {"GET": Action.ITEMS_BULK, "POST": Action.ITEMS_BULK}
    serializer_class = BulkStepOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[BulkStep]:
        if getattr(self, "swagger_fake_view", False):
            return BulkStep.objects.none()
        rows = BulkStep.objects.filter(project=self.project)
        return told_rows(rows)

    @extend_schema(operation_id="items_bulk_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Steps about many items, newest first, and what became of each."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="items_bulk",
        parameters=[KEY],
        request=BulkStepIn,
        responses={201: BulkStepOut, 202: BulkStepOut, **REFUSED},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Does the same to many items: those named, or all of a view. Up to 500 items are dealt with in the request
        (201), more by a worker (202). Held-out items are refused unless `eval` says what becomes of them. *select*
        changes nothing: exports and snapshots take its id as `selection`."""
        given, user = body(BulkStepIn, request), person(request)
        selection = self._selection(given)

        def make(public_id: UUID) -> BulkStep:
            return begin(
                user,
                self.project,
                given["step"],
                selection,
                answer=given.get("answer"),
                reason=given.get("reason", ""),
                eval_items=given.get("eval", ""),
                is_confirmed=given["confirmed"],
                public_id=public_id,
            )

        def is_same(earlier: BulkStep) -> bool:
            said = {"answer": given.get("answer"), "eval_items": given.get("eval", "")}
            return is_of(earlier, self.project, given["step"], selection, **said)

        made = once(request, self.get_queryset().filter(created_by=user), make, is_same)
        return Response(self.get_serializer(made).data, status=_status(made))

    def _selection(self, given: dict[str, Any]) -> Selection:
        """Raises PermissionDenied."""
        if (asked := given.get("view")) is None:
            return Selection(tuple(given["items"]))
        if asked.get("gold") is not None:
            require(person(self.request), self.project, Action.GOLD_READ)
        view = ItemView.from_parameters(asked).but(sort="" if asked["sort"] == "imported" else asked["sort"])
        return Selection(view=view, count=given.get("count"), name_of=self.name_of)


def _step(view: ProjectView, public_id: Any) -> BulkStep:
    rows = BulkStep.objects.filter(project=view.project).select_related("created_by", "undoes")
    step: BulkStep = found(rows.filter(public_id=public_id).first(), "step")
    return step


class LeftOutItemOut(serializers.ModelSerializer[BulkItem]):
    item = serializers.IntegerField(source="item_id")
    reason = serializers.CharField(source="why", help_text="Why it was left out; empty where it was not.")

    class Meta:
        model = BulkItem
        fields = ("item", "reason", "is_undone")


class BulkStepDetail(ProjectView):
    actions = {"GET": Action.ITEMS_BULK}

    @extend_schema(operation_id="items_bulk_read", responses=BulkStepOut)
    def get(self, request: Request, slug: str, public_id: Any) -> Response:
        """How far a step is."""
        return Response(BulkStepOut(_step(self, public_id), context={"view": self}).data)


class BulkStepItems(ProjectView, ListAPIView[BulkItem]):
    actions = {"GET": Action.ITEMS_BULK}
    serializer_class = LeftOutItemOut
    ordering = "pk"

    def get_queryset(self) -> QuerySet[BulkItem]:
        if getattr(self, "swagger_fake_view", False):
            return BulkItem.objects.none()
        return BulkItem.objects.filter(step=_step(self, self.kwargs["public_id"]))

    @extend_schema(operation_id="items_bulk_items")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The items of a step, and why some were left out."""
        return super().get(request, *args, **kwargs)


class BulkStepUndo(ProjectView):
    actions = {"POST": Action.ITEMS_BULK}

    @extend_schema(
        operation_id="items_bulk_undo", request=None, responses={201: BulkStepOut, 202: BulkStepOut, **REFUSED}
    )
    def post(self, request: Request, slug: str, public_id: Any) -> Response:
        """Takes a step back as a whole, one that is under way as well; what somebody has changed since is left as it is
        and counted. Answers with the step that does it; harmless to repeat."""
        made = undo(person(request), self.project, _step(self, public_id))
        return Response(BulkStepOut(made, context={"view": self}).data, status=_status(made))
