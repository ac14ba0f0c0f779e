"""Similar items, over REST."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import ProjectView, StrictSerializer, body, found, person
from labeling.api.parsers import LimitedJSONParser
from labeling.models import Action, Item, JobState
from learning.models import SimilarSearch
from learning.services.similar import ask


class SimilarIn(StrictSerializer):
    """One of the three."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    text = serializers.CharField(max_length=ask.LONGEST_TEXT, required=False, help_text="Where items are texts.")
    picture = serializers.FileField(required=False, help_text="Where items are pictures; as multipart form data.")


class NearItemOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    distance = serializers.FloatField(help_text="One minus the cosine of their features, from 0 to 2.")


class SimilarOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=JobState.choices)
    error = serializers.CharField()
    items = serializers.IntegerField(help_text="Among how many it was looked.")
    encoder = serializers.CharField()
    results = serializers.SerializerMethodField(help_text="Up to 100, nearest first; empty until it is done.")

    @extend_schema(responses=NearItemOut(many=True))
    def get_results(self, row: SimilarSearch) -> list[dict[str, Any]]:
        near = dict(row.result or ()) if row.state == JobState.DONE else {}
        rows = Item.objects.filter(project=row.project_id, ordinal__in=near).values_list("ordinal", "pk")
        pks = dict(rows)
        return [{"item": pks[ordinal], "distance": far} for ordinal, far in near.items() if ordinal in pks]


class Similar(ProjectView):
    actions = {"POST": Action.ITEMS_READ}
    parser_classes = [LimitedJSONParser, MultiPartParser]
    scopes_to_write = scopes.READ

    @extend_schema(operation_id="similar_find", request=SimilarIn, responses={202: SimilarOut})
    def post(self, request: Request, slug: str) -> Response:
        """Looks for the items most like an item, a text or a picture: a worker compares all of them, `GET` tells when
        it is done. The same asked again is told at once while features and items are the same."""
        given = body(SimilarIn, request)
        if len(given) != 1:
            raise ValidationError({"item": ["One of item, text and picture."]})
        user = person(request)
        if "item" in given:
            item = Item.objects.filter(project=self.project, pk=given["item"]).first()
            asked = ask.ask_about_item(user, self.project, found(item, "item"))
        elif "text" in given:
            asked = ask.ask_about_text(user, self.project, given["text"])
        else:
            content = given["picture"].read(ask.LARGEST_PICTURE_BYTES + 1)
            asked = ask.ask_about_picture(user, self.project, content)
        return Response(SimilarOut(asked).data, status=status.HTTP_202_ACCEPTED)


class SimilarFound(ProjectView):
    actions = {"GET": Action.ITEMS_READ}

    @extend_schema(operation_id="similar_read", responses=SimilarOut)
    def get(self, request: Request, slug: str, public_id: UUID) -> Response:
        """What was found so far."""
        row = SimilarSearch.objects.filter(project=self.project, public_id=public_id).first()
        return Response(SimilarOut(found(row, "search")).data)
