"""Contexts of pairwise projects; contexts and items taken out of the questions and put back."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ActionView, ProjectView, found, person
from labeling.api.exceptions import Conflict
from labeling.api.serializers import ItemOut
from labeling.models import Action, Context, Item, ItemStatus, Split, Task, TaskState
from labeling.services.items import status as service


@extend_schema_field({"type": "array", "items": {"type": "array", "items": {}, "minItems": 2, "maxItems": 2}})
class FactsField(serializers.JSONField):
    """``[[name, value], …]``."""


class ProjectContext(serializers.ModelSerializer[Context]):
    facts = FactsField()
    split = serializers.ChoiceField(choices=Split.choices)
    status = serializers.ChoiceField(choices=ItemStatus.choices)
    items = serializers.IntegerField(help_text="Items in it, those set aside included.")

    class Meta:
        model = Context
        fields = ["id", "external_id", "text", "purpose", "facts", "split", "status", "items", "created_at"]


class ContextsView(ProjectView, ListAPIView[Context]):
    actions = {"GET": Action.CONTEXTS_READ}
    serializer_class = ProjectContext
    ordering = "ordinal"

    def get_queryset(self) -> QuerySet[Context]:
        if getattr(self, "swagger_fake_view", False):
            return Context.objects.none()
        return Context.objects.filter(project=self.project)

    @extend_schema(operation_id="contexts_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the project's pairs are compared for, in the order of import."""
        return super().get(request, *args, **kwargs)


def _context(view: ActionView, pk: int) -> Context:
    known = Context.objects.filter(pk=pk).select_related("project").first() if pk < 2**63 else None
    context: Context = found(known, "context")
    view.admit(context.project)
    return context


class ContextDetail(ActionView):
    actions = {"GET": Action.CONTEXTS_READ, "DELETE": Action.CONTEXTS_DELETE}

    @extend_schema(operation_id="contexts_read", responses=ProjectContext)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ProjectContext(_context(self, pk)).data)

    @extend_schema(operation_id="contexts_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Takes the context out for good: as set-aside, but 409 while somebody holds a question about it.

        Judgments that were given stay in exports; `restore` brings the context back.
        """
        context = _context(self, pk)
        out = Task.objects.filter(pair__context=context, state=TaskState.OPEN).count()
        if out:
            raise Conflict(f"{out} questions about this context are out; set it aside, and delete it once they are in.")
        service.set_context_aside(person(request), context)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContextSetAside(ActionView):
    actions = {"POST": Action.CONTEXTS_SET_ASIDE}

    @extend_schema(operation_id="contexts_set_aside", request=None, responses=ProjectContext)
    def post(self, request: Request, pk: int) -> Response:
        """No pair of it is put to anybody any more; questions that are out may still be answered."""
        context = _context(self, pk)
        return Response(ProjectContext(service.set_context_aside(person(request), context)).data)


class ContextRestore(ActionView):
    actions = {"POST": Action.CONTEXTS_SET_ASIDE}

    @extend_schema(operation_id="contexts_restore", request=None, responses=ProjectContext)
    def post(self, request: Request, pk: int) -> Response:
        """It is asked about again, but for items that were set aside on their own."""
        context = _context(self, pk)
        return Response(ProjectContext(service.restore_context(person(request), context)).data)


def _item(view: ActionView, pk: int) -> Item:
    known = Item.objects.filter(pk=pk).select_related("project").first() if pk < 2**63 else None
    item: Item = found(known, "item")
    view.admit(item.project)
    return item


class ItemSetAside(ActionView):
    actions = {"POST": Action.ITEMS_SET_ASIDE}

    @extend_schema(operation_id="items_set_aside", request=None, responses=ItemOut)
    def post(self, request: Request, pk: int) -> Response:
        """Nobody is asked about it any more; questions that are out may still be answered."""
        return Response(ItemOut(service.set_aside(person(request), _item(self, pk))).data)


class ItemRestore(ActionView):
    actions = {"POST": Action.ITEMS_SET_ASIDE}

    @extend_schema(operation_id="items_restore", request=None, responses=ItemOut)
    def post(self, request: Request, pk: int) -> Response:
        """It is asked about again where it lacks answers."""
        return Response(ItemOut(service.restore(person(request), _item(self, pk))).data)
