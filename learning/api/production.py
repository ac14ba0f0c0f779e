"""What becomes of the predictions for programs outside, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView
from labeling.models import Action
from learning.selectors.production import production_status
from learning.selectors.production_mode import mode_status


class BySort(serializers.Serializer[Any]):
    unsure = serializers.IntegerField()
    outlier = serializers.IntegerField()


class EvidenceOut(serializers.Serializer[Any]):
    n = serializers.IntegerField(help_text="Labels by feedback beside people's answers to the same content.")
    agreed = serializers.IntegerField()
    chance = serializers.FloatField(help_text="Share that would agree by chance.")
    kappa = serializers.FloatField(allow_null=True, help_text="Agreement beyond chance; null below five.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(help_text="The lower end, in steps of .05.")


class FeedbackFactsOut(serializers.Serializer[Any]):
    given = serializers.IntegerField(help_text="Predictions and callers with feedback.")
    weight = serializers.FloatField(help_text="What a label by feedback weighs in training; 0 without evidence.")
    evidence = serializers.DictField(
        child=EvidenceOut(), help_text="By form: `label`, `right`, `clicked`, and `training`: the first two together."
    )


class BandRateOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    n = serializers.IntegerField(help_text="Eval items of the model in use in this band.")
    right = serializers.IntegerField(help_text="Of these answered as people did.")
    expected = serializers.FloatField(allow_null=True, help_text="How sure the model is of them, on average.")
    value = serializers.FloatField(allow_null=True, help_text="How often answers of the band are right.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class BandsOut(serializers.Serializer[Any]):
    is_sized = serializers.BooleanField(help_text="False while fewer than 100 predictions are on record: fixed bands.")
    predictions = serializers.IntegerField(help_text="Of the last seven days, outliers left out.")
    a_day = serializers.FloatField()
    thresholds = serializers.ListField(
        child=serializers.FloatField(), source="from", help_text="From so sure on: `medium`, `high`."
    )
    shares = serializers.DictField(child=serializers.FloatField(), help_text="Of these predictions, by band.")
    rates = BandRateOut(many=True)


class LackingOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Of `costs`.")
    words = serializers.CharField()


class MeanCostOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="Eval items.")


class ChampionStandingOut(serializers.Serializer[Any]):
    model = serializers.IntegerField()
    is_met = serializers.BooleanField(help_text="Whether it costs no more than is acceptable: programs are answered.")
    is_pending = serializers.BooleanField(help_text="A worker measures it just now: programs are told to try again.")
    cost = MeanCostOut(allow_null=True, help_text="Of a case on eval items; null where nothing measures it.")
    words = serializers.CharField()


class CostAtWorkOut(serializers.Serializer[Any]):
    model = serializers.IntegerField(help_text="That answers.")
    contents = serializers.IntegerField(help_text="It was asked about, each counted once; the newest 50,000 rows.")
    away = serializers.IntegerField(help_text="Of them left to people: unsure, or unlike anything learned.")
    known = serializers.IntegerField(help_text="Answers of which people or feedback say what was right.")
    by_people = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="Mean cost of a prediction.")
    low = serializers.FloatField(allow_null=True, help_text="With `high`: an interval that may be watched.")
    high = serializers.FloatField(allow_null=True)


class ModeOut(serializers.Serializer[Any]):
    """Production mode: what is still to be stated before it can be on, and how the promise is kept."""

    is_on = serializers.BooleanField()
    lacking = LackingOut(many=True)
    unit = serializers.CharField(allow_blank=True)
    most_acceptable = serializers.FloatField(allow_null=True)
    champion = ChampionStandingOut(allow_null=True)
    at_work = CostAtWorkOut(allow_null=True)


class ProductionOut(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(help_text="Whether doubtful predictions become items.")
    a_day = BySort(help_text="How many of each sort may in a day.")
    today = BySort(help_text="How many did since the day began (UTC).")
    left = BySort()
    waiting = BySort(help_text="Doubtful predictions that are kept until they may.")
    items = serializers.IntegerField(help_text="Items of the project that came back so.")
    answered = serializers.IntegerField(help_text="Of these, with an answer by people.")
    reviews_a_day = serializers.IntegerField()
    bands = BandsOut(allow_null=True, help_text="Sized by `reviews_a_day`; null where nothing sizes them.")
    feedback = FeedbackFactsOut()
    renewed_at = serializers.DateTimeField(help_text="When the next day begins.")
    mode = ModeOut()


class Production(ProjectView):
    actions = {"GET": Action.SERVED_READ}

    @extend_schema(operation_id="production_retrieve", responses=ProductionOut)
    def get(self, request: Request, slug: str) -> Response:
        """How many doubtful predictions came back to people, wait, and may still come; and what feedback weighs."""
        return Response(ProductionOut({**production_status(self.project), "mode": mode_status(self.project)}).data)
