"""Items in."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, body, found, person
from labeling.api.certificates import ImportCertificateOut
from labeling.api.exceptions import Conflict, TooLarge
from labeling.api.idempotency import KEY, once
from labeling.api.parsers import LimitedJSONParser
from labeling.api.serializers import ImportFileIn, ImportOut, ImportRowsIn, RejectionOut
from labeling.models import Action, ImportBatch, ImportRejection
from labeling.services.imports import start_import
from labeling.services.imports.certificate import certificate_of
from labeling.services.imports.start import is_same

MULTIPART_OVERHEAD_BYTES = 64 * 1024


class Imports(ProjectView, ListAPIView[ImportBatch]):
    actions = {"GET": Action.IMPORTS_READ, "POST": Action.IMPORTS_START}
    serializer_class = ImportOut
    parser_classes = [LimitedJSONParser, MultiPartParser]
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[ImportBatch]:
        if getattr(self, "swagger_fake_view", False):
            return ImportBatch.objects.none()
        return ImportBatch.objects.filter(project=self.project)

    @extend_schema(operation_id="imports_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The imports of the project, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="imports_start",
        parameters=[KEY],
        request={"multipart/form-data": ImportFileIn, "application/json": ImportRowsIn},
        responses={202: ImportOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Stores a csv, jsonl, parquet, zip or picture file, or JSON rows; a worker takes them in."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_MAX_BYTES + MULTIPART_OVERHEAD_BYTES:
            raise TooLarge(f"At most {settings.IMPORT_MAX_BYTES:,} bytes.")  # before anything is read
        if (request.content_type or "").startswith("multipart/"):
            batch = self._from_file(request)
        else:
            batch = self._from_rows(request)
        return Response(ImportOut(batch).data, status=status.HTTP_202_ACCEPTED)

    def _from_file(self, request: Request) -> ImportBatch:
        given = body(ImportFileIn, request)
        file = given["file"]
        options: dict[str, Any] = {
            name: given[name] for name in ("folder_is_label", "columns", "labels", "tool") if name in given
        }
        name = file.name or ""
        if not name:
            raise ValidationError({"file": ["The file has no name."]})

        def make(public_id: UUID) -> ImportBatch:
            return start_import(
                person(request), self.project, file=file, file_name=name, format=given.get("format"), options=options,
                public_id=public_id,
            )  # fmt: skip

        return once(
            request,
            self._own(request),
            make,
            lambda earlier: is_same(earlier, options, file=file, file_name=name),
        )

    def _from_rows(self, request: Request) -> ImportBatch:
        rows, options = _rows(request.data)

        def make(public_id: UUID) -> ImportBatch:
            return start_import(person(request), self.project, rows=rows, options=options, public_id=public_id)

        return once(request, self._own(request), make, lambda earlier: is_same(earlier, options, rows=rows))

    def _own(self, request: Request) -> QuerySet[ImportBatch]:
        return ImportBatch.objects.filter(project=self.project, created_by=person(request))


def _rows(data: Any) -> tuple[list[Any], dict[str, Any]]:
    """Rows and options, by hand: one bad row is the worker's to reject, and a serializer would look at every cell."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise ValidationError({"rows": ['Expected {"rows": [{…}, …]}.']})
    unknown = sorted(set(data) - {"rows", "columns", "labels"})
    if unknown:
        raise ValidationError({unknown[0]: ["There is no such field."]})
    return data["rows"], {name: data[name] for name in ("columns", "labels") if name in data}


class ImportDetail(ProjectView):
    actions = {"GET": Action.IMPORTS_READ}

    @extend_schema(operation_id="imports_read", responses=ImportOut)
    def get(self, request: Request, slug: str, public_id: Any) -> Response:
        """How far the import is."""
        batch = ImportBatch.objects.filter(project=self.project, public_id=public_id).first()
        return Response(ImportOut(found(batch, "import")).data)


class ImportCertificate(ProjectView):
    actions = {"GET": Action.IMPORTS_READ}

    @extend_schema(operation_id="imports_certificate", responses=ImportCertificateOut)
    def get(self, request: Request, slug: str, public_id: Any) -> Response:
        """What the import carried and lost: rows and answers in and stored, rejections by reason, labels, values
        changed or left out, what was checked, and the sha256 of the upload. 409 until the import has ended."""
        batch = found(ImportBatch.objects.filter(project=self.project, public_id=public_id).first(), "import")
        if not batch.is_finished:
            raise Conflict(f"There is no certificate yet: the import is {batch.state}.")
        return Response(ImportCertificateOut(certificate_of(batch)).data)


class Rejections(ProjectView, ListAPIView[ImportRejection]):
    actions = {"GET": Action.IMPORTS_READ}
    serializer_class = RejectionOut
    ordering = ("row", "pk")

    def get_queryset(self) -> QuerySet[ImportRejection]:
        if getattr(self, "swagger_fake_view", False):
            return ImportRejection.objects.none()
        batch = ImportBatch.objects.filter(project=self.project, public_id=self.kwargs["public_id"]).first()
        return ImportRejection.objects.filter(batch=found(batch, "import"))

    @extend_schema(operation_id="imports_rejections")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rows that did not go in, with number and reason."""
        return super().get(request, *args, **kwargs)
