"""Items, their pictures, and the raw annotations."""

from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import ActionView, FirstRenderer, ProjectView, machine_of, person, query
from labeling.api.files import IMMUTABLE, file_response, unchanged
from labeling.api.pagination import ItemPagination
from labeling.api.serializers import (
    AnnotationFilters,
    AnnotationOut,
    ItemFacetsOut,
    ItemFilters,
    ItemOut,
    PreviewQuery,
)
from labeling.kinds import kind_of
from labeling.models import Action, Annotation, Asset, Item, PracticeQuestion, Suggestion, Task
from labeling.selectors.access import may, require
from labeling.selectors.item_view import ChosenItems, InvalidCursor, ItemView, look, shown_facets
from labeling.selectors.names import person_called
from labeling.services.item_index import up_to_date
from labeling.services.items.decoding import FORMATS, version_for
from labeling.services.items.depth import WHOLE
from labeling.services.items.pictures import full, preview, windowed

BINARY = OpenApiResponse(OpenApiTypes.BINARY)
PICTURE = dict.fromkeys(((200, "image/webp"), (200, "image/jpeg")), BINARY)
ORIGINALS = {(200, media_type): BINARY for media_type in sorted(set(FORMATS.values()))}


class ItemsView(ProjectView, ListAPIView[Item]):
    actions = {"GET": Action.ITEMS_READ}
    serializer_class = ItemOut
    pagination_class = ItemPagination
    queryset = Item.objects.none()

    @extend_schema(operation_id="items_list", parameters=[ItemFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The items of a view: the filters and sorts of the page of items, under the same names. `total` says how many
        fit; null where texts have to be read to know (a phrase, a column), then a page may be short, too."""
        pages = ItemPagination()
        view = _view_asked(self, request)
        up_to_date(self.project)
        try:
            found = look(self.project, view, self.name_of, limit=pages.get_page_size(request), strict=True)
        except InvalidCursor:
            raise NotFound("Invalid cursor") from None
        rows = ItemOut(found.items, many=True, context=self.get_serializer_context()).data
        return pages.answer(request, found, rows)


class ItemFacets(ProjectView):
    actions = {"GET": Action.ITEMS_READ}

    @extend_schema(operation_id="items_facets", parameters=[ItemFilters], responses=ItemFacetsOut)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many items of a view have each value of each facet: of those that fit everything but what is asked of
        the facet itself. `is_estimate`: counted in a sample of one item in 16. Of a phrase
        or the words of a column (`q`), all that may hold them count."""
        view = _view_asked(self, request)
        so_far = up_to_date(self.project)
        chosen = ChosenItems(self.project, view, self.name_of)
        facets = shown_facets(chosen, reviews=may(person(request), self.project, Action.GOLD_READ))
        told = {"indexed": so_far.items, "items": so_far.of_items, "total": chosen.total, "facets": facets}
        return Response(ItemFacetsOut(told).data)


def _view_asked(view: ProjectView, request: Request) -> ItemView:
    """Raises ValidationError, PermissionDenied."""
    asked = ItemFilters(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    if asked.validated_data.get("gold") is not None:
        require(person(request), view.project, Action.GOLD_READ)
    return asked.view(request.query_params.get("cursor", ""))


class Annotations(ProjectView, ListAPIView[Annotation]):
    actions = {"GET": Action.ANNOTATIONS_READ}
    serializer_class = AnnotationOut
    ordering = "pk"

    def get_queryset(self) -> QuerySet[Annotation]:
        if getattr(self, "swagger_fake_view", False):
            return Annotation.objects.none()
        given = query(AnnotationFilters, self.request)
        fields = {
            "split": f"{kind_of(self.project).subject}__split",
            "source": "source",
            "annotator": "annotator__username",
        }
        wanted = {lookup: given[name] for name, lookup in fields.items() if name in given}
        rows = Annotation.objects.filter(project=self.project)
        if "annotator" in given and not may(person(self.request), self.project, Action.NAMES_READ):
            del wanted["annotator__username"]  # else a name could be tried out: they ask by what they are shown
            users, names = person_called(self.project, given["annotator"])
            rows = rows.filter(Q(annotator__in=users) | Q(imported_annotator__in=names))
        if "since" in given:
            wanted["created_at__gte"] = given["since"]
        shown = Suggestion.objects.filter(task=OuterRef("task"), shown=True)
        rows = rows.filter(**wanted).annotate(assisted=Exists(shown))
        return rows.select_related("item", "pair", "task", "annotator")

    @extend_schema(operation_id="annotations_list", parameters=[AnnotationFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every annotation as it was stored, newest last: revisions and take-backs (answer null) included."""
        return super().get(request, *args, **kwargs)


def _picture_of(pk: int) -> Item:
    item = Item.objects.filter(pk=pk).select_related("asset", "project").first()
    if item is None:
        raise Http404("No such item.")
    return item


def _asset(item: Item) -> Asset:
    if item.asset is None:
        raise Http404("This item has no picture.")
    return item.asset


class Original(ActionView):
    actions = {"GET": Action.ITEMS_READ}
    content_negotiation_class = FirstRenderer

    @extend_schema(operation_id="items_original", responses=ORIGINALS)
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """The picture byte for byte as it was uploaded."""
        item = _picture_of(pk)
        self.admit(item.project)
        asset = _asset(item)
        try:
            file = default_storage.open(asset.path, "rb")
        except FileNotFoundError:
            raise Http404("The file of this item is missing.") from None
        return file_response(
            request._request,
            file,
            size_bytes=asset.size_bytes,
            sha256=asset.sha256,
            media_type=asset.media_type,
            name=f"item-{item.pk}{_suffix(asset)}",
        )


def _suffix(asset: Asset) -> str:
    return f".{asset.format.lower()}" if asset.format.isalnum() else ""


class Preview(ActionView):
    actions = {"GET": Action.ITEMS_READ}
    content_negotiation_class = FirstRenderer
    scopes_to_read = scopes.ENTER
    machines_may = True

    @extend_schema(operation_id="items_preview", parameters=[PreviewQuery], responses=PICTURE)
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """A derived picture: upright, without metadata. For who may view, for who was asked about the item, and for the
        machines of the project."""
        item = _picture_of(pk)
        machine = machine_of(request)
        if machine is not None:
            if machine.project_id != item.project_id:
                raise Http404("No such item.")
            return _preview(request, _asset(item))
        user = person(request)
        asked = (
            Task.objects.filter(item=item, annotator=user).exists()
            or PracticeQuestion.objects.filter(item=item, round__user=user).exists()
        )
        require(user, item.project, Action.TASKS_SEE_OWN_PICTURE if asked else self.action_asked)
        return _preview(request, _asset(item))


class TaskPreview(ActionView):
    actions = {"GET": Action.ITEMS_READ}
    content_negotiation_class = FirstRenderer
    scopes_to_read = scopes.ENTER

    @extend_schema(operation_id="tasks_preview", parameters=[PreviewQuery], responses=PICTURE)
    def get(self, request: Request, pk: int, part: str) -> HttpResponseBase:
        """A picture of a pair's question, `left`, `right` or `context`: for who was asked, and for who may view."""
        paths = ("pair__first__asset", "pair__second__asset", "pair__context__asset")
        task = Task.objects.filter(pk=pk).select_related("project", *paths).first() if pk < 2**63 else None
        if task is None or task.pair is None or part not in ("left", "right", "context"):
            raise Http404("No such picture.")
        user = person(request)
        require(user, task.project, Action.TASKS_SEE_OWN_PICTURE if task.annotator_id == user.pk else self.action_asked)
        pair = task.pair
        left = pair.first if pair.first_id == task.left_id else pair.second
        assets = {"left": left.asset, "right": pair.other(left.pk).asset, "context": pair.context.asset}
        asset = assets[part]
        if asset is None:
            raise Http404("There is no such picture.")
        return _preview(request, asset)


def _preview(request: Request, asset: Asset) -> HttpResponseBase:
    asked = query(PreviewQuery, request)
    size = "full" if asked["full"] else asked["size"]
    window = (asked["low"], asked["high"]) if asset.is_deep else WHOLE
    part = "" if window == WHOLE else f"-{window[0]}-{window[1]}"
    etag = f'"{asset.sha256}-{size}{part}-v{version_for(asset.format, asset.mode)}"'
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    if unchanged(request._request, etag):
        return HttpResponse(status=304, headers=headers)
    try:
        if asked["full"]:
            content, media_type = full(asset, window)
        else:
            made = preview(asset, asked["size"]) if window == WHOLE else windowed(asset, asked["size"], window)
            content, media_type = made
    except FileNotFoundError:
        raise Http404("The file of this picture is missing.") from None
    return HttpResponse(content, content_type=media_type, headers=headers)
