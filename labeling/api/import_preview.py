"""What an upload would come to, before anything of it is stored."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, body
from labeling.api.serializers import ImportFileIn, RejectionOut
from labeling.kinds import kind_of
from labeling.models import Action
from labeling.services.imports.foreign.refused import HEAD_BYTES
from labeling.services.imports.look import Look, look_at
from labeling.services.imports.sniff import format_of
from labeling.services.imports.start import checked_options


class ColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As the file calls it.")
    purpose = serializers.CharField(
        allow_null=True, help_text="What it is for; empty: kept under its name; null: left out."
    )
    why = serializers.CharField(help_text="Why it was taken for that, where it was guessed.")
    samples = serializers.ListField(child=serializers.CharField(), help_text="Its first values, shortened.")


class UnknownLabels(serializers.Serializer[Any]):
    rows = serializers.IntegerField(help_text="Rows whose label the project lacks; labels=add takes them.")
    labels = serializers.DictField(child=serializers.IntegerField(), help_text="The labels, with the rows of each.")


class PreviewOut(serializers.Serializer[Any]):
    format = serializers.CharField()
    refused = serializers.CharField(help_text="Why nothing would go in; empty when something would.")
    columns = serializers.ListField(child=ColumnOut())
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True), help_text="The same as `columns` of an import takes it."
    )
    rows = serializers.IntegerField()
    is_whole = serializers.BooleanField(help_text="False where the file has more rows than were looked at.")
    accepted = serializers.IntegerField(help_text="Would go in, duplicates of items in the project among them.")
    rejected = serializers.IntegerField()
    rejections = serializers.ListField(child=RejectionOut(), help_text="The first few.")
    labeled = serializers.IntegerField()
    unknown = UnknownLabels()
    pool = serializers.IntegerField()
    eval = serializers.IntegerField()
    folders = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of a zip: its folders, with the pictures in each."
    )
    notes = serializers.ListField(child=serializers.CharField())


class ImportPreview(ProjectView):
    actions = {"POST": Action.IMPORTS_START}
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="imports_preview", request={"multipart/form-data": ImportFileIn}, responses=PreviewOut)
    def post(self, request: Request, slug: str) -> Response:
        """Reads the beginning of a file as an import would; nothing is stored. Columns are guessed unless given."""
        given = body(ImportFileIn, request)
        file, project = given.pop("file"), self.project
        if not file.name:
            raise ValidationError({"file": ["The file has no name."]})
        found = format_of(
            file.read(HEAD_BYTES), file.name, project.modality, given.pop("format", None) or None, kind_of(project)
        )
        return Response(as_dict(look_at(file, project, found, file.name, checked_options(project, given))))


def as_dict(look: Look) -> dict[str, Any]:
    return {
        "format": look.format, "refused": look.refused, "columns": [asdict(each) for each in look.columns],
        "mapping": look.mapping, "rows": look.rows, "is_whole": look.is_whole, "accepted": look.good,
        "rejected": look.rejected,
        "rejections": [
            {"row": each.number, "name": each.name, "field": each.field, "reason": each.reason}
            for each in look.rejections
        ],
        "labeled": look.labeled, "unknown": {"rows": look.unknown_rows, "labels": dict(look.unknown)},
        "pool": look.sides["pool"], "eval": look.sides["eval"], "folders": dict(look.folders),
        "notes": look.notes.sentences(),
    }  # fmt: skip
