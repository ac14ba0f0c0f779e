"""What tests say of a person, waived or begun anew by a manager: the practice round, and the test by gold."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, Member
from labeling.selectors.practice import practice_of
from labeling.services.quality.gold_waiver import waive_gold
from labeling.services.quality.practice import reset_practice, waive_practice
from labeling.services.quality.quarantine import MAX_REASON


class WhyIn(StrictSerializer):
    reason = serializers.CharField(max_length=MAX_REASON, help_text="Stands on the trail.")


class PersonPracticeOut(serializers.Serializer[Any]):
    due = serializers.BooleanField(help_text="No real question before a round is passed.")
    state = serializers.CharField(help_text='running, passed, failed or waived; "" where none counts.')
    tries_left = serializers.IntegerField()


class GoldWaivedOut(serializers.Serializer[Any]):
    gold_waived_at = serializers.DateTimeField(help_text="Gold answers up to then propose nothing.")


class OfMember(ProjectView):
    """Under ``/members/{username}/``."""

    def member(self, username: str) -> Member:
        members = Member.objects.filter(project=self.project, user__username=username)
        known: Member = found(
            None if "\0" in username else members.select_related("user", "project").first(), "member"
        )  # PostgreSQL has no NUL
        return known


class PracticeWaiver(OfMember):
    actions = {"POST": Action.PRACTICE_CHANGE}

    @extend_schema(operation_id="members_practice_waive", request=WhyIn, responses=PersonPracticeOut)
    def post(self, request: Request, slug: str, username: str) -> Response:
        """The person is asked real questions without practice."""
        member, why = self.member(username), body(WhyIn, request)["reason"]
        waive_practice(person(request), member, why)
        return _practice(member)


class PracticeReset(OfMember):
    actions = {"POST": Action.PRACTICE_CHANGE}

    @extend_schema(operation_id="members_practice_reset", request=WhyIn, responses=PersonPracticeOut)
    def post(self, request: Request, slug: str, username: str) -> Response:
        """The person practises anew, with all tries, whatever was passed or answered before."""
        member, why = self.member(username), body(WhyIn, request)["reason"]
        reset_practice(person(request), member, why)
        return _practice(member)


class GoldWaiver(OfMember):
    actions = {"POST": Action.QUARANTINES_CHANGE}

    @extend_schema(operation_id="members_gold_waive", request=WhyIn, responses=GoldWaivedOut)
    def post(self, request: Request, slug: str, username: str) -> Response:
        """The gold answers so far propose the person for nothing any more: the test begins anew with the next one.

        The card goes on counting them. A quarantine is lifted under `/quarantines/{id}/lift/`.
        """
        member = self.member(username)
        waived = waive_gold(person(request), member, body(WhyIn, request)["reason"])
        return Response(GoldWaivedOut(waived).data)


def _practice(member: Member) -> Response:
    standing = practice_of(member)
    told = {"due": standing.is_due, "state": standing.state, "tries_left": standing.tries_left}
    return Response(PersonPracticeOut(told).data)
