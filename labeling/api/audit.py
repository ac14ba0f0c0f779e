"""The trail over REST: of a project for its managers, of everything for administrators."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.base import FirstRenderer, ProjectView, person, query
from labeling.models import Action, AuditEvent, Project
from labeling.selectors.audit import COLUMNS, FORMATS, trail, trail_file

FILES = {(200, media_type): OpenApiResponse(OpenApiTypes.BINARY) for media_type in FORMATS.values()}


class AuditEventOut(serializers.ModelSerializer[AuditEvent]):
    before = serializers.JSONField(help_text="null where there was nothing before.")
    after = serializers.JSONField(help_text="null where nothing is left.")

    class Meta:
        model = AuditEvent
        fields = COLUMNS


class AuditFilters(serializers.Serializer[Any]):
    who = serializers.CharField(max_length=150, required=False, help_text="User name.")
    what = serializers.CharField(max_length=60, required=False, help_text="`member.role`, or all of `member`.")
    since = serializers.DateTimeField(required=False, help_text="At or after this time.")


class AuditFileQuery(AuditFilters):
    format = serializers.ChoiceField(choices=[(name, name) for name in FORMATS], default="jsonl")


class ProjectAudit(ProjectView, ListAPIView[AuditEvent]):
    actions = {"GET": Action.AUDIT_READ}
    serializer_class = AuditEventOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[AuditEvent]:
        if getattr(self, "swagger_fake_view", False):
            return AuditEvent.objects.none()
        return trail(self.project, **query(AuditFilters, self.request))

    @extend_schema(operation_id="audit_of_project", parameters=[AuditFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who changed what in the project, when and from where, newest first. Nothing changes or removes a row."""
        return super().get(request, *args, **kwargs)


class ProjectAuditFile(ProjectView):
    actions = {"GET": Action.AUDIT_READ}
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="audit_of_project_file", parameters=[AuditFileQuery], responses=FILES)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The same as a file."""
        return _file(request, self.project)


class AdministratorsView(APIView):
    """For administrators of the installation."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not person(request).is_superuser:
            raise PermissionDenied("Only administrators read the trail of the whole installation.")


class Audit(AdministratorsView, ListAPIView[AuditEvent]):
    serializer_class = AuditEventOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[AuditEvent]:
        if getattr(self, "swagger_fake_view", False):
            return AuditEvent.objects.none()
        return trail(**query(AuditFilters, self.request))

    @extend_schema(operation_id="audit", parameters=[AuditFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who changed what in the installation: users, tokens, passwords and failed sign-ins too; deleted projects."""
        return super().get(request, *args, **kwargs)


class AuditFile(AdministratorsView):
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="audit_file", parameters=[AuditFileQuery], responses=FILES)
    def get(self, request: Request) -> HttpResponseBase:
        """The same as a file."""
        return _file(request, None)


def _file(request: Request, project: Project | None) -> HttpResponseBase:
    given = query(AuditFileQuery, request)
    file_format = given.pop("format")
    response = StreamingHttpResponse(
        trail_file(trail(project, **given), file_format), content_type=FORMATS[file_format]
    )
    name = f"{project.slug}-audit" if project else "audit"
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
