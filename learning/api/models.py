"""Model versions and the queue over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, body, found, person
from labeling.models import Action
from labeling.services.validation.errors import Invalid
from learning.api.serializers import ModelDetailOut, ModelOut, PinIn, QueueOut, ReasonIn, RollbackIn
from learning.models import ModelVersion
from learning.selectors.queue import published_queue
from learning.services.registry import promotion
from learning.services.runs import control


class Models(ProjectView, ListAPIView[ModelVersion]):
    actions = {"GET": Action.MODELS_READ}
    serializer_class = ModelOut
    ordering = "-number"

    def get_queryset(self) -> QuerySet[ModelVersion]:
        if getattr(self, "swagger_fake_view", False):
            return ModelVersion.objects.none()
        versions = ModelVersion.objects.filter(project=self.project).with_ranks().with_n_labels()
        versions = versions.select_related("run", "teacher")
        # what only the version's own address says; a confusion matrix of 77 labels is 6,000 numbers
        return versions.defer("report", "labels", "run__steps", "run__environment", "run__data_tests")

    @extend_schema(operation_id="models_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The model versions of the project, newest first."""
        return super().get(request, *args, **kwargs)


def version_at(view: ActionView, pk: int) -> ModelVersion:
    """The version of an address, where whoever asks may."""
    versions = ModelVersion.objects.select_related("project", "run", "teacher")
    version: ModelVersion = found(versions.filter(pk=pk).first(), "model")
    view.admit(version.project)
    return version


class ModelDetail(ActionView):
    actions = {"GET": Action.MODELS_READ}

    @extend_schema(operation_id="models_read", responses=ModelDetailOut)
    def get(self, request: Request, pk: int) -> Response:
        """One model version: measurements per label, confusion, and every decision about it with its numbers."""
        return Response(ModelDetailOut(version_at(self, pk), context={"view": self}).data)


class ModelPromote(ActionView):
    actions = {"POST": Action.MODELS_PROMOTE}

    @extend_schema(operation_id="models_promote", request=ReasonIn, responses=ModelDetailOut)
    def post(self, request: Request, pk: int) -> Response:
        """Makes this version the champion, by hand and with a reason."""
        version = version_at(self, pk)
        return Response(
            ModelDetailOut(
                control.promote(person(request), version, body(ReasonIn, request)["reason"]), context={"view": self}
            ).data
        )


class ModelPin(ActionView):
    actions = {"POST": Action.MODELS_PROMOTE}

    @extend_schema(operation_id="models_pin", request=PinIn, responses=ModelDetailOut)
    def post(self, request: Request, pk: int) -> Response:
        """Keeps the file of this version from housekeeping, or no longer."""
        version = version_at(self, pk)
        pinned = control.pin(person(request), version, body(PinIn, request)["pinned"])
        return Response(ModelDetailOut(pinned, context={"view": self}).data)


class Rollback(ProjectView):
    actions = {"POST": Action.MODELS_PROMOTE}

    @extend_schema(operation_id="models_rollback", request=RollbackIn, responses=ModelDetailOut)
    def post(self, request: Request, slug: str) -> Response:
        """Goes back to the champion before the present one, or to an earlier one. When its file is damaged nothing
        changes and the answer says which one before it is whole."""
        given = body(RollbackIn, request)
        try:
            earlier = control.rollback(person(request), self.project, given["reason"], given.get("to"))
        except promotion.Damaged as damaged:
            if damaged.intact is None:
                raise
            how = f'Send "to": {damaged.intact.number} to go back to it.'
            raise Invalid(damaged.field, f"{damaged.reason} {how}") from damaged
        return Response(ModelDetailOut(earlier, context={"view": self}).data)


class Queue(ProjectView):
    actions = {"GET": Action.QUEUE_READ}

    @extend_schema(operation_id="queue", responses=QueueOut)
    def get(self, request: Request, slug: str) -> Response:
        """The published head of the ranking, best first."""
        return Response(published_queue(self.project))
