"""Releases over REST: a new version meets traffic and is promoted or sent back (decision 0119)."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action
from learning.api.serializers import ReasonIn
from learning.models import Release, ReleaseMode, ReleaseState
from learning.selectors.release_facts import release_facts
from learning.services.release import decide
from learning.services.release.start import LEAST_LATENCY_MS, MOST_LATENCY_MS, start


class ReleaseIn(StrictSerializer):
    candidate = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The number of a model.")
    reason = serializers.CharField(max_length=2000)
    mode = serializers.ChoiceField(choices=ReleaseMode.choices, default=ReleaseMode.SHADOW)
    share = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        help_text="Of callers who get its answer: by default .1 of a canary, .5 of A/B, always 0 of a shadow.",
    )
    promotes = serializers.BooleanField(
        default=False, help_text="A proven gain makes it the champion without a person."
    )
    latency_limit_ms = serializers.FloatField(
        min_value=LEAST_LATENCY_MS,
        max_value=MOST_LATENCY_MS,
        required=False,
        allow_null=True,
        help_text="For one prediction.",
    )


class ArmsDifferenceOut(serializers.Serializer[Any]):
    """Rate of the candidate minus that of the champion, with ends that hold at every moment at once."""

    n = serializers.IntegerField()
    candidate_alone = serializers.IntegerField(help_text="How often it was the candidate alone.")
    champion_alone = serializers.IntegerField()
    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ReleaseOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ReleaseState.choices)
    mode = serializers.ChoiceField(choices=ReleaseMode.choices)
    candidate = serializers.IntegerField(help_text="The number of a model.")
    champion = serializers.IntegerField(help_text="The number of the model it is compared with.")
    share = serializers.FloatField(help_text="Of callers who get the candidate's answer.")
    promotes = serializers.BooleanField()
    latency_limit_ms = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    why = serializers.CharField(help_text="Why it ended; empty while it runs.")
    started_at = serializers.DateTimeField()
    started_by = PersonField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = PersonField(allow_null=True, help_text="Null where it ended by itself.")
    predictions = serializers.IntegerField(help_text="Contents that both were asked about.")
    by_candidate = serializers.IntegerField(help_text="Of them answered by the candidate.")
    failed = serializers.IntegerField(help_text="Of them where the candidate failed; the champion answered.")
    agreement = serializers.FloatField(allow_null=True, help_text="Share of predictions with the same answer.")
    candidate_ms = serializers.FloatField(allow_null=True, help_text="One prediction, encoding included.")
    champion_ms = serializers.FloatField(allow_null=True)
    error_rate = ArmsDifferenceOut(help_text="Wrong by what people answered, each content once.")
    outlier_share = ArmsDifferenceOut()
    outlier_margin = serializers.FloatField(help_text="So many more outliers are no ground to send it back.")
    proven = serializers.CharField(allow_null=True, help_text="`worse`, `more outliers`, `better`, or null.")


class ReleaseDetailOut(ReleaseOut):
    course = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4),
        help_text="[contents judged, difference of errors, low, high], as they became known.",
    )


def _detail(release: Release, view: ProjectView) -> dict[str, Any]:
    facts = {**release_facts(release), "course": release.course}
    return dict(ReleaseDetailOut(facts, context={"view": view}).data)


class Releases(ProjectView, ListAPIView[Release]):
    actions = {"GET": Action.RELEASES_READ, "POST": Action.RELEASES_CHANGE}
    serializer_class = ReleaseOut
    ordering = "-number"

    def get_queryset(self) -> QuerySet[Release]:
        if getattr(self, "swagger_fake_view", False):
            return Release.objects.none()
        releases = Release.objects.filter(project=self.project)
        return releases.select_related("started_by", "ended_by", "candidate", "champion").defer("course", "watch")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], Release):
            args = ([release_facts(row) for row in args[0]], *args[1:])
        return super().get_serializer(*args, **kwargs)

    @extend_schema(operation_id="releases_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The releases of the project, newest first; at most one is `running`."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="releases_start", request=ReleaseIn, responses={201: ReleaseDetailOut})
    def post(self, request: Request, slug: str) -> Response:
        """Lets a model meet traffic beside the one in use: as a shadow it answers nobody, as a canary or A/B a share of
        callers, each caller always alike. Broken, slow or proven worse it is rolled back by itself."""
        given = body(ReleaseIn, request)
        release = start(
            person(request), self.project, given["candidate"], given["reason"], mode=ReleaseMode(given["mode"]),
            share=given.get("share"), promotes=given["promotes"], latency_limit_ms=given.get("latency_limit_ms"),
        )  # fmt: skip
        return Response(_detail(release, self), status.HTTP_201_CREATED)


class _OneRelease(ProjectView):
    def _release(self, number: int) -> Release:
        rows = Release.objects.filter(project=self.project, number=number)
        release: Release = found(
            rows.select_related("project", "candidate__project", "champion", "started_by", "ended_by").first(),
            "release",
        )
        return release


class ReleaseDetail(_OneRelease):
    actions = {"GET": Action.RELEASES_READ}

    @extend_schema(operation_id="releases_read", responses=ReleaseDetailOut)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """One release: what is known of both versions, and how it came to be known."""
        return Response(_detail(self._release(number), self))


class ReleasePromote(_OneRelease):
    actions = {"POST": Action.RELEASES_CHANGE}

    @extend_schema(operation_id="releases_promote", request=ReasonIn, responses=ReleaseDetailOut)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Ends the release with its candidate as the champion, by hand and with a reason."""
        release = decide.promote(person(request), self._release(number), body(ReasonIn, request)["reason"])
        return Response(_detail(release, self))


class ReleaseRollBack(_OneRelease):
    actions = {"POST": Action.RELEASES_CHANGE}

    @extend_schema(operation_id="releases_roll_back", request=ReasonIn, responses=ReleaseDetailOut)
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Ends the release: every caller gets the champion's answer again, from the next request on."""
        release = decide.roll_back(person(request), self._release(number), body(ReasonIn, request)["reason"])
        return Response(_detail(release, self))
