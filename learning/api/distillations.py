"""Small models taught by large ones, over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, body, person
from labeling.models import Action, JobState
from learning.api.models import version_at
from learning.api.serializers import ModelDetailOut, ReasonIn
from learning.models import Distillation
from learning.services.distillation import ask
from learning.services.registry import stand_in


class TookOut(serializers.Serializer[Any]):
    """Timed in turns, on the same rows."""

    alone_ms = serializers.FloatField(help_text="One row alone.")
    cpu_ms_per_1000 = serializers.FloatField()


class DistilledOut(serializers.Serializer[Any]):
    accepted = serializers.BooleanField()
    reason = serializers.CharField()
    times_faster = serializers.FloatField(
        allow_null=True, help_text="By a row alone or by CPU, whichever says less; null where nothing was measured."
    )
    difference = serializers.FloatField(
        allow_null=True, help_text="Share of people's eval answers right, less that of its teacher."
    )
    student_cost = TookOut()
    teacher_cost = TookOut()


class DistillationOut(serializers.ModelSerializer[Distillation]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    teacher = serializers.IntegerField(source="teacher.number", help_text="Number of the version that teaches.")
    student = serializers.IntegerField(
        source="student.number", default=None, allow_null=True, help_text="Number of the version that came of it."
    )
    step = serializers.CharField(help_text="What it is at, while it is at work.")
    result = DistilledOut(allow_null=True)

    class Meta:
        model = Distillation
        fields = (
            "id", "state", "teacher", "student", "step", "done", "total", "created_at", "finished_at", "error",
            "result",
        )  # fmt: skip


class StandInIn(ReasonIn):
    stands_in = serializers.BooleanField(help_text="Whether it answers predictions wherever its teacher would.")


class Distillations(ProjectView, ListAPIView[Distillation]):
    actions = {"GET": Action.MODELS_READ}
    serializer_class = DistillationOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Distillation]:
        if getattr(self, "swagger_fake_view", False):
            return Distillation.objects.none()
        rows: QuerySet[Distillation] = Distillation.objects.filter(project=self.project)
        return rows.select_related("teacher", "student")

    @extend_schema(operation_id="distillations_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was taught to small models, newest first, and whether they were accepted."""
        return super().get(request, *args, **kwargs)


class ModelDistil(ActionView):
    actions = {"POST": Action.RUNS_CHANGE}

    @extend_schema(operation_id="models_distil", request=None, responses={202: DistillationOut})
    def post(self, request: Request, pk: int) -> Response:
        """Teaches a small model what this version says of the pool. It answers predictions in its place where it is at
        least ten times as fast and, on people's eval answers, at most one point below; else it is refused."""
        made = ask.ask(person(request), version_at(self, pk))
        return Response(DistillationOut(made).data, status=status.HTTP_202_ACCEPTED)


class ModelStandIn(ActionView):
    actions = {"POST": Action.MODELS_PROMOTE}

    @extend_schema(operation_id="models_stand_in", request=StandInIn, responses=ModelDetailOut)
    def post(self, request: Request, pk: int) -> Response:
        """Has a student that was accepted answer for its teacher, or no longer."""
        version = version_at(self, pk)
        given = body(StandInIn, request)
        switched = stand_in.switch(person(request), version, given["stands_in"], given["reason"])
        return Response(ModelDetailOut(switched, context={"view": self}).data)
