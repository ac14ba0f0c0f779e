"""What the views share: the project of the address, and who may do what with it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from labeling.models import Action, Machine, Project, User
from labeling.selectors.access import project_for, require
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.names import NameOf, name_of_for


class ActionView(APIView):
    """A view about something of a project: ``actions`` names by method what it does there."""

    actions: ClassVar[Mapping[str, Action]]
    project: Project

    @property
    def action_asked(self) -> Action:
        """What the request would do. A method the view does not know is refused as 405 after this."""
        method = "GET" if self.request.method in SAFE_METHODS else self.request.method
        return self.actions.get(method or "") or next(iter(self.actions.values()))

    def admit(self, project: Project) -> None:
        """Raises 404 for strangers, 403 for members who may not."""
        self.project = project
        require(person(self.request), project, self.action_asked)

    @cached_property
    def name_of(self) -> NameOf:
        """How the person is told the names of others in the project."""
        return name_of_for(person(self.request), self.project)

    @cached_property
    def label_names(self) -> LabelIdentities:
        """How answers say the labels of the project."""
        return label_names(self.project)


class ProjectView(ActionView):
    """One under ``/projects/{slug}/``: 404 for strangers, 403 for members who may not, before anything is read."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.project = self.project_called(request, kwargs["slug"])

    def project_called(self, request: Request, slug: str) -> Project:
        return project_for(person(request), slug, self.action_asked)


class MachinesToo(ProjectView):
    """One that a machine of the project may use as well, with its own token: ``machine`` is None for a person."""

    machines_may = True
    machine: Machine | None = None

    def project_called(self, request: Request, slug: str) -> Project:
        self.machine = machine_of(request)
        if self.machine is None:
            return super().project_called(request, slug)
        if self.machine.project.slug != slug or self.machine.project.deleted_at is not None:
            raise Http404("No such project.")
        return self.machine.project


class FirstRenderer(BaseContentNegotiation):
    """For views that answer with a file: its type is not up for negotiation, errors are JSON whatever was accepted."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a typo in a setting must not be silently without effect."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class PersonField(serializers.CharField):
    """Somebody's name as the reader may be told it; the serializer's context names the view."""

    def to_representation(self, value: Any) -> str:
        name_of: NameOf = self.context["view"].name_of
        return name_of(super().to_representation(value))


def person(request: "Request | HttpRequest") -> User:
    """The signed-in person; views that use it are not reached without one."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def machine_of(request: Request) -> Machine | None:
    """The machine that asks; None for a person."""
    asks: object = request.user
    return asks if isinstance(asks, Machine) else None


def query(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked query parameters. Raises ValidationError naming the parameter."""
    checked = serializer(data=request.query_params.dict())
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def body(serializer: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The checked body. Raises ValidationError naming the field."""
    checked = serializer(data=request.data, partial=partial)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def found(value: Any, what: str) -> Any:
    """The value, or Http404 when there is none."""
    if value is None:
        raise Http404(f"No such {what}.")
    return value
