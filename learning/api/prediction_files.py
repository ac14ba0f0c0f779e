"""Files of rows that the model answers in the background, over REST."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import FirstRenderer, PersonField, ProjectView, StrictSerializer, body, found, person, query
from labeling.api.exceptions import Conflict, TooLarge
from labeling.api.idempotency import KEY, once
from labeling.models import Action, ApiToken, ImportFormat
from labeling.services.imports.certificate import sum_of
from labeling.services.imports.start import shown_file_name
from learning.models import PredictionFile
from learning.services.prediction_files.result import FORMATS, name_of, result_of
from learning.services.prediction_files.start import cancel_file, files_of, start_file

MULTIPART_OVERHEAD_BYTES = 64 * 1024


class PredictionFileIn(StrictSerializer):
    """Rows as an import has them, without their labels."""

    file = serializers.FileField(max_length=None)
    format = serializers.ChoiceField(choices=ImportFormat.choices, required=False, help_text="Else by its content.")
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="The number of a model; without it the one in use."
    )
    force = serializers.BooleanField(required=False, default=False, help_text="Give an outlier its label too.")


class PredictionFileOut(serializers.ModelSerializer[PredictionFile]):
    id = serializers.UUIDField(source="public_id")
    model = serializers.IntegerField(
        source="model_version.number", default=None, allow_null=True, help_text="That answers all of it."
    )
    asked_by = PersonField(source="asked_by.username", default=None, allow_null=True)
    answered = serializers.IntegerField(source="cursor", help_text="Rows so far, the refused ones too.")
    total = serializers.IntegerField(allow_null=True, help_text="Rows of the file, once that is known.")
    has_result = serializers.BooleanField(help_text="Whether what was answered can be fetched.")

    class Meta:
        model = PredictionFile
        fields = (
            "id", "state", "file_name", "size_bytes", "sha256", "model", "force", "asked_by", "answered", "total",
            "ok", "unsure", "outliers", "refused", "has_result", "created_at", "started_at", "finished_at", "error",
        )  # fmt: skip


class PredictionFiles(ProjectView, ListAPIView[PredictionFile]):
    actions = {"GET": Action.MODELS_PREDICT, "POST": Action.MODELS_PREDICT}
    scopes_to_read = scopes.PREDICTED
    scopes_to_write = scopes.PREDICT
    serializer_class = PredictionFileOut
    parser_classes = [MultiPartParser]
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[PredictionFile]:
        if getattr(self, "swagger_fake_view", False):
            return PredictionFile.objects.none()
        return files_of(person(self.request), self.project).select_related("model_version", "asked_by")

    @extend_schema(operation_id="prediction_files_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your files, newest first; of a manager those of everybody."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="prediction_files_start",
        parameters=[KEY],
        request={"multipart/form-data": PredictionFileIn},
        responses={202: PredictionFileOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Stores a csv, jsonl, json or parquet file, or a zip of pictures; a worker asks one version about every row
        and goes on where it was, whatever dies. `GET` tells how far it is."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_MAX_BYTES + MULTIPART_OVERHEAD_BYTES:
            raise TooLarge(f"At most {settings.IMPORT_MAX_BYTES:,} bytes.")  # before anything is read
        given = body(PredictionFileIn, request)
        file = given.pop("file")
        token = request.auth if isinstance(request.auth, ApiToken) else None
        name = file.name or "rows"

        def make(public_id: UUID) -> PredictionFile:
            return start_file(person(request), self.project, file, name, token=token, public_id=public_id, **given)

        def is_same(earlier: PredictionFile) -> bool:
            how = {"version": earlier.version_asked, "force": earlier.force}
            asked_for = {"version": given.get("version"), "force": given["force"]}
            return (earlier.file_name, earlier.sha256, how) == (shown_file_name(name), sum_of(file), asked_for)

        own = PredictionFile.objects.filter(project=self.project, asked_by=person(request))
        asked = once(request, own, make, is_same)
        return Response(PredictionFileOut(asked, context={"view": self}).data, status=status.HTTP_202_ACCEPTED)


class PredictionFileDetail(ProjectView):
    actions = {"GET": Action.MODELS_PREDICT}
    scopes_to_read = scopes.PREDICTED

    @extend_schema(operation_id="prediction_files_read", responses=PredictionFileOut)
    def get(self, request: Request, slug: str, public_id: UUID) -> Response:
        """How far it is."""
        return Response(PredictionFileOut(_one(self, request, public_id), context={"view": self}).data)


class PredictionFileCancel(ProjectView):
    actions = {"POST": Action.MODELS_PREDICT}
    scopes_to_write = scopes.PREDICT

    @extend_schema(operation_id="prediction_files_cancel", request=None, responses=PredictionFileOut)
    def post(self, request: Request, slug: str, public_id: UUID) -> Response:
        """Nothing more of it is answered; nothing happens to one that has ended."""
        asked = _one(self, request, public_id)
        cancel_file(person(request), asked)
        return Response(PredictionFileOut(asked, context={"view": self}).data)


class ResultQuery(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), default="csv")


class PredictionFileResult(ProjectView):
    actions = {"GET": Action.MODELS_PREDICT}
    scopes_to_read = scopes.PREDICTED
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="prediction_files_result",
        parameters=[ResultQuery],
        responses={(200, one.media_type): OpenApiResponse(OpenApiTypes.BINARY) for one in FORMATS.values()},
    )
    def get(self, request: Request, slug: str, public_id: UUID) -> HttpResponseBase:
        """What was answered: one row for each of the file, in their order, with its number, the `id` that you gave it,
        and the fields of a prediction, whose own id is `prediction`. 409 until it has ended, or where nothing
        was answered."""
        asked, form = _one(self, request, public_id), query(ResultQuery, request)["format"]
        if not asked.has_result:
            why = "nothing was answered" if asked.is_finished else f"it is {asked.state}"
            raise Conflict(f"There is no result: {why}.")
        return result_response(asked, form)


def result_response(asked: PredictionFile, format: str) -> StreamingHttpResponse:  # noqa: A002 - the contract's name
    """The result as a download."""
    response = StreamingHttpResponse(result_of(asked, format), content_type=FORMATS[format].media_type)
    response["Content-Disposition"] = content_disposition_header(True, name_of(asked, format)) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _one(view: ProjectView, request: Request, public_id: UUID) -> PredictionFile:
    rows = files_of(person(request), view.project).select_related("project", "model_version", "asked_by")
    one: PredictionFile = found(rows.filter(public_id=public_id).first(), "file")
    return one
