"""Scores of a pairwise project over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, query
from labeling.models import Action, Context, Item, Project
from learning.families.pairwise import results
from learning.families.pairwise.people import overview_told
from learning.families.pairwise.shapes import ContextResults, Overview, Rate
from learning.selectors.estimates import with_note

MAX_SCORES = 10_000


class ScoresQuery(serializers.Serializer[Any]):
    context = serializers.CharField(required=False, help_text="External id or number of a context; the first one.")  # type: ignore[assignment]  # the name of the contract
    limit = serializers.IntegerField(min_value=1, max_value=MAX_SCORES, default=MAX_SCORES, help_text="Best scores.")


class RateOut(serializers.Serializer[Any]):
    """A share. Where its interval says nothing, ``low`` and ``high`` are null and ``note`` says why."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    note = serializers.CharField(help_text="Empty, or why there is no interval: too few to say, undefined.")


class PersonRateOut(RateOut):
    annotator = serializers.CharField()
    flagged = serializers.BooleanField()


class LeftRateOut(serializers.Serializer[Any]):
    project = RateOut(allow_null=True)
    flagged = serializers.BooleanField()
    annotators = PersonRateOut(many=True)


class ContextOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    split = serializers.CharField()


class ListedContextOut(ContextOut):
    items = serializers.IntegerField()
    judgments = serializers.IntegerField()
    connected = serializers.BooleanField()


class ScoreOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    score = serializers.FloatField(help_text="Log-odds; 0 is the mean of the context.")
    se = serializers.FloatField(allow_null=True, help_text="Standard error of the score.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True, help_text="1 is best; null where parts were never compared.")
    judgments = serializers.IntegerField(help_text="Judgments it was learned from.")
    held_out = serializers.BooleanField(help_text="Of the eval split: scored by its features, not ranked.")


class PairAdviceOut(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    gain = serializers.FloatField(help_text="Nats the answer is expected to tell.")
    connects = serializers.BooleanField(help_text="It would join parts that were never compared.")


class DisputedOut(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    counts = serializers.DictField(child=serializers.IntegerField())


class ScoresOut(serializers.Serializer[Any]):
    version = serializers.IntegerField(allow_null=True, help_text="Number of the model version in use.")
    context = ContextOut(allow_null=True)  # type: ignore[assignment]
    connected = serializers.BooleanField()
    sentence = serializers.CharField(help_text="Why there are no ranks, and which items to connect.")
    judgments = serializers.IntegerField()
    scores = ScoreOut(many=True)
    to_settle = PairAdviceOut(many=True)
    cycles = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    n_cycles = serializers.IntegerField()
    disputed = DisputedOut(many=True)
    left_rate = LeftRateOut()
    flip_rate = RateOut(allow_null=True, help_text="Other item preferred when asked again with the sides swapped.")
    agreement = RateOut(allow_null=True, help_text="Two people's answers to one pair are equal.")
    contexts = ListedContextOut(many=True)


class Scores(ProjectView):
    actions = {"GET": Action.RANKING_READ}

    @extend_schema(operation_id="scores", parameters=[ScoresQuery], responses=ScoresOut)
    def get(self, request: Request, slug: str) -> Response:
        """Scores, ranks and standard errors of one context, what contradicts them, and whether to trust them."""
        given = query(ScoresQuery, request)
        context = _context(self.project, given.get("context"))
        overview = overview_told(results.overview_of(self.project), self.name_of)
        found = results.results_of(self.project, context, given["limit"]) if context else ContextResults(None)
        return Response({**_of_context(found), **_of_project(overview)})


def _context(project: Project, name: str | None) -> Context | None:
    """Raises ValidationError for a name that none of the project's contexts has."""
    contexts = Context.objects.filter(project=project).order_by("ordinal")
    if name is None:
        return contexts.first()
    found = contexts.filter(external_id=name).first()
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = contexts.filter(pk=int(name)).first()
    if found is None:
        raise serializers.ValidationError({"context": ["The project has no such context."]})
    return found


def _of_context(found: ContextResults) -> dict[str, Any]:
    return {
        "version": found.version,
        "context": _named(found.context) if found.context else None,
        "connected": found.connected,
        "sentence": found.sentence,
        "judgments": found.judgments,
        "scores": [
            {
                "item": score.item.pk,
                "external_id": score.item.external_id,
                "score": score.score,
                "se": score.se,
                "low": score.low,
                "high": score.high,
                "rank": score.rank,
                "judgments": score.judgments,
                "held_out": score.is_eval,
            }
            for score in found.scores
        ],
        "to_settle": [
            {"items": _pks(pair.first, pair.second), "gain": pair.gain, "connects": pair.connects}
            for pair in found.to_settle
        ],
        "cycles": [_pks(*cycle) for cycle in found.cycles],
        "n_cycles": found.n_cycles,
        "disputed": [{"items": _pks(pair.first, pair.second), "counts": pair.counts} for pair in found.disputed],
    }


def _of_project(overview: Overview) -> dict[str, Any]:
    people = [
        {"annotator": one.annotator, "flagged": one.flagged, **with_note(vars(one.rate))} for one in overview.left_rates
    ]
    return {
        "left_rate": {"project": _rate(overview.left_rate), "flagged": overview.left_flagged, "annotators": people},
        "flip_rate": _rate(overview.flip_rate),
        "agreement": _rate(overview.agreement),
        "contexts": [
            {**_named(row.context), "items": row.items, "judgments": row.judgments, "connected": row.connected}
            for row in overview.contexts
        ],
    }


def _named(context: Context) -> dict[str, Any]:
    return {
        "id": context.pk, "external_id": context.external_id, "text": context.text, "split": context.split,
    }  # fmt: skip


def _pks(*items: Item) -> list[int]:
    return [item.pk for item in items]


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    return None if rate is None else with_note(vars(rate))
