"""The label scheme: its versions, and what makes a new one."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, SchemeChange, SchemeOperation
from labeling.selectors.label_scheme import restored_by, steps_of, words_of
from labeling.services.scheme.requests import make_change, preview_change
from labeling.services.scheme.versions import MAX_REASON, first_version


class SchemeChangeIn(StrictSerializer):
    reason = serializers.CharField(max_length=MAX_REASON, allow_blank=True, required=False)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="The version you saw: refused when the labels have changed since."
    )
    preview = serializers.BooleanField(required=False, help_text="Says what it would do, and changes nothing.")


class LabelMergeIn(SchemeChangeIn):
    names = serializers.ListField(child=serializers.CharField(max_length=200), help_text="Labels in use.")
    into = serializers.CharField(max_length=200, help_text="A new name, or that of one of them.")


class LabelSplitIn(SchemeChangeIn):
    name = serializers.CharField(max_length=200, help_text="A label in use.")
    parts = serializers.ListField(
        child=serializers.CharField(max_length=200), help_text="Two or more: new names, its own, or labels in use."
    )


class LabelUndoIn(SchemeChangeIn):
    to = serializers.IntegerField(
        min_value=1, required=False, help_text="The version to go back to; without it the one before that of now."
    )


class LabelRetireIn(SchemeChangeIn):
    name = serializers.CharField(max_length=200, help_text="A label in use.")


class LabelDescribeIn(SchemeChangeIn):
    name = serializers.CharField(max_length=200, help_text="A label in use.")
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    examples = serializers.ListField(
        child=serializers.CharField(max_length=500, allow_blank=True), required=False, help_text="At most ten texts."
    )


class SchemeLabelOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    examples = serializers.ListField(child=serializers.CharField())
    archived = serializers.BooleanField()
    read_as = serializers.CharField(help_text="The label as which its answers are read; empty for itself.")
    is_split = serializers.BooleanField(help_text="Its answers are asked again.")


class SchemeVersionOut(serializers.Serializer[SchemeChange]):
    version = serializers.IntegerField(source="number")
    operation = serializers.ChoiceField(choices=SchemeOperation.choices)
    words = serializers.SerializerMethodField(help_text="What was done, as a sentence.")
    reason = serializers.CharField()
    made_by = PersonField(source="made_by.username", default=None, allow_null=True)
    made_at = serializers.DateTimeField()
    undoes = serializers.IntegerField(
        allow_null=True, help_text="The newest version that it takes back, with all down to the one after `restores`."
    )
    restores = serializers.SerializerMethodField(help_text="The version whose labels an undo brought back.")
    steps = serializers.SerializerMethodField(help_text="What an undo took back, the newest first.")

    def get_words(self, change: SchemeChange) -> str:
        return words_of(change)

    def get_restores(self, change: SchemeChange) -> int | None:
        return restored_by(change)

    def get_steps(self, change: SchemeChange) -> list[str]:
        return steps_of(change)


class SchemeVersionDetailOut(SchemeVersionOut):
    labels = serializers.SerializerMethodField()

    @extend_schema_field(SchemeLabelOut(many=True))
    def get_labels(self, change: SchemeChange) -> Any:
        names = {row["identity"]: row["name"] for row in change.labels}
        rows = [{**row, "read_as": names.get(row["read_as"], row["read_as"])} for row in change.labels]
        return SchemeLabelOut(rows, many=True).data


class SchemeOutcomeOut(serializers.Serializer[Any]):
    """What was done, or would be."""

    version = serializers.IntegerField(help_text="The version there is now.")
    preview = serializers.BooleanField()
    words = serializers.CharField()
    steps = serializers.ListField(child=serializers.CharField(), help_text="What an undo takes back, the newest first.")
    answers_read_anew = serializers.IntegerField(allow_null=True, help_text="Only said in a preview, as the next two.")
    items_asked_again = serializers.IntegerField(allow_null=True)
    items_counting_again = serializers.IntegerField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField(), help_text="In use, in their order.")


class SchemeVersions(ProjectView, ListAPIView[SchemeChange]):
    actions = {"GET": Action.PROJECT_READ}
    serializer_class = SchemeVersionOut
    ordering = "-number"

    def get_queryset(self) -> QuerySet[SchemeChange]:
        if getattr(self, "swagger_fake_view", False):
            return SchemeChange.objects.none()
        return SchemeChange.objects.filter(project=self.project).select_related("made_by").defer("labels")

    @extend_schema(operation_id="labels_versions")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The versions of the label scheme, newest first; none while the labels are what they were at first."""
        return super().get(request, *args, **kwargs)


