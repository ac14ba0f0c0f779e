"""How people answer: everybody for the managers, oneself for whoever answers."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import FirstRenderer, ProjectView, person, query
from labeling.api.exceptions import Conflict
from labeling.api.scopes import ENTER
from labeling.models import Action, Role
from labeling.models.member import NOTHING_BECAUSE
from labeling.selectors.people import SORTS, chosen_people, own_work
from labeling.selectors.people.cards import as_dict
from labeling.selectors.people.listing import NO_MEMBER
from labeling.services.quality.people_file import people_csv
from labeling.services.reports.people import people_told

CSV = "text/csv; charset=utf-8"
ORDERS = [order for name in SORTS for order in (name, f"-{name}")]


class PeopleQuery(serializers.Serializer[Any]):
    sort = serializers.ChoiceField(
        choices=ORDERS, default="name", help_text="With a minus in front the largest first; without a number last."
    )
    q = serializers.CharField(max_length=200, required=False, default="", help_text="Part of the name.")
    role = serializers.ChoiceField(
        choices=[*Role.values, NO_MEMBER], required=False, default="", help_text="*none*: who is no member."
    )
    format = serializers.ChoiceField(choices=["json", "csv"], default="json")


class AgreementChangeOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField(help_text="The newest answers.")
    n_before = serializers.IntegerField()
    is_flagged = serializers.BooleanField(help_text="It fell by more than luck, and more than the others’ fell.")


class CountedShareOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True, help_text="95 % interval; null where it says nothing.")
    count = serializers.IntegerField()
    n = serializers.IntegerField(help_text="On how many it rests.")
    note = serializers.CharField(help_text="Why there is no interval.")


class ConfusedOut(serializers.Serializer[Any]):
    others = serializers.CharField(help_text='What the others say; "" where they do not give the label.')
    said = serializers.CharField(help_text='What this person said; "" where the label was left out.')
    n = serializers.IntegerField()


class PersonOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    imported = serializers.BooleanField(help_text="Known by imported judgments only.")
    role = serializers.CharField(allow_null=True, help_text="null: no member.")
    quarantined = serializers.BooleanField()
    answers = serializers.IntegerField(help_text="Current answers.")
    items = serializers.IntegerField(help_text="Different items or pairs among them.")
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True, help_text="Last answer or skip.")
    median_ms = serializers.IntegerField(allow_null=True)
    fast = CountedShareOut(allow_null=True, help_text="Answers faster than `fast_below_ms`.")
    skips = CountedShareOut(allow_null=True, help_text="Of the questions that were answered or skipped.")
    doubted = CountedShareOut(
        allow_null=True, help_text="Answers given as not sure; null where nobody has said that of any."
    )
    repeats = CountedShareOut(allow_null=True, help_text="The same answer again, of the questions asked again.")
    agreement = CountedShareOut(allow_null=True, help_text="With the consensus of the others, this person left out.")
    gold = CountedShareOut(allow_null=True, help_text="Right, of the questions whose answer is known.")
    lately_ms = serializers.IntegerField(allow_null=True, help_text="The median of the newest 50 answers.")
    change = AgreementChangeOut(allow_null=True, help_text="Of the agreement: the newest quarter, from 100 answers on.")
    per_week = serializers.ListField(child=serializers.IntegerField(), help_text="Beside `weeks`.")
    drift = CountedShareOut(many=True, help_text="The agreement in parts of equal length, oldest first.")
    confused = ConfusedOut(many=True, help_text="Most often first.")
    verdict = serializers.CharField(allow_null=True, help_text="Why this person should be looked at.")
    proposed_by_gold = serializers.BooleanField(
        help_text="The gold answers say so: `/members/{username}/gold/waive/` has the test begin anew."
    )


class PeopleOut(serializers.Serializer[Any]):
    results = PersonOut(many=True)
    weeks = serializers.ListField(child=serializers.DateField(), help_text="First days of seven each, the last today.")
    median_ms = serializers.IntegerField(allow_null=True, help_text="The median of people's medians.")
    fast_below_ms = serializers.IntegerField(
        allow_null=True, help_text="A quarter of that, 300 at least: what counts as too fast."
    )
    newest_only = serializers.IntegerField(
        allow_null=True, help_text="Times and agreement are over so many newest answers; null: over all."
    )
    read_at = serializers.DateTimeField(help_text="Of a project of many answers a worker reads them.")


class OwnWorkOut(serializers.Serializer[Any]):
    answers = serializers.IntegerField()
    today = serializers.IntegerField(help_text="Since midnight UTC.")
    last_at = serializers.DateTimeField(allow_null=True)
    median_ms = serializers.IntegerField(allow_null=True)
    skips = serializers.IntegerField()
    weeks = serializers.ListField(child=serializers.DateField())
    per_week = serializers.ListField(child=serializers.IntegerField())
    consistency = CountedShareOut(
        allow_null=True, help_text="The same answer again, of five or more questions asked again before today."
    )
    goal_day = serializers.IntegerField(allow_null=True)
    goal_total = serializers.IntegerField(allow_null=True)
    nothing_because = serializers.ChoiceField(
        choices=["", *NOTHING_BECAUSE], help_text="Why nothing is asked though there may be questions."
    )


class PeopleView(ProjectView):
    actions = {"GET": Action.PEOPLE_READ}
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="people",
        parameters=[PeopleQuery],
        responses={(200, "application/json"): PeopleOut, (200, CSV): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """How everybody answers who is a member or has answered, imported names too: how much, how fast, how far with
        the others, with themselves and with what is known. With `format=csv` as a file. Of a project of many answers as
        of when a worker read them last (`read_at`); 409 until it has for the first time."""
        given = query(PeopleQuery, request)
        people = people_told(self.project)
        if people is None:
            raise Conflict("A worker is reading what everybody answered: ask again in a moment.")
        cards = chosen_people(people.cards, sort=given["sort"], q=given["q"], role=given["role"])
        if given["format"] == "csv":
            response = HttpResponse(people_csv(cards), content_type=CSV)
            response["Content-Disposition"] = f'attachment; filename="{self.project.slug}-people.csv"'
            response["X-Content-Type-Options"] = "nosniff"
        else:
            response = Response(
                {
                    "results": [as_dict(card) for card in cards],
                    "weeks": people.weeks,
                    "median_ms": people.median_ms,
                    "fast_below_ms": people.fast_below_ms,
                    "newest_only": people.newest_only,
                    "read_at": people.read_at,
                }
            )
        response["Cache-Control"] = "private, no-store"
        return response


class OwnWorkView(ProjectView):
    actions = {"GET": Action.OWN_WORK_READ}
    scopes_to_read = ENTER

    @extend_schema(operation_id="people_me", responses=OwnWorkOut)
    def get(self, request: Request, slug: str) -> Response:
        """How much, how fast and how constant one answers oneself. It says nothing about single questions."""
        own = own_work(person(request), self.project)
        consistency = own.consistency.as_dict() if own.consistency else None
        return Response({**vars(own), "consistency": consistency})
