"""What machines predict: what there is to predict, predictions in bulk, and what came of them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import MachinesToo, ProjectView, StrictSerializer, found, person, query
from labeling.api.idempotency import KEY, once
from labeling.api.parsers import JsonLinesParser, LimitedJSONParser
from labeling.api.task_schema import TaskContent, TaskContext, TaskItem
from labeling.kinds import PerSubject, kind_of
from labeling.models import Action, Machine, MachineVersion, Prediction, PredictionImport
from labeling.selectors.machines import newest_version, predictable
from labeling.selectors.task_json import blind_json
from labeling.services.machines import manage, predictions
from labeling.services.validation.errors import Invalid


class ByVersion(serializers.Serializer[Any]):
    machine = serializers.CharField(max_length=manage.MAX_NAME, required=False, help_text="Its name.")
    version = serializers.CharField(max_length=manage.MAX_NAME, required=False)


class OfVersion(serializers.Serializer[Any]):
    machine = serializers.CharField(max_length=manage.MAX_NAME, help_text="Its name.")
    version = serializers.CharField(max_length=manage.MAX_NAME)


class ToPredictQuery(serializers.Serializer[Any]):
    machine = serializers.CharField(
        max_length=manage.MAX_NAME, required=False, help_text="With `missing`, for a person: the machine's name."
    )
    version = serializers.CharField(max_length=manage.MAX_NAME, required=False, help_text="Without it the newest.")
    missing = serializers.BooleanField(
        required=False, default=False, help_text="Only what this version of the machine has not predicted yet."
    )


class ToPredictOut(serializers.Serializer[Any]):
    """As a person is shown it: an `item`, or the `pair` of `left` and `right` in `context`."""

    item = TaskItem(required=False)
    pair = serializers.IntegerField(required=False, help_text="Its number, by which a row names it.")
    context = TaskContext(required=False)  # type: ignore[assignment]
    left = TaskContent(required=False)
    right = TaskContent(required=False)


class PredictionRowsIn(StrictSerializer):
    rows = serializers.ListField(
        child=serializers.JSONField(),
        help_text="Objects: `item` (number) or `id` (of the import), of a pair `pair` or `left` and `right`; `label` "
        "as in an import, or `answer` as a person gives it, or `probabilities` by label, or one of both with them; "
        "`cost`. What is wrong is refused by its number.",
    )


class RefusedRowOut(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 1.")
    field = serializers.CharField()
    reason = serializers.CharField()


class PredictionImportOut(serializers.ModelSerializer[PredictionImport]):
    id = serializers.UUIDField(source="public_id")
    machine = serializers.CharField(source="version.machine.name")
    version = serializers.CharField(source="version.name")
    rejected = serializers.SerializerMethodField()
    rejections = RefusedRowOut(many=True)

    class Meta:
        model = PredictionImport
        fields = ("id", "machine", "version", "total", "accepted", "repeated", "rejected", "rejections", "created_at")

    def get_rejected(self, made: PredictionImport) -> int:
        return len(made.rejections)


class PredictionOut(serializers.ModelSerializer[Prediction]):
    machine = serializers.CharField(source="version.machine.name")
    version = serializers.CharField(source="version.name")
    item = serializers.IntegerField(source="item_id", allow_null=True)
    pair = serializers.IntegerField(source="pair_id", allow_null=True)
    external_id = serializers.CharField(source="item.external_id", default=None, allow_null=True)
    answer = serializers.SerializerMethodField(help_text="Of a pair with its first item on the left.")
    probabilities = serializers.SerializerMethodField()

    class Meta:
        model = Prediction
        fields = (
            "id", "machine", "version", "item", "pair", "external_id", "answer", "probabilities", "cost", "created_at",
        )  # fmt: skip

    def get_answer(self, row: Prediction) -> dict[str, Any]:
        answer: dict[str, Any] = self.context["view"].label_names.named(row.answer)
        return answer

    def get_probabilities(self, row: Prediction) -> dict[str, float] | None:
        if row.probabilities is None:
            return None
        name = self.context["view"].label_names.name
        return {name(identity): share for identity, share in row.probabilities.items()}


class DeletedOut(serializers.Serializer[Any]):
    deleted = serializers.IntegerField()


class Predictions(ProjectView, ListAPIView[Prediction]):
    actions = {"GET": Action.PREDICTIONS_READ, "DELETE": Action.PREDICTIONS_CHANGE}
    serializer_class = PredictionOut

    def get_queryset(self) -> QuerySet[Prediction]:
        if getattr(self, "swagger_fake_view", False):
            return Prediction.objects.none()
        lookups = {"machine": "version__machine__name", "version": "version__name"}
        chosen = {lookups[name]: value for name, value in query(ByVersion, self.request).items()}
        rows = Prediction.objects.filter(project=self.project, **chosen)
        return rows.select_related("item", "version__machine")

    @extend_schema(operation_id="predictions_list", parameters=[ByVersion])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What machines predicted, oldest first. No annotations: nothing is trained on or measured by them."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="predictions_delete", parameters=[OfVersion], responses=DeletedOut)
    def delete(self, request: Request, slug: str) -> Response:
        """Deletes all that one version of a machine predicted."""
        given = query(OfVersion, request)
        rows = MachineVersion.objects.filter(machine__project=self.project, machine__name=given["machine"])
        version: MachineVersion = found(rows.filter(name=given["version"]).first(), "version")
        return Response({"deleted": manage.delete_predictions(person(request), version)})


class ToPredict(MachinesToo, ListAPIView[Any]):
    actions = {"GET": Action.ITEMS_READ}
    serializer_class = ToPredictOut

    @property
    def ordering(self) -> str:
        """By an index: the split of an item does not show in it."""
        return PerSubject(item="ordinal", pair="pk").of(kind_of(self.project).subject)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return Prediction.objects.none()
        given = query(ToPredictQuery, self.request)
        if not given["missing"]:
            return predictable(self.project)
        machine = _machine(self, given.get("machine"))
        version = machine.versions.filter(name=given["version"]).first() if "version" in given else None
        version = version if "version" in given else newest_version(machine)
        return predictable(self.project, not_by=version)

    @extend_schema(operation_id="predictions_items", parameters=[ToPredictQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What there is to predict, as a person would be shown it: no answers, no split, no file names, no ids of the
        import. For machines of the project and for who may see its items."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([blind_json(subject, self.project) for subject in page or ()])


class PredictionImports(MachinesToo):
    actions = {"POST": Action.PREDICTIONS_CHANGE}
    scopes_to_write = scopes.PREDICT
    parser_classes = [LimitedJSONParser, JsonLinesParser]

    @extend_schema(
        operation_id="predictions_import",
        parameters=[KEY, OpenApiParameter("machine", str, required=False, description="For a person: its name."),
                    OpenApiParameter("version", str, required=False, description="Without it the newest one.")],
        request={"application/json": PredictionRowsIn, "application/jsonl": str},
        responses=PredictionImportOut,
    )  # fmt: skip
    def post(self, request: Request, slug: str) -> Response:
        """Takes in what a version of a machine predicts: idempotent by item (pair), machine and version. A row that
        says what is known changes nothing; one that says otherwise is refused, for predictions never change. A version
        that is new begins with it."""
        rows, given = _rows(request.data), query(ByVersion, request)
        machine = _machine(self, given.get("machine"))
        version = manage.version_called(machine, given["version"]) if "version" in given else newest_version(machine)

        def make(public_id: UUID) -> PredictionImport:
            return predictions.import_predictions(version, rows, public_id=public_id)

        own = PredictionImport.objects.filter(project=self.project).select_related("version__machine")
        digest = predictions.digest(rows)
        made = once(request, own, make, lambda earlier: (earlier.version_id, earlier.sha256) == (version.pk, digest))
        return Response(PredictionImportOut(made).data)


def _rows(data: Any) -> list[Any]:
    """By hand: a bad row is refused by its number, and a serializer would look at every cell."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise ValidationError({"rows": ['Expected {"rows": [{…}, …]}.']})
    if unknown := sorted(str(name) for name in data if name != "rows"):
        raise ValidationError({unknown[0]: ["There is no such field."]})
    rows: list[Any] = data["rows"]
    return rows


def _machine(view: MachinesToo, name: str | None) -> Machine:
    """The machine that asks, or the one of this name that a person speaks for. Raises Invalid."""
    if view.machine is not None:
        if name not in (None, view.machine.name):
            raise Invalid("machine", "A machine predicts for itself.")
        return view.machine
    if name is None:
        raise Invalid("machine", "Say which machine it is.")
    machine = Machine.objects.filter(project=view.project, name=name).select_related("project").first()
    if machine is None:
        raise Invalid("machine", f"There is no machine {name[:80]!r} in this project.")
    return machine
