"""Projects and their members."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import ProjectView, body, person
from labeling.api.serializers import (
    LabelRename,
    LabelRenamed,
    MemberChange,
    MemberIn,
    MemberOut,
    ProjectChange,
    ProjectIn,
    ProjectOut,
)
from labeling.models import Action, Instructions, Member, Project, User
from labeling.services.members.measure import MEASURES, pause, resume, set_measure
from labeling.services.projects import manage as projects
from labeling.services.projects.deletion import delete_project
from labeling.services.projects.renames import rename_label


class Projects(ListAPIView[Project]):
    serializer_class = ProjectOut
    scopes_to_read = scopes.ENTER
    narrowed_methods = ("GET", "HEAD", "OPTIONS")

    def get_queryset(self) -> QuerySet[Project]:
        if getattr(self, "swagger_fake_view", False):
            return Project.objects.none()
        newest = Instructions.objects.filter(number=F("project__instructions_version"))
        seen = Project.objects.visible_to(person(self.request))
        return seen.prefetch_related("labels", Prefetch("instructions_versions", newest))

    @extend_schema(operation_id="projects_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The projects you are a member of."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="projects_create", request=ProjectIn, responses={201: ProjectOut})
    def post(self, request: Request) -> Response:
        """A new project, of which you become manager."""
        if not projects.may_create_projects(person(request)):
            raise PermissionDenied("Creating a project needs the permission labeling.add_project.")
        made = projects.create_project(person(request), **body(ProjectIn, request))
        return Response(ProjectOut(made).data, status=status.HTTP_201_CREATED)


class ProjectDetail(ProjectView):
    actions = {"GET": Action.PROJECT_READ, "PATCH": Action.PROJECT_CHANGE, "DELETE": Action.PROJECT_DELETE}
    scopes_to_read = scopes.ENTER

    @extend_schema(operation_id="projects_read", responses=ProjectOut)
    def get(self, request: Request, slug: str) -> Response:
        """The project, its labels, instructions and settings."""
        return Response(ProjectOut(self.project).data)

    @extend_schema(operation_id="projects_change", request=ProjectChange, responses=ProjectOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Changes what is sent. A label left out is archived when an answer mentions it, else deleted."""
        changed = projects.update_project(person(request), self.project, **body(ProjectChange, request))
        return Response(ProjectOut(changed).data)

    @extend_schema(operation_id="projects_delete", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Deletes the project with everything in it: gone at once, removed by a worker. Cannot be undone."""
        delete_project(person(request), self.project)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LabelRenameView(ProjectView):
    actions = {"POST": Action.PROJECT_CHANGE}

    @extend_schema(operation_id="labels_rename", request=LabelRename, responses=LabelRenamed)
    def post(self, request: Request, slug: str) -> Response:
        """Calls a label otherwise. Its answers, models and hotkey stay its own: all of them say the new name."""
        return Response(LabelRenamed(rename_label(person(request), self.project, **body(LabelRename, request))).data)


class Members(ProjectView, ListAPIView[Member]):
    actions = {"GET": Action.MEMBERS_READ, "POST": Action.MEMBERS_CHANGE}
    serializer_class = MemberOut

    def get_queryset(self) -> QuerySet[Member]:
        if getattr(self, "swagger_fake_view", False):
            return Member.objects.none()
        return Member.objects.filter(project=self.project).select_related("user")

    @extend_schema(operation_id="members_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who is in the project."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="members_set", request=MemberIn, responses={200: MemberOut, 201: MemberOut})
    def post(self, request: Request, slug: str) -> Response:
        """Adds a person (201) or changes the role (200)."""
        given = body(MemberIn, request)
        user = User.objects.filter(username=given["username"], is_active=True).first()
        if user is None:
            raise ValidationError({"username": ["There is no such person."]})
        known = Member.objects.filter(project=self.project, user=user).exists()
        member = projects.set_member(self.project, user, given["role"], by=person(request))
        return Response(MemberOut(member).data, status=status.HTTP_200_OK if known else status.HTTP_201_CREATED)


class MemberDetail(ProjectView):
    actions = {"PATCH": Action.MEMBERS_CHANGE, "DELETE": Action.MEMBERS_CHANGE}

    @extend_schema(operation_id="members_change", request=MemberChange, responses=MemberOut)
    def patch(self, request: Request, slug: str, username: str) -> Response:
        """How much the person is asked: goals, quotas, a pause. All of it or, where something is refused, nothing."""
        given, by, member = body(MemberChange, request), person(request), self._member(username)
        with transaction.atomic():
            if measures := {name: given[name] for name in MEASURES if name in given}:
                set_measure(by, member, measures)
            if given.get("paused"):
                pause(by, member, given.get("pause_note", member.pause_note))
            elif "paused" in given:
                resume(by, member)
            elif "pause_note" in given:
                raise ValidationError({"pause_note": ["Only with paused."]})
        return Response(MemberOut(member).data)

    @extend_schema(operation_id="members_remove", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Takes the person out of the project; answers stay."""
        projects.remove_member(self.project, self._member(username).user, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _member(self, username: str) -> Member:
        members = Member.objects.filter(project=self.project, user__username=username)
        member = (
            None if "\0" in username else members.select_related("user", "project").first()
        )  # PostgreSQL has no NUL
        if member is None:
            raise Http404("No such member.")
        return member
