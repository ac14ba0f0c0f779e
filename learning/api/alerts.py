"""Alerts over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, PersonField, ProjectView, found, person, query
from labeling.models import Action
from learning.models import Alert, AlertKind, Severity
from learning.services.monitoring import alerts


class AlertOut(serializers.ModelSerializer[Alert]):
    kind = serializers.ChoiceField(choices=AlertKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    run = serializers.UUIDField(source="run.public_id", default=None, allow_null=True)
    resolved_by = PersonField(source="resolved_by.username", default=None, allow_null=True)

    class Meta:
        model = Alert
        fields = (
            "id", "kind", "subject", "severity", "message", "run", "times", "created_at", "last_seen_at", "resolved_at",
            "resolved_by",
        )  # fmt: skip


class AlertFilter(serializers.Serializer[Any]):
    open = serializers.BooleanField(required=False, help_text="Only those not resolved yet (or only those that are).")


class Alerts(ProjectView, ListAPIView[Alert]):
    actions = {"GET": Action.ALERTS_READ}
    serializer_class = AlertOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Alert]:
        if getattr(self, "swagger_fake_view", False):
            return Alert.objects.none()
        rows = Alert.objects.filter(project=self.project).select_related("run", "resolved_by")
        is_open = query(AlertFilter, self.request).get("open")
        return rows if is_open is None else rows.filter(resolved_at__isnull=is_open)

    @extend_schema(operation_id="alerts_list", parameters=[AlertFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What somebody should look at, newest first: damaged files, failed runs, data tests that stopped one."""
        return super().get(request, *args, **kwargs)


class AlertResolve(ActionView):
    actions = {"POST": Action.ALERTS_RESOLVE}

    @extend_schema(operation_id="alerts_resolve", request=None, responses=AlertOut)
    def post(self, request: Request, pk: int) -> Response:
        """Says that a person has looked. Failed runs are resolved by the next run that is done."""
        rows = Alert.objects.select_related("project", "run", "resolved_by")
        alert: Alert = found(rows.filter(pk=pk).first(), "alert")
        self.admit(alert.project)
        return Response(AlertOut(alerts.resolve(person(request), alert), context={"view": self}).data)
