"""Model versions beside one another, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, query
from labeling.models import Action, Item, Project
from learning.api.serializers import EstimateOut, PredictionCostOut
from learning.families.labels.comparison import Incomparable, SharedItems, f1_by_label, shared_items
from learning.models import ModelVersion, Status
from learning.selectors.chosen_versions import chosen_numbers, chosen_versions, right_ones
from learning.selectors.comparability import comparability
from learning.selectors.prediction_cost import told
from learning.selectors.version_settings import setting_rows

ITEMS_PER_PAGE = 100
MOST_CHARACTERS = 100


class CompareQuery(serializers.Serializer[Any]):
    models = serializers.CharField(
        max_length=MOST_CHARACTERS,
        help_text="Numbers of two to four model versions of the project, as 3,5; others are held against the first.",
    )
    right = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MOST_CHARACTERS,
        default="",
        help_text="Items on which just these are right, as 5 or 3,5; none for nobody.",
    )
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=10**9)


class ComparedModelOut(serializers.ModelSerializer[ModelVersion]):
    status = serializers.ChoiceField(choices=Status.choices)
    metrics = serializers.DictField(child=EstimateOut(), help_text="On the version's own eval items.")

    prediction_cost = serializers.SerializerMethodField(help_text="null where it was not measured.")

    class Meta:
        model = ModelVersion
        fields = (
            "id", "number", "status", "verified", "trained_on", "n_eval", "eval_sha256", "metrics", "prediction_cost",
        )  # fmt: skip

    @extend_schema_field(PredictionCostOut(allow_null=True))
    def get_prediction_cost(self, version: ModelVersion) -> dict[str, Any] | None:
        cost = told(version)
        return PredictionCostOut(cost).data if cost else None


class ComparedSettingOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField(), help_text="One a model; empty where unknown.")
    differs = serializers.BooleanField()


class BesideFirstOut(serializers.Serializer[Any]):
    model = serializers.IntegerField(help_text="Its number.")
    ahead = serializers.IntegerField(help_text="Items that it has better than the first: right, or on a scale closer.")
    behind = serializers.IntegerField()
    difference = EstimateOut(help_text="The share of the former less that of the latter, paired by item.")


class ComparedLabelOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # what a label is called, not what the field is
    support = serializers.IntegerField(help_text="Shared items that have it.")
    recall = EstimateOut(many=True, help_text="One a model.")
    precision = EstimateOut(many=True, help_text="One a model.")
    recall_differences = EstimateOut(many=True, help_text="Of all but the first to the first, paired by item.")


class RightOut(serializers.Serializer[Any]):
    right = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of the models that are right.")
    items = serializers.IntegerField()


class ComparedItemOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    truth = serializers.CharField()
    answers = serializers.ListField(child=serializers.CharField(), help_text="One a model.")
    confidence = serializers.ListField(child=serializers.FloatField(), help_text="One a model.")


class SharedOut(serializers.Serializer[Any]):
    n = serializers.IntegerField(help_text="Eval items that all of them were measured on, with the same true label.")
    changed = serializers.IntegerField(help_text="Eval items left out: their true label is another one than before.")
    accuracy = EstimateOut(many=True, help_text="Of each model on these items.")
    against_first = BesideFirstOut(many=True)
    labels = ComparedLabelOut(many=True, help_text="At most 100, those first that differ most beyond chance.")
    disagreements = RightOut(many=True, help_text="Items on which not all say the same, by who is right.")
    items = ComparedItemOut(many=True, help_text="Those items, or those of `right`, the surest mistakes first.")
    next_page = serializers.IntegerField(allow_null=True)


class ReportedLabelOut(serializers.Serializer[Any]):
    label = serializers.CharField(source="name")  # type: ignore[assignment]
    f1 = serializers.ListField(child=EstimateOut(allow_null=True), help_text="One a model, on its own eval items.")


class ComparisonOut(serializers.Serializer[Any]):
    models = ComparedModelOut(many=True)
    grounds = serializers.ListField(
        child=serializers.CharField(), help_text="What has to be known before figures are set beside one another."
    )
    settings = ComparedSettingOut(many=True)
    shared = SharedOut(allow_null=True, help_text="null where they cannot be compared item by item.")
    why_not = serializers.CharField(help_text="Empty, or why they cannot be compared item by item.")
    reported_labels = ReportedLabelOut(many=True, help_text="Where they cannot: what each says of each label.")


class Compare(ProjectView):
    actions = {"GET": Action.MODELS_READ}

    @extend_schema(operation_id="models_compare", parameters=[CompareQuery], responses=ComparisonOut)
    def get(self, request: Request, slug: str) -> Response:
        """Two to four model versions beside one another: settings, differences paired by eval item with their
        intervals, by label, and the items on which they differ."""
        asked = query(CompareQuery, request)
        numbers = chosen_numbers([asked["models"]])
        places = right_ones(asked["right"], numbers)
        versions = chosen_versions(self.project, numbers)
        try:
            shared, why_not = shared_items(self.project, versions), ""
        except Incomparable as found:
            shared, why_not = None, str(found)
        told = {
            "models": versions,
            "grounds": comparability(versions, shared.n_changed if shared else 0),
            "settings": setting_rows(self.project, versions),
            "shared": _shared(self.project, numbers, shared, places, asked["page"]) if shared else None,
            "why_not": why_not,
            "reported_labels": [] if shared else f1_by_label(self.project, versions),
        }
        return Response(ComparisonOut(told).data)


def _shared(
    project: Project, numbers: list[int], shared: SharedItems, places: list[int] | None, page: int
) -> dict[str, Any]:
    differ = shared.disagreements()
    rows = differ.where(places)
    shown = rows[(page - 1) * ITEMS_PER_PAGE : page * ITEMS_PER_PAGE].tolist()
    ordinals = shared.ordinals[shown].tolist()
    items = {
        ordinal: (pk, external_id)
        for ordinal, pk, external_id in Item.objects.filter(project=project, ordinal__in=ordinals).values_list(
            "ordinal", "pk", "external_id"
        )
    }
    against = zip(numbers[1:], shared.beside(), strict=True)
    return {
        "n": len(shared),
        "changed": shared.n_changed,
        "accuracy": [each.as_dict() for each in shared.accuracy()],
        "against_first": [
            {"model": number, "ahead": one.ahead, "behind": one.behind, "difference": one.difference.as_dict()}
            for number, one in against
        ],
        "labels": [
            {
                "label": shared.labels[row.label],
                "support": row.support,
                "recall": [each.as_dict() for each in row.recall],
                "precision": [each.as_dict() for each in row.precision],
                "recall_differences": [each.as_dict() for each in row.differences],
            }
            for row in shared.by_label()
        ],
        "disagreements": [
            {"right": [numbers[place] for place in right], "items": count} for right, count in differ.counts()
        ],
        "items": [
            {
                "item": items[ordinal][0],
                "external_id": items[ordinal][1],
                "truth": shared.labels[shared.truth[row]],
                "answers": [shared.said(place, row) for place in range(len(numbers))],
                "confidence": shared.confidence[:, row].tolist(),
            }
            for row, ordinal in zip(shown, ordinals, strict=True)
            if ordinal in items
        ],
        "next_page": page + 1 if page * ITEMS_PER_PAGE < len(rows) else None,
    }
