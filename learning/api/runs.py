"""Runs over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.base import ProjectView, found, person
from labeling.models import Permission
from labeling.selectors.access import require
from learning.api.serializers import RunOut
from learning.models import Run
from learning.services import runs


class Runs(ProjectView, ListAPIView[Run]):
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
        return Response(RunOut(runs.request_run(person(request), self.project)).data, status.HTTP_202_ACCEPTED)


def _run(request: Request, public_id: Any, permission: Permission) -> Run:
    run: Run = found(Run.objects.select_related("project", "model_version").filter(public_id=public_id).first(), "run")
    require(person(request), run.project, permission)
    return run


class RunDetail(APIView):
    @extend_schema(operation_id="runs_read", responses=RunOut)
    def get(self, request: Request, public_id: Any) -> Response:
        """One run with its steps as they stand."""
        return Response(RunOut(_run(request, public_id, Permission.VIEW)).data)


class RunCancel(APIView):
    @extend_schema(operation_id="runs_cancel", request=None, responses=RunOut)
    def post(self, request: Request, public_id: Any) -> Response:
        """Calls the run off: it stops before its next step."""
        return Response(RunOut(runs.cancel(_run(request, public_id, Permission.MANAGE))).data)