class SchemeVersion(ProjectView):
    actions = {"GET": Action.PROJECT_READ}

    @extend_schema(operation_id="labels_version", responses=SchemeVersionDetailOut)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One version, with its labels."""
        rows = SchemeChange.objects.filter(project=self.project).select_related("made_by")
        row = rows.filter(number=number).first() if number < 2**31 else None
        row = found(row or (first_version(self.project) if number == 1 else None), "version")
        return Response(SchemeVersionDetailOut(row, context={"view": self}).data)


class _SchemeChangeView(ProjectView):
    actions = {"POST": Action.PROJECT_CHANGE}
    operation: ClassVar[SchemeOperation]

    def change(self, request: Request, given_in: type[SchemeChangeIn]) -> Response:
        given = body(given_in, request)
        if not given.pop("preview", False):
            change = make_change(person(request), self.project, self.operation, given)
            labels = list(self.project.labels.in_use().names())
            return Response(_outcome(change.number, words_of(change), steps_of(change), labels))
        seen = preview_change(person(request), self.project, self.operation, given)
        counts = (seen.read_anew, seen.stop_counting, seen.count_again)
        return Response(_outcome(seen.version, seen.words, seen.steps, seen.labels, counts, preview=True))


def _outcome(
    version: int, words: str, steps: Any, labels: Any, counts: Any = (None, None, None), *, preview: bool = False
) -> Any:
    read_anew, asked_again, counting_again = counts
    return SchemeOutcomeOut(
        {
            "version": version,
            "preview": preview,
            "words": words,
            "steps": steps,
            "answers_read_anew": read_anew,
            "items_asked_again": asked_again,
            "items_counting_again": counting_again,
            "labels": labels,
        }
    ).data


class LabelMerge(_SchemeChangeView):
    operation = SchemeOperation.MERGE

    @extend_schema(operation_id="labels_merge", request=LabelMergeIn, responses=SchemeOutcomeOut)
    def post(self, request: Request, slug: str) -> Response:
        """Makes one label of several: their answers stay as they were said and are read as the one."""
        return self.change(request, LabelMergeIn)


class LabelSplit(_SchemeChangeView):
    operation = SchemeOperation.SPLIT

    @extend_schema(operation_id="labels_split", request=LabelSplitIn, responses=SchemeOutcomeOut)
    def post(self, request: Request, slug: str) -> Response:
        """Makes several labels of one: its answers stay, count for nothing, and their items are asked again."""
        return self.change(request, LabelSplitIn)


class LabelRetire(_SchemeChangeView):
    operation = SchemeOperation.RETIRE

    @extend_schema(operation_id="labels_retire", request=LabelRetireIn, responses=SchemeOutcomeOut)
    def post(self, request: Request, slug: str) -> Response:
        """Takes a label out of use: its answers stay and are not learned from."""
        return self.change(request, LabelRetireIn)


class LabelDescribe(_SchemeChangeView):
    operation = SchemeOperation.DESCRIBE

    @extend_schema(operation_id="labels_describe", request=LabelDescribeIn, responses=SchemeOutcomeOut)
    def post(self, request: Request, slug: str) -> Response:
        """Says what a label means, with examples: annotators see both."""
        return self.change(request, LabelDescribeIn)


class LabelUndo(_SchemeChangeView):
    operation = SchemeOperation.UNDO

    @extend_schema(operation_id="labels_undo", request=LabelUndoIn, responses=SchemeOutcomeOut)
    def post(self, request: Request, slug: str) -> Response:
        """Takes the last change back, or all since a version, as a new version; an undo is undone the same way."""
        return self.change(request, LabelUndoIn)
