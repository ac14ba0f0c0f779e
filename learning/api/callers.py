"""Who asks the model, over REST: what each asked, its limits, and a switch that stops it (decision 0121)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import PersonField, ProjectView, body, found, person
from labeling.models import Action
from learning.api.serializers import ReasonIn
from learning.models import PredictionCaller
from learning.selectors.prediction_callers import caller_facts
from learning.services.serving import callers


class CallerOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="row.pk")
    caller = serializers.CharField(source="row.caller", help_text="`token:` or `user:` and a number.")
    name = serializers.CharField()
    token = serializers.CharField(
        source="row.token.prefix", default=None, allow_null=True, help_text="How its key begins; null of a page."
    )
    predictions = serializers.IntegerField(source="n", help_text="In the last ten minutes.")
    outliers = serializers.IntegerField(help_text="Of these, unlike anything the model learned.")
    in_minute = serializers.IntegerField(help_text="Rows in this minute; counted where there is a limit.")
    in_day = serializers.IntegerField(help_text="The same since the day began (UTC).")
    stopped_at = serializers.DateTimeField(source="row.stopped_at", allow_null=True)
    stopped_by = PersonField(source="row.stopped_by.username", default=None, allow_null=True)
    stopped_why = serializers.CharField(source="row.stopped_why")


class CallersOut(serializers.Serializer[Any]):
    predictions_a_minute = serializers.IntegerField(help_text="The project's limit for each caller; 0: none.")
    predictions_a_day = serializers.IntegerField()
    callers = CallerOut(many=True)


class Callers(ProjectView):
    actions = {"GET": Action.SERVED_READ}

    @extend_schema(operation_id="prediction_callers_list", responses=CallersOut)
    def get(self, request: Request, slug: str) -> Response:
        """Tokens and people who asked the model, the stopped ones first; a new one is there within half a minute."""
        limits = {name: getattr(self.project, name) for name in ("predictions_a_minute", "predictions_a_day")}
        facts = {**limits, "callers": caller_facts(self.project)}
        return Response(CallersOut(facts, context={"view": self}).data)


class _OneCaller(ProjectView):
    def _caller(self, pk: int) -> PredictionCaller:
        rows = PredictionCaller.objects.filter(project=self.project, pk=pk).select_related("project")
        caller: PredictionCaller = found(rows.first(), "caller")
        return caller

    def _told(self, caller: PredictionCaller) -> Response:
        (facts,) = [each for each in caller_facts(self.project) if each["row"].pk == caller.pk]
        return Response(CallerOut(facts, context={"view": self}).data)


class CallerStop(_OneCaller):
    actions = {"POST": Action.CALLERS_CHANGE}

    @extend_schema(operation_id="prediction_callers_stop", request=ReasonIn, responses=CallerOut)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """From the next second on it is answered `403` with the reason; its token stays good for everything else."""
        return self._told(callers.stop(person(request), self._caller(pk), body(ReasonIn, request)["reason"]))


class CallerAllow(_OneCaller):
    actions = {"POST": Action.CALLERS_CHANGE}

    @extend_schema(operation_id="prediction_callers_allow", request=ReasonIn, responses=CallerOut)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """A stopped caller is answered again."""
        return self._told(callers.allow(person(request), self._caller(pk), body(ReasonIn, request)["reason"]))
