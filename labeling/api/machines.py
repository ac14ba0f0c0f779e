"""Machines of a project: who they are, and their tokens."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, found, person
from labeling.api.people import ConfusedOut, CountedShareOut
from labeling.models import Action, Machine
from labeling.selectors.machines import MachineFacts, facts_of
from labeling.services.machines import manage as service
from labeling.services.reports.base import Told
from labeling.services.reports.machines import machine_told, machines_told


class MachineIn(StrictSerializer):
    name = serializers.CharField(max_length=service.MAX_NAME)
    version = serializers.CharField(max_length=service.MAX_NAME)
    description = serializers.CharField(
        max_length=service.MAX_DESCRIPTION, required=False, allow_blank=True, default=""
    )
    owner = serializers.CharField(
        max_length=150, required=False, allow_blank=True, help_text="User name of a member; without it whoever asks."
    )


class MachineChange(StrictSerializer):
    version = serializers.CharField(
        max_length=service.MAX_NAME, required=False, help_text="Under which it predicts from now on."
    )
    description = serializers.CharField(max_length=service.MAX_DESCRIPTION, required=False, allow_blank=True)
    owner = serializers.CharField(max_length=150, required=False, allow_blank=True)


class MeasuredOut(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True, help_text="95 % interval; null where it says nothing.")
    n = serializers.IntegerField()
    note = serializers.CharField(help_text="Why there is no interval.")


class WithPersonOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    agreement = CountedShareOut(help_text="The machine said what this person said.")
    lead = MeasuredOut(
        allow_null=True,
        help_text="Nearer to the others than this person less farther, of the items that others answered.",
    )
    no_worse = serializers.BooleanField(
        allow_null=True, help_text="Than this person, by the test; null: too few items."
    )


class AnchoringOut(serializers.Serializer[Any]):
    shown = CountedShareOut(allow_null=True, help_text="People gave what it suggested, where they were shown it.")
    withheld = CountedShareOut(allow_null=True, help_text="The same where it was withheld, at random.")
    difference = MeasuredOut(allow_null=True, help_text="The first less the second; n is the smaller of the two.")


class MachineCardOut(serializers.Serializer[Any]):
    predictions = serializers.IntegerField()
    agreement = CountedShareOut(allow_null=True, help_text="With people's consensus.")
    gold = CountedShareOut(allow_null=True, help_text="Right, where the truth is known.")
    people = WithPersonOut(many=True, help_text="Most items first.")
    no_worse_than_a_person = serializers.BooleanField(
        allow_null=True, help_text="The alternative-annotator test; null: too few people or items to say."
    )
    winning_rate = serializers.FloatField(allow_null=True, help_text="Share of the people it is no worse than.")
    verdict = serializers.CharField(help_text="The same in a sentence.")
    calibration = MeasuredOut(allow_null=True, help_text="How far its probabilities are from how often they are right.")
    drift = CountedShareOut(many=True, help_text="The agreement in parts of equal length, by when people answered.")
    confused = ConfusedOut(many=True, help_text="What people said and the machine said instead, most often first.")
    cost = serializers.FloatField(allow_null=True, help_text="Of all predictions that said what they cost.")
    cost_per_right = serializers.FloatField(allow_null=True, help_text="Mean cost over the share that is right.")
    anchoring = AnchoringOut(allow_null=True, help_text="Of a version that suggested answers to people.")


class MachineVersionOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    predictions = serializers.IntegerField(allow_null=True, help_text="null: still being counted.")
    last_at = serializers.DateTimeField(allow_null=True, help_text="Of the newest prediction.")
    card = MachineCardOut(
        allow_null=True, help_text="In a list of the newest version only, of one machine of its newest ten."
    )


class MachineOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="machine.pk")
    name = serializers.CharField(source="machine.name")
    description = serializers.CharField(source="machine.description")
    owner = serializers.CharField(source="machine.owner.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField(source="machine.created_at")
    ended_at = serializers.DateTimeField(source="machine.ended_at", allow_null=True)
    versions = MachineVersionOut(many=True, help_text="Oldest first; the last one is what it predicts under.")
    counted_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When a worker counted what is said of the versions; null: just now."
    )


class MachinesOut(serializers.Serializer[Any]):
    results = MachineOut(many=True)


class MachineMade(MachineOut):
    token = serializers.CharField(help_text="Its key: shown here and nowhere again.")


class MachineToken(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Its key: shown here and nowhere again.")


def _out(facts: MachineFacts, told: Told) -> dict[str, Any]:
    return {**MachineOut(facts).data, "counted_at": told.read_at}


class Machines(ProjectView):
    actions = {"GET": Action.MACHINES_READ, "POST": Action.MACHINES_CHANGE}

    @extend_schema(operation_id="machines_list", responses=MachinesOut)
    def get(self, request: Request, slug: str) -> Response:
        """The machines of the project, at work and ended, by name."""
        machines, told = machines_told(self.project)
        return Response({"results": [_out(facts, told) for facts in machines]})

    @extend_schema(operation_id="machines_add", request=MachineIn, responses={201: MachineMade})
    def post(self, request: Request, slug: str) -> Response:
        """A program or an outside model becomes a machine of the project. It answers no questions and holds no slot: it
        reads `predictions/items/` and posts to `predictions/import/` with its own token."""
        machine, key = service.add_machine(person(request), self.project, **body(MachineIn, request))
        return Response(
            {**MachineOut(facts_of(machine, {}, all_known=True)).data, "token": key}, status=status.HTTP_201_CREATED
        )


class OneMachine(ProjectView):
    """One under ``/projects/{slug}/machines/{id}/``."""

    def told(self) -> dict[str, Any]:
        return _out(*machine_told(self.machine))

    @property
    def machine(self) -> Machine:
        pk = self.kwargs["pk"]
        rows = Machine.objects.filter(project=self.project).select_related("owner", "project")
        one: Machine = found(rows.filter(pk=pk).first() if pk < 2**63 else None, "machine")
        return one


class MachineDetail(OneMachine):
    actions = {"GET": Action.MACHINES_READ, "PATCH": Action.MACHINES_CHANGE}

    @extend_schema(operation_id="machines_read", responses=MachineOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The machine and its versions."""
        return Response(self.told())

    @extend_schema(operation_id="machines_change", request=MachineChange, responses=MachineOut)
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Changes what is sent."""
        service.change_machine(person(request), self.machine, **body(MachineChange, request, partial=True))
        return Response(self.told())


class MachineEnd(OneMachine):
    actions = {"POST": Action.MACHINES_CHANGE}

    @extend_schema(operation_id="machines_end", request=None, responses=MachineOut)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """It predicts no more and its token is revoked; what it predicted stays."""
        service.end_machine(person(request), self.machine)
        return Response(self.told())


class MachineTokens(OneMachine):
    actions = {"POST": Action.MACHINES_CHANGE}

    @extend_schema(operation_id="machines_token", request=None, responses={201: MachineToken})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """A new token; the one it had is revoked."""
        return Response({"token": service.new_token(person(request), self.machine)}, status=status.HTTP_201_CREATED)
