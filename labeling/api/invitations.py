"""Links by which people come into a project."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, Invitation, Role
from labeling.models.invitation import MAX_USES, STATES
from labeling.services.members.invitations import (
    DEFAULT_DAYS,
    MAX_DAYS,
    MAX_NOTE,
    invite,
    path_to_join,
    revoke_invitation,
)


class InvitationIn(StrictSerializer):
    role = serializers.ChoiceField(choices=Role.choices, default=Role.ANNOTATOR)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=DEFAULT_DAYS)
    max_uses = serializers.IntegerField(
        min_value=1, max_value=MAX_USES, default=1, help_text="People who may come in by it; of managers one."
    )
    note = serializers.CharField(max_length=MAX_NOTE, required=False, default="", help_text="Whom it is for.")


class InvitationOut(serializers.ModelSerializer[Invitation]):
    state = serializers.ChoiceField(choices=STATES, help_text="*open*, or why nobody comes in by it any more.")
    begins_with = serializers.CharField(source="prefix", help_text="First characters of the key.")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = Invitation
        fields = (
            "id", "role", "state", "note", "username", "email", "begins_with", "max_uses", "uses", "created_by",
            "created_at", "expires_at", "revoked_at",
        )  # fmt: skip


class InvitationMade(InvitationOut):
    link = serializers.CharField(help_text="To be sent to the person. It is in this answer and nowhere again.")

    class Meta(InvitationOut.Meta):
        fields = (*InvitationOut.Meta.fields, "link")  # type: ignore[assignment]  # one more


class Invitations(ProjectView, ListAPIView[Invitation]):
    actions = {"GET": Action.INVITATIONS_READ, "POST": Action.INVITATIONS_CHANGE}
    serializer_class = InvitationOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[Invitation]:
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        return Invitation.objects.filter(project=self.project).select_related("created_by").newest_first()

    @extend_schema(operation_id="invitations_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Links that were made, newest first, and how often each was used."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="invitations_make", request=InvitationIn, responses={201: InvitationMade})
    def post(self, request: Request, slug: str) -> Response:
        """A link by which somebody becomes a member of this role, with an account of his own or a new one."""
        made, key = invite(person(request), self.project, **body(InvitationIn, request))
        made.link = request.build_absolute_uri(path_to_join(key))  # type: ignore[attr-defined]
        response = Response(InvitationMade(made).data, status=status.HTTP_201_CREATED)
        response["Cache-Control"] = "private, no-store"
        return response


class InvitationRevoke(ActionView):
    actions = {"POST": Action.INVITATIONS_CHANGE}

    @extend_schema(operation_id="invitations_revoke", request=None, responses=InvitationOut)
    def post(self, request: Request, pk: int) -> Response:
        """Nobody comes in by the link any more; who came stays."""
        rows = Invitation.objects.select_related("project", "created_by")
        row: Invitation = found(rows.filter(pk=pk).first() if pk < 2**63 else None, "invitation")
        self.admit(row.project)
        return Response(InvitationOut(revoke_invitation(person(request), row)).data)
