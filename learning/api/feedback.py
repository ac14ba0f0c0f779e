"""What the world outside says of predictions, over REST (decision 0118)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.base import ProjectView, person
from labeling.api.parsers import LimitedJSONParser
from labeling.models import Action, ApiToken
from labeling.services.validation.errors import Invalid
from learning.services.feedback.record import Recorded, give


class PredictionFeedbackRow(serializers.Serializer[Any]):
    """The prediction, and one thing of it: its label in the words of the project's kind, `right`, or `clicked`."""

    prediction = serializers.CharField(help_text="The id of the prediction.")
    label = serializers.CharField(required=False, help_text="What it is.")  # type: ignore[assignment]
    labels = serializers.ListField(child=serializers.CharField(), required=False)
    rating = serializers.JSONField(required=False)
    right = serializers.BooleanField(required=False, help_text="Whether what was answered is right.")
    clicked = serializers.BooleanField(required=False, help_text="Whether somebody took it up.")


class PredictionFeedbackIn(PredictionFeedbackRow):
    """One, or up to 1,000 under `rows`."""

    prediction = serializers.CharField(required=False, help_text="The id of the prediction.")
    rows = serializers.ListField(child=PredictionFeedbackRow(), required=False, max_length=1000)


class PredictionFeedbackRefused(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 1, in the order they were sent.")
    field = serializers.CharField()
    reason = serializers.CharField()


class PredictionFeedbackOut(serializers.Serializer[Any]):
    stored = serializers.IntegerField(help_text="New, or another than this caller had said.")
    unchanged = serializers.IntegerField(help_text="Said before by this caller.")
    refused = PredictionFeedbackRefused(many=True)


class PredictionFeedbackView(ProjectView):
    actions = {"POST": Action.FEEDBACK_GIVE}
    scopes_to_write = scopes.PREDICT
    parser_classes = [LimitedJSONParser]

    @extend_schema(operation_id="feedback", request=PredictionFeedbackIn, responses=PredictionFeedbackOut)
    def post(self, request: Request, slug: str) -> Response:
        """Says of predictions what they are, or whether they were right. Bad rows are refused by their number and the
        others kept; said again it changes nothing, said otherwise the newest counts."""
        data = request.data
        if not isinstance(data, dict):
            raise Invalid("rows", 'Expected {"prediction": …, "label": …}, or {"rows": [{…}, …]}.')
        is_one = "rows" not in data
        if not is_one and (set(data) != {"rows"} or not isinstance(data["rows"], list)):
            raise Invalid("rows", "Expected a list, and nothing beside it.")
        token = request.auth.pk if isinstance(request.auth, ApiToken) else None
        found = give(self.project, person(request), token, [data] if is_one else data["rows"])
        if is_one and found.refused:
            raise Invalid(*found.refused[0][1:])
        return Response(PredictionFeedbackOut(_told(found)).data)


def _told(found: Recorded) -> dict[str, Any]:
    refused = [{"row": number, "field": field, "reason": reason} for number, field, reason in found.refused]
    return {"stored": found.stored, "unchanged": found.unchanged, "refused": refused}
