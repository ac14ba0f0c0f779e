"""The labeled data set out: export, snapshots, metrics."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, FirstRenderer, ProjectView, body, found, person, query
from labeling.api.certificates import SnapshotCertificateOut
from labeling.api.exceptions import Conflict
from labeling.api.files import file_response
from labeling.api.idempotency import KEY, once
from labeling.api.serializers import ExportQuery, SnapshotIn, SnapshotOut
from labeling.models import Action, JobState, Snapshot
from labeling.selectors.access import may
from labeling.services.exports import checked_filters, export_file, file_name, format_named, format_names
from labeling.services.exports.certificate import certificate_of
from labeling.services.exports.snapshots import names_people, opened, start_snapshot
from labeling.services.exports.table_schema import table_schema
from labeling.services.reports.metrics import metrics
from labeling.services.reports.snapshots import datasheet_told, schema_told

FILES = {(200, format_named(name).media_type): OpenApiResponse(OpenApiTypes.BINARY) for name in format_names()}


MARKDOWN = "text/markdown; charset=utf-8"
NOT_BY_NAME = "Your role does not see people's names: ask for names=pseudonyms, of a snapshot for one made so."


class Export(ProjectView):
    actions = {"GET": Action.EXPORT}
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="export", parameters=[ExportQuery], responses=FILES)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The labeled data set, streamed: one row an annotation, or one row an item with its consensus. Rows that carry
        a ``model_version`` say in ``model_verified`` whether it passed the gate on at least 200 eval answers. With
        ``schema=1`` what the columns of a table are, as a Table Schema, instead of its rows."""
        given = query(ExportQuery, request)
        name, rows, names = given.pop("format"), given.pop("rows"), given.pop("names", None)
        chosen = [column.strip() for column in given.pop("columns", "").split(",") if column.strip()]
        may_see = may(person(request), self.project, Action.NAMES_READ)
        if names == "real" and not may_see:
            raise PermissionDenied(NOT_BY_NAME)
        wants_schema = given.pop("schema", False)
        filters = replace(checked_filters(given), pseudonyms=names == "pseudonyms" or not may_see)
        if wants_schema:
            return JsonResponse(table_schema(self.project, name, rows, filters, chosen))
        pieces = export_file(self.project, name, rows, filters, chosen=chosen)
        response = StreamingHttpResponse(pieces, content_type=format_named(name).media_type)
        response["Content-Disposition"] = f'attachment; filename="{file_name(self.project, name, rows)}"'
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


class Snapshots(ProjectView, ListAPIView[Snapshot]):
    actions = {"GET": Action.SNAPSHOTS_READ, "POST": Action.SNAPSHOTS_START}
    serializer_class = SnapshotOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Snapshot]:
        if getattr(self, "swagger_fake_view", False):
            return Snapshot.objects.none()
        return Snapshot.objects.filter(project=self.project)

    @extend_schema(operation_id="snapshots_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The snapshots of the project, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="snapshots_start", parameters=[KEY], request=SnapshotIn, responses={202: SnapshotOut})
    def post(self, request: Request, slug: str) -> Response:
        """Fixes the data set as it is now; a worker writes the file."""
        given = body(SnapshotIn, request)
        user = person(request)

        def make(public_id: UUID) -> Snapshot:
            return start_snapshot(
                user,
                self.project,
                export_format=given["format"],
                rows=given["rows"],
                filters=given.get("filters"),
                pseudonyms=given["names"] == "pseudonyms",
                columns=given.get("columns", ()),
                public_id=public_id,
            )

        asked = (given["format"], given["rows"], list(dict.fromkeys(given.get("columns", ()))))
        own = self.get_queryset().filter(created_by=user)

        def is_this(earlier: Snapshot) -> bool:
            return (earlier.format, earlier.rows, earlier.filters.get("columns", [])) == asked

        made = once(request, own, make, is_this)
        return Response(SnapshotOut(made).data, status=status.HTTP_202_ACCEPTED)


def _snapshot(view: ActionView, public_id: Any) -> Snapshot:
    snapshot: Snapshot = found(
        Snapshot.objects.select_related("project").filter(public_id=public_id).first(), "snapshot"
    )
    view.admit(snapshot.project)
    return snapshot


class SnapshotDetail(ActionView):
    actions = {"GET": Action.SNAPSHOTS_READ}

    @extend_schema(operation_id="snapshots_read", responses=SnapshotOut)
    def get(self, request: Request, public_id: Any) -> Response:
        """What the snapshot holds, and its hash once it is written."""
        return Response(SnapshotOut(_snapshot(self, public_id)).data)


class SnapshotFile(ActionView):
    actions = {"GET": Action.SNAPSHOTS_READ}
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="snapshots_file", responses=FILES)
    def get(self, request: Request, public_id: Any) -> HttpResponseBase:
        """The file: the same bytes for ever. 409 until it is written."""
        snapshot = _snapshot(self, public_id)
        if names_people(snapshot) and not may(person(request), self.project, Action.NAMES_READ):
            raise PermissionDenied(NOT_BY_NAME)
        if snapshot.state != JobState.DONE:
            raise Conflict(f"The file is not there: the snapshot is {snapshot.state}.")
        try:
            file = opened(snapshot)
        except FileNotFoundError:
            raise Http404("The file of this snapshot is missing.") from None
        return file_response(
            request._request,
            file,
            size_bytes=snapshot.size_bytes,
            sha256=snapshot.sha256,
            media_type=format_named(snapshot.format).media_type,
            name=f"{snapshot.project.slug}-{snapshot.rows}-{snapshot.sha256[:12]}.{format_named(snapshot.format).extension}",
        )


