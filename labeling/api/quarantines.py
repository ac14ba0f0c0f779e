"""People whose answers are left out for a while."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, Quarantine
from labeling.selectors.quarantine import answers_of, quarantines
from labeling.services.quality import quarantine as service


class QuarantineIn(StrictSerializer):
    annotator = serializers.CharField(max_length=200, help_text="As in exports and on the ranking page.")
    reason = serializers.CharField(max_length=service.MAX_REASON)


class LiftIn(StrictSerializer):
    reason = serializers.CharField(max_length=service.MAX_REASON)


class QuarantineOut(serializers.ModelSerializer[Quarantine]):
    annotator = serializers.CharField(source="name")
    imported = serializers.SerializerMethodField(help_text="Known by imported judgments only.")
    answers = serializers.SerializerMethodField(help_text="Current answers of this person: left out while it lasts.")
    set_by = serializers.CharField(source="set_by.username", default=None, allow_null=True)
    lifted_by = serializers.CharField(source="lifted_by.username", default=None, allow_null=True)

    class Meta:
        model = Quarantine
        fields = (
            "id", "annotator", "imported", "answers", "reason", "set_by", "set_at", "lift_reason", "lifted_by",
            "lifted_at",
        )  # fmt: skip

    def get_imported(self, row: Quarantine) -> bool:
        return row.annotator_id is None

    def get_answers(self, row: Quarantine) -> int:
        return answers_of(row.project, row.annotator or row.imported_annotator)


class Quarantines(ProjectView, ListAPIView[Quarantine]):
    actions = {"GET": Action.QUARANTINES_READ, "POST": Action.QUARANTINES_CHANGE}
    serializer_class = QuarantineOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Quarantine]:
        if getattr(self, "swagger_fake_view", False):
            return Quarantine.objects.none()
        return quarantines(self.project)

    @extend_schema(operation_id="quarantines_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who is or was left out, newest first; it is over where ``lifted_at`` is set."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="quarantines_set", request=QuarantineIn, responses={201: QuarantineOut})
    def post(self, request: Request, slug: str) -> Response:
        """From the next run on the person's answers are not learned from and no consensus counts them.

        They stay stored, and exports mark them `quarantined`. The person is asked nothing meanwhile.
        """
        given = body(QuarantineIn, request)
        made = service.set_in_quarantine(person(request), self.project, given["annotator"], given["reason"])
        return Response(QuarantineOut(made).data, status=status.HTTP_201_CREATED)


class QuarantineLift(ActionView):
    actions = {"POST": Action.QUARANTINES_CHANGE}

    @extend_schema(operation_id="quarantines_lift", request=LiftIn, responses=QuarantineOut)
    def post(self, request: Request, pk: int) -> Response:
        """The answers count again from the next run on, and the person is asked again."""
        rows = Quarantine.objects.select_related("project", "annotator", "set_by")
        row: Quarantine = found(rows.filter(pk=pk).first() if pk < 2**63 else None, "quarantine")
        self.admit(row.project)
        lifted = service.lift(person(request), row, body(LiftIn, request)["reason"])
        return Response(QuarantineOut(lifted).data)
