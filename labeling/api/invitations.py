"""Links by which people come into a project."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, Invitation, Member, Role
from labeling.models.invitation import MAX_USES, STATES
from labeling.services.members.invitations import (
    DEFAULT_DAYS,
    MAX_DAYS,
    MAX_NOTE,
    invite,
    path_to_join,
    revoke_invitation,
)
from labeling.services.members.reset_links import reset_path
from labeling.services.members.roster import MAX_ROWS, WHAT, carry_out, plan_roster


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


class RosterIn(StrictSerializer):
    rows = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True)),
        min_length=1,
        max_length=MAX_ROWS,
        help_text="`username`, and if you like `email` and `role` (annotator).",
    )
    preview = serializers.BooleanField(default=False, help_text="Says what would become of each row and does nothing.")


class RosterRowOut(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 1.")
    username = serializers.CharField()
    role = serializers.CharField()
    what = serializers.ChoiceField(
        choices=WHAT, help_text="*invite*: there is no account, a link makes it; *member*: in already, nothing changes."
    )
    reason = serializers.CharField(help_text="Why it was refused.")
    link = serializers.CharField(allow_null=True, help_text="It is in this answer and nowhere again.")


class Roster(ProjectView):
    actions = {"POST": Action.MEMBERS_CHANGE}

    @extend_schema(operation_id="roster_import", request=RosterIn, responses=RosterRowOut(many=True))
    def post(self, request: Request, slug: str) -> Response:
        """People by a table: who has an account is added, everybody else gets an invitation link of his own."""
        given = body(RosterIn, request)
        if given["preview"]:
            rows = plan_roster(self.project, given["rows"])
        else:
            rows = carry_out(person(request), self.project, given["rows"])
        told = [{**vars(row), "link": request.build_absolute_uri(row.path) if row.path else None} for row in rows]
        return Response(RosterRowOut(told, many=True).data)


class ResetLinkOut(serializers.Serializer[Any]):
    link = serializers.CharField(help_text="To be sent to the person and nobody else. It is here and nowhere again.")
    expires_at = serializers.DateTimeField()


class ResetLink(ProjectView):
    actions = {"POST": Action.MEMBERS_CHANGE}

    @extend_schema(operation_id="members_reset_link", request=None, responses={201: ResetLinkOut})
    def post(self, request: Request, slug: str, username: str) -> Response:
        """A link by which a member chooses a new password; of people who are nothing more than members of projects that
        the caller manages."""
        members = Member.objects.filter(project=self.project, user__username=username).select_related("user")
        member = found(None if "\0" in username else members.first(), "member")
        path, until = reset_path(person(request), member.user, self.project)
        made = {"link": request.build_absolute_uri(path), "expires_at": until}
        return Response(ResetLinkOut(made).data, status=status.HTTP_201_CREATED)


class InvitationRevoke(ActionView):
    actions = {"POST": Action.INVITATIONS_CHANGE}

    @extend_schema(operation_id="invitations_revoke", request=None, responses=InvitationOut)
    def post(self, request: Request, pk: int) -> Response:
        """Nobody comes in by the link any more; who came stays."""
        rows = Invitation.objects.select_related("project", "created_by")
        row: Invitation = found(rows.filter(pk=pk).first() if pk < 2**63 else None, "invitation")
        self.admit(row.project)
        return Response(InvitationOut(revoke_invitation(person(request), row)).data)
