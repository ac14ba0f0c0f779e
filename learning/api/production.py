"""What becomes of the predictions for programs outside, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView
from labeling.models import Action
from learning.selectors.production import production_status


class BySort(serializers.Serializer[Any]):
    unsure = serializers.IntegerField()
    outlier = serializers.IntegerField()


class ProductionOut(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(help_text="Whether doubtful predictions become items.")
    a_day = BySort(help_text="How many of each sort may in a day.")
    today = BySort(help_text="How many did since the day began (UTC).")
    left = BySort()
    waiting = BySort(help_text="Doubtful predictions that are kept until they may.")
    items = serializers.IntegerField(help_text="Items of the project that came back so.")
    answered = serializers.IntegerField(help_text="Of these, with an answer by people.")
    renewed_at = serializers.DateTimeField(help_text="When the next day begins.")


class Production(ProjectView):
    actions = {"GET": Action.SERVED_READ}

    @extend_schema(operation_id="production_retrieve", responses=ProductionOut)
    def get(self, request: Request, slug: str) -> Response:
        """How many doubtful predictions came back to people, wait, and may still come today."""
        return Response(ProductionOut(production_status(self.project)).data)
