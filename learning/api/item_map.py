"""The map of a project's items, over REST."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, person
from labeling.db.bitmaps import BLOCK
from labeling.models import Action, FacetIndex, Item, JobState, Progress, Project
from labeling.selectors.item_view import ChosenItems, ItemView
from labeling.selectors.item_view.groups import ItemGroup, item_groups
from labeling.selectors.item_view.places import places_by_block
from labeling.services.item_index import up_to_date
from learning.models import ItemMap
from learning.services.maps import ask


class MapIn(StrictSerializer):
    anew = serializers.BooleanField(
        default=False, help_text="Another layout; else new items are placed on the map there is."
    )


class MapOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(allow_null=True, help_text="Of the map that is shown; null while there is none.")
    items = serializers.IntegerField(help_text="Items with a place on it.")
    of_items = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=JobState.choices, allow_null=True, help_text="Of the job; null until one was asked for."
    )
    step = serializers.CharField(help_text="What the job is at: so many of so many, in its own measure.")
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    error = serializers.CharField()
    encoder = serializers.CharField(help_text="The version whose features the newest layout was made from.")
    drawn_at = serializers.DateTimeField(allow_null=True)


class PlaceOut(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="pk")
    x = serializers.IntegerField(help_text="From 0, left, to 65,535.")
    y = serializers.IntegerField(help_text="From 0, above, to 65,535.")


def _told(project: Project) -> dict[str, Any]:
    index = FacetIndex.objects.filter(project=project).first() or FacetIndex(project=project)
    drawn = ItemMap.objects.filter(project=project).first()
    counts = Progress.objects.filter(project=project).first() or Progress(project=project)
    job = drawn or ItemMap(project=project)
    return {
        "number": index.map_number,
        "items": index.mapped,
        "of_items": counts.next_ordinal,
        "state": job.state if drawn else None,
        **{name: getattr(job, name) for name in ("step", "done", "total", "error", "encoder", "drawn_at")},
    }


class GroupLabelOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    items = serializers.IntegerField()


class GroupActionOut(serializers.Serializer[Any]):
    do = serializers.ChoiceField(choices=["label", "settle", "label_one", "set_aside", "nothing"])
    words = serializers.CharField()
    query = serializers.CharField(source="view.address", help_text="Of `items/`: the items it is about.")


class GroupOut(serializers.Serializer[Any]):
    group = serializers.CharField(source="value", help_text="The parameter `group` of `items/`.")
    words = serializers.CharField(
        help_text="What tells a cluster from others, or the text of the first near-duplicate; empty where nothing does."
    )
    items = serializers.IntegerField(source="n", help_text="That are not set aside.")
    labeled = serializers.IntegerField()
    labels = serializers.SerializerMethodField(help_text="The most frequent.")
    action = GroupActionOut(help_text="What may be done.")

    @extend_schema_field(GroupLabelOut(many=True))
    def get_labels(self, group: ItemGroup) -> list[dict[str, Any]]:
        return [{"label": label, "items": n} for label, n in group.labels]


class GroupsOut(serializers.Serializer[Any]):
    is_known = serializers.BooleanField(help_text="False while nobody has looked for groups of the map that is shown.")
    clusters = GroupOut(many=True)
    near_duplicates = GroupOut(many=True, source="duplicates", help_text="The largest groups, at most 200.")
    n_near_duplicates = serializers.IntegerField(source="n_duplicates", help_text="Groups that were found.")
    n_repeats = serializers.IntegerField(help_text="Items that say nearly the same as an earlier one.")
    repeats = serializers.CharField(source="repeats.address", help_text="Of `items/`: these.")


class MapView(ProjectView):
    actions = {"GET": Action.ITEMS_READ, "POST": Action.MAP_CHANGE}

    @extend_schema(operation_id="map_read", responses=MapOut)
    def get(self, request: Request, slug: str) -> Response:
        """The map of the items, and how far the job is that draws it."""
        return Response(MapOut(_told(self.project)).data)

    @extend_schema(operation_id="map_draw", request=MapIn, responses={202: MapOut})
    def post(self, request: Request, slug: str) -> Response:
        """Draws the map, or places the new items on the one there is. Outlines (`map=` of `items/`) hold for one
        layout: drawn anew, it has another number."""
        ask.ask(person(request), self.project, anew=body(MapIn, request)["anew"])
        return Response(MapOut(_told(self.project)).data, status=status.HTTP_202_ACCEPTED)


class MapPlaces(ProjectView, ListAPIView[Item]):
    actions = {"GET": Action.ITEMS_READ}
    serializer_class = PlaceOut
    ordering = "ordinal"
    queryset = Item.objects.none()

    def get_queryset(self) -> QuerySet[Item]:
        if getattr(self, "swagger_fake_view", False):
            return Item.objects.none()
        mapped = FacetIndex.objects.filter(project=self.project).values_list("mapped", flat=True).first()
        return Item.objects.filter(project=self.project, ordinal__lt=mapped or 0).only("pk", "ordinal")

    def paginate_queryset(self, queryset: Any) -> Any:
        """Whoever is not on the map by now is left out."""
        page = super().paginate_queryset(queryset) or []
        number = FacetIndex.objects.filter(project=self.project).values_list("map_number", flat=True).first()
        blocks = {item.ordinal // BLOCK for item in page}
        places = places_by_block(self.project, number, blocks) if number is not None else {}
        found = []
        for item in page:
            of_block = places.get(item.ordinal // BLOCK, ())
            if item.ordinal % BLOCK < len(of_block):
                item.x, item.y = of_block[item.ordinal % BLOCK]
                found.append(item)
        return found

    @extend_schema(operation_id="map_places")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where the items are on the map that is shown, in the order of import."""
        return super().get(request, *args, **kwargs)


class MapGroups(ProjectView):
    actions = {"GET": Action.ITEMS_READ}

    @extend_schema(operation_id="map_groups", responses=GroupsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Clusters and near-duplicates of the map that is shown, what people said of each, and what may be done."""
        up_to_date(self.project)
        found = item_groups(ChosenItems(self.project, ItemView(), self.name_of))
        return Response(GroupsOut(found).data)