class SnapshotCertificate(ActionView):
    actions = {"GET": Action.SNAPSHOTS_READ}

    @extend_schema(operation_id="snapshots_certificate", responses=SnapshotCertificateOut)
    def get(self, request: Request, public_id: Any) -> Response:
        """What the export carried and what its format lost: rows, items and answers, losses with the rows they cost,
        what was checked by reading the file back, and its sha256. 409 until it is written, and for snapshots of
        releases that counted nothing."""
        snapshot = _snapshot(self, public_id)
        if snapshot.state != JobState.DONE:
            raise Conflict(f"There is no certificate: the snapshot is {snapshot.state}.")
        certificate = certificate_of(snapshot)
        if certificate is None:
            raise Conflict("There is no certificate: the snapshot was taken by a release that made none.")
        return Response(SnapshotCertificateOut(certificate).data)


class SnapshotDatasheet(ActionView):
    actions = {"GET": Action.SNAPSHOTS_READ}
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="snapshots_datasheet", responses={(200, MARKDOWN): OpenApiTypes.STR})
    def get(self, request: Request, public_id: Any) -> HttpResponseBase:
        """What the snapshot says of itself, in Markdown: who answered what and why, under which instructions, how
        people agree, what is left out, what its format cannot hold, and what is known of models that learn from it.
        Of a large project 409 until the file is written and a worker has written this: ask again in a moment."""
        snapshot = _snapshot(self, public_id)
        sees_names = may(person(request), self.project, Action.NAMES_READ)
        return HttpResponse(datasheet_told(snapshot, pseudonyms=not sees_names), content_type=MARKDOWN)


class SnapshotSchema(ActionView):
    actions = {"GET": Action.SNAPSHOTS_READ}

    @extend_schema(operation_id="snapshots_schema", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """What the columns of a snapshot's table are, as a Table Schema: name, type, whether a value may be missing,
        meaning. Data sets bring their own types. Of a large project 409 until the file is written and a worker has read
        the types: ask again in a moment."""
        return Response(schema_told(_snapshot(self, public_id)))


class MetricsOut(serializers.Serializer[Any]):
    progress = serializers.DictField()
    labels = serializers.ListField(child=serializers.DictField())
    set_aside = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="Items that are not asked about, by why."
    )
    learning_curve = serializers.ListField(child=serializers.DictField())
    agreement = serializers.DictField()
    throughput = serializers.DictField()
    arms = serializers.DictField(required=False, help_text="Active against random at equal label counts.")
    stopping = serializers.DictField(required=False, help_text="Whether labeling could stop: advice only.")
    asking = serializers.DictField(
        required=False, help_text="Who picks the questions, the model or chance, and on which figures."
    )
    next_hour = serializers.DictField(
        required=False,
        help_text="Labels right by 100 answers, an estimate each for more, second_opinions and relabels; {} before the"
        " first model.",
    )
    second_opinions = serializers.DictField(
        required=False, help_text="How often they contradict the first answer, beside how often chance would."
    )
    as_of = serializers.DictField(
        child=serializers.DateTimeField(allow_null=True),
        help_text="Of a project of many answers: which of the numbers a worker counted, and when; null, and nothing"
        " told, while it counts for the first time.",
    )


class Metrics(ProjectView):
    actions = {"GET": Action.METRICS_READ}

    @extend_schema(operation_id="metrics", responses=MetricsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Progress, label balance, learning curve with interval, agreement and throughput."""
        return Response(metrics(self.project))
