"""Answers that are hardly believed, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, person
from labeling.models import Action
from labeling.services.items.doubted import MAX_ITEMS
from learning.selectors.suspected_errors import SuspectedAnswer, suspicions
from learning.services.quality.suspected_errors import ask_again, keep

#: The largest number the database holds.
MAX_ID = 2**63 - 1


class NeighbourOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    said = serializers.ListField(child=serializers.CharField())


class SuspectedAnswerOut(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="item.pk")
    external_id = serializers.CharField(source="item.external_id", allow_null=True)
    said = serializers.ListField(child=serializers.CharField(), help_text="The labels of the answer.")
    doubted = serializers.CharField(
        help_text="Of one label an item: what is believed instead. Of several: the label that is doubted."
    )
    wrongly_given = serializers.BooleanField(help_text="Whether the doubted label is one of the answer's.")
    belief = serializers.FloatField(help_text="How far the answer is believed: an order, no probability.")
    neighbours = serializers.SerializerMethodField(help_text="The most similar answered items, nearest first.")

    @extend_schema(responses=NeighbourOut(many=True))
    def get_neighbours(self, row: SuspectedAnswer) -> list[dict[str, Any]]:
        return [{"item": item, "said": said} for item, said in row.neighbours]


class SuspicionsOut(serializers.Serializer[Any]):
    results = SuspectedAnswerOut(many=True, source="found")
    first = serializers.IntegerField(help_text="So many of them, from the top, are worth a look.")
    expected = serializers.FloatField(help_text="The share of wrong answers to expect among those.")
    waiting = serializers.IntegerField(help_text="Put to somebody else who has not answered yet.")
    decided = serializers.IntegerField(help_text="Doubts settled by a further answer or by a reviewer.")
    wrong = serializers.IntegerField(help_text="Of those, how often the further answer was another one.")


class ItemsIn(StrictSerializer):
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=MAX_ITEMS
    )


class ItemsOut(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.IntegerField(), help_text="Those this was done to.")


class SuspectedErrors(ProjectView):
    actions = {"GET": Action.ITEMS_READ}

    @extend_schema(operation_id="suspected_errors_list", responses=SuspicionsOut)
    def get(self, request: Request, slug: str) -> Response:
        """Answers of the pool that models which have not learned them believe least, at most 200, worst first. Written
        anew by every run; eval items are never among them."""
        return Response(SuspicionsOut(suspicions(self.project)).data)


class SuspectedErrorsAskAgain(ProjectView):
    actions = {"POST": Action.ITEMS_ASK_AGAIN}

    @extend_schema(operation_id="suspected_errors_ask_again", request=ItemsIn, responses=ItemsOut)
    def post(self, request: Request, slug: str) -> Response:
        """Puts these to one person more, before anything else the next ranking asks (reason ``relabel``). Left out is
        what is not suspected any more, is being asked already, or has been answered by everybody."""
        wanted = body(ItemsIn, request)["items"]
        return Response({"items": ask_again(person(request), self.project, wanted)})


class SuspectedErrorsKeep(ProjectView):
    actions = {"POST": Action.ITEMS_ASK_AGAIN}

    @extend_schema(operation_id="suspected_errors_keep", request=ItemsIn, responses=ItemsOut)
    def post(self, request: Request, slug: str) -> Response:
        """Says that these answers are right: they are not named again."""
        return Response({"items": keep(person(request), self.project, body(ItemsIn, request)["items"])})
