"""People whose answers are too alike, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView
from labeling.models import Action
from labeling.services.reports.stored import told
from learning.services.reports import ALIKE


class TurnOut(serializers.Serializer[Any]):
    one = serializers.CharField()
    other = serializers.CharField(help_text="Empty for a tie, or where nobody else answered.")
    n = serializers.IntegerField()


class WrongTogetherOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    said = serializers.CharField()
    truth = serializers.CharField()


class AlikeGroupOut(serializers.Serializer[Any]):
    people = serializers.ListField(child=serializers.CharField())
    agreed = serializers.IntegerField(help_text="Answers of two of them to one item that are the same, of `met`.")
    met = serializers.IntegerField()
    agreed_outside = serializers.IntegerField(help_text="The same of one of them and somebody else, of `met_outside`.")
    met_outside = serializers.IntegerField()
    tens = serializers.IntegerField(help_text="Odds that two of them are of one mind: ten to this power to one.")
    contradicts = TurnOut(many=True, help_text="Where they are sure of `one` and the others say `other`.")
    contradicted_items = serializers.ListField(child=serializers.IntegerField(), help_text="Gold tells most there.")
    lies = serializers.BooleanField(help_text="Gold has them wrong together, by odds of 1,000 and more.")
    wrong_together = WrongTogetherOut(many=True)
    moved = serializers.IntegerField(help_text="Items whose label by the majority is another one without them.")
    becomes = TurnOut(many=True)
    aimed = serializers.IntegerField(
        help_text="Items of known answer from which half of their gold questions is chosen; 0: all at random."
    )


class AlikeOut(serializers.Serializer[Any]):
    is_asked = serializers.BooleanField(help_text="Only where an answer is one label of an item.")
    groups = AlikeGroupOut(many=True)
    answers = serializers.IntegerField(help_text="The newest, over which this is.")
    items = serializers.IntegerField()
    gold = serializers.IntegerField(help_text="Of these items, those whose answer is known.")
    counting = serializers.BooleanField(
        help_text="Of a project of many answers a worker is comparing them for the first time: ask again in a moment."
    )
    counted_at = serializers.DateTimeField(allow_null=True, help_text="When a worker compared them; null: just now.")


#: While a worker counts for the first time.
_NOTHING_YET: dict[str, Any] = {"is_asked": True, "groups": [], "answers": 0, "items": 0, "gold": 0}


class AlikeView(ProjectView):
    actions = {"GET": Action.PEOPLE_READ}

    @extend_schema(operation_id="people_alike", responses=AlikeOut)
    def get(self, request: Request, slug: str) -> Response:
        """Groups of people whose answers are too alike to be several people's, and what the consensus is without
        them. It proposes; a person decides."""
        found = told(self.project, ALIKE)
        report = found.content.as_dict() if found.content else _NOTHING_YET
        return Response(AlikeOut({**report, **found.as_of}).data)
