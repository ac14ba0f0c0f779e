"""Runs over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, found, person
from labeling.models import Action
from learning.api.serializers import RunOut
from learning.models import Run
from learning.services.runs import control


class Runs(ProjectView, ListAPIView[Run]):
    actions = {"GET": Action.RUNS_READ, "POST": Action.RUNS_CHANGE}
    serializer_class = RunOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Run]:
        if getattr(self, "swagger_fake_view", False):
            return Run.objects.none()
        return Run.objects.filter(project=self.project).select_related("model_version")

    @extend_schema(operation_id="runs_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The runs of the project, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="runs_start", request=None, responses={202: RunOut})
    def post(self, request: Request, slug: str) -> Response:
        """Asks for a run. ``skipped`` when it would learn nothing new; a run that waits already is given back."""
        return Response(RunOut(control.request_run(person(request), self.project)).data, status.HTTP_202_ACCEPTED)


def _run(view: ActionView, public_id: Any) -> Run:
    run: Run = found(Run.objects.select_related("project", "model_version").filter(public_id=public_id).first(), "run")
    view.admit(run.project)
    return run


class RunDetail(ActionView):
    actions = {"GET": Action.RUNS_READ}

    @extend_schema(operation_id="runs_read", responses=RunOut)
    def get(self, request: Request, public_id: Any) -> Response:
        """One run with its steps as they stand."""
        return Response(RunOut(_run(self, public_id)).data)


class RunCancel(ActionView):
    actions = {"POST": Action.RUNS_CHANGE}

    @extend_schema(operation_id="runs_cancel", request=None, responses=RunOut)
    def post(self, request: Request, public_id: Any) -> Response:
        """Calls the run off: it stops before its next step."""
        return Response(RunOut(control.cancel(person(request), _run(self, public_id))).data)
