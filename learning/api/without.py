"""What a model would be worth without some people's answers, over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, person
from labeling.models import Action, JobState
from learning.models import TrainedWithout
from learning.services.pipeline import without


class WithoutIn(StrictSerializer):
    people = serializers.ListField(
        child=serializers.CharField(max_length=200),
        min_length=1,
        max_length=without.MOST_PEOPLE,
        help_text="Names as `people/` tells them, imported ones too.",
    )


class MetricOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class DifferenceOut(serializers.Serializer[Any]):
    difference = serializers.FloatField(help_text="Share of the eval items right without them, minus that with them.")
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class WithoutResultOut(serializers.Serializer[Any]):
    model = serializers.IntegerField(help_text="The version whose run was made again, with them and without.")
    left_out = serializers.IntegerField(help_text="Answers of these people.")
    learned = serializers.IntegerField(help_text="Items learned from with them.")
    learned_without = serializers.IntegerField()
    n_eval = serializers.IntegerField(help_text="Eval items that somebody else has answered: both are measured there.")
    eval_changed = serializers.IntegerField(help_text="Eval items whose truth is another one without them, or none.")
    metric = serializers.CharField()
    with_them = MetricOut(allow_null=True)
    without = MetricOut(allow_null=True)
    difference = DifferenceOut(allow_null=True)
    p_differs = serializers.FloatField(allow_null=True, help_text="Two-sided, of “both are equally good”.")


class WithoutOut(serializers.ModelSerializer[TrainedWithout]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    people = serializers.ListField(child=serializers.CharField())
    result = WithoutResultOut(allow_null=True)

    class Meta:
        model = TrainedWithout
        fields = ("id", "state", "people", "created_at", "finished_at", "error", "result")


class WithoutView(ProjectView, ListAPIView[TrainedWithout]):
    actions = {"GET": Action.PEOPLE_READ, "POST": Action.RUNS_CHANGE}
    serializer_class = WithoutOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[TrainedWithout]:
        if getattr(self, "swagger_fake_view", False):
            return TrainedWithout.objects.none()
        return TrainedWithout.objects.filter(project=self.project)

    @extend_schema(operation_id="people_without_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was found for whom, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="people_without", request=WithoutIn, responses={202: WithoutOut})
    def post(self, request: Request, slug: str) -> Response:
        """Trains the newest model again without these people's answers and measures both on the same eval items, by
        what everybody else says of them. No version comes of it, and nothing is promoted."""
        made = without.ask(person(request), self.project, body(WithoutIn, request)["people"])
        return Response(WithoutOut(made).data, status=status.HTTP_202_ACCEPTED)
