"""Predictions for programs outside, over REST: asked of the predictor, never made here (decision 0115)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api.authentication import names_token
from labeling.api.base import PersonField, ProjectView, person, query
from labeling.api.exceptions import TooLarge
from labeling.api.parsers import LimitedJSONParser
from labeling.models import Action, ApiToken, Scope
from labeling.selectors.access import may
from labeling.services.validation.errors import Invalid
from learning.models import Band, ServedPrediction, ServedStatus
from learning.services.serving import asking
from learning.services.serving.asking import FORM, JSON

REFUSED, UNKNOWN = "refused", "unknown"


class PredictQuery(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="The number of a model; without it the one in use."
    )
    force = serializers.BooleanField(required=False, default=False, help_text="Give an outlier its label too.")
    explain = serializers.BooleanField(
        required=False, default=False, help_text="Say `why` of each row; at most 20 rows then."
    )
    caller = serializers.CharField(
        max_length=100,
        required=False,
        help_text="For whom it is asked: in a release each meets the same version. Without it the token counts.",
    )


class PredictIn(serializers.Serializer[Any]):
    """Texts and table rows, each as a row of an import without its label."""

    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=1000)


class PicturesIn(serializers.Serializer[Any]):
    """Up to 1,000 files, under this name or any others, one a row."""

    pictures = serializers.ListField(child=serializers.FileField(), min_length=1, max_length=1000)


class NearOut(serializers.Serializer[Any]):
    """A labeled item that is much like the row. What it shows is left out for a token without the scope `read`."""

    item = serializers.IntegerField()
    label = serializers.CharField(help_text="What people's answers come to.")  # type: ignore[assignment]
    similarity = serializers.FloatField(help_text="The cosine of their features: 1 is the same.")
    text = serializers.CharField(required=False, help_text="Its first 1,000 characters.")
    fields = serializers.DictField(required=False, help_text="Its columns.")  # type: ignore[assignment]
    preview = serializers.CharField(required=False, help_text="Address of its picture.")


class PartOut(serializers.Serializer[Any]):
    """A word, some words of a long text, or a column of a table."""

    words = serializers.CharField(required=False)
    at = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        required=False,
        help_text="Where they stand in the text, in code points: [from, up to].",
    )
    column = serializers.CharField(required=False)
    value = serializers.JSONField(required=False)
    effect = serializers.FloatField(help_text="Log-odds of the label with it minus without; in nats.")
    without = serializers.FloatField(help_text="The probability of the label without it.")


class SpokeOut(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    supports = PartOut(many=True, help_text="What spoke for it: up to five, the strongest first.")
    opposes = PartOut(many=True, help_text="What spoke against it.")


class WhyOut(serializers.Serializer[Any]):
    nearest = NearOut(many=True, help_text="Up to three labeled items, the most alike first.")
    evidence = SpokeOut(
        many=True, help_text="Of each label that is said, up to three; none of an outlier or a picture."
    )
    note = serializers.CharField(help_text="What could not be told, and why; most often empty.")


class PredictedOut(serializers.Serializer[Any]):
    """What the model says of a row, or why there is none: then `status` is `refused`."""

    row = serializers.IntegerField(help_text="From 1, in the order they were sent.")
    id = serializers.CharField(required=False, help_text="Of the prediction.")
    status = serializers.ChoiceField(
        choices=[*ServedStatus.choices, (UNKNOWN, "unknown pattern"), (REFUSED, "refused")],
        help_text="`unsure`: like what was learned from, but undecided. `outlier`: unlike anything learned from, and "
        "without a label unless it was forced. `unknown`: the project has one label, and the row is unlike it.",
    )
    label = serializers.CharField(required=False, help_text="Where an item has one label.")  # type: ignore[assignment]
    labels = serializers.ListField(child=serializers.CharField(), required=False, help_text="Where it has any number.")
    rating = serializers.JSONField(required=False, help_text="Where it is a step of a scale.")
    probabilities = serializers.DictField(child=serializers.FloatField(), required=False)
    sure = serializers.FloatField(
        required=False, help_text="The probability of what is said; of several labels, of the least sure one."
    )
    band = serializers.ChoiceField(choices=Band.choices, required=False)
    model = serializers.IntegerField(required=False, help_text="The number of the model that answered.")
    why = WhyOut(required=False, help_text="With `explain`.")
    field = serializers.CharField(required=False, help_text="What was refused in the row.")
    reason = serializers.CharField(required=False)


class Predict(ProjectView):
    actions = {"POST": Action.MODELS_PREDICT}
    scopes_to_write = scopes.PREDICT
    parser_classes = [LimitedJSONParser, MultiPartParser]  # what is accepted; it is parsed by the predictor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not names_token(request):
            _ = request._request.body  # of a session: the check for its token would read a form away
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="predict",
        parameters=[PredictQuery],
        request={JSON: PredictIn, FORM: PicturesIn},
        responses=PredictedOut(many=True),
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Asks the model in use about up to 1,000 rows that need not be items: one answer a row, in their order; a row
        that cannot be read is refused by its number. `503` with Retry-After while the predictor starts or is busy."""
        given, sent = query(PredictQuery, request), request._request
        kind = (sent.content_type or "").lower()
        if kind not in (JSON, FORM):
            raise UnsupportedMediaType(kind)
        size = _size_of(sent.META.get("CONTENT_LENGTH"), kind)
        asks = asking.asked_by(person(request).pk, request.auth.pk if isinstance(request.auth, ApiToken) else None)
        if "version" in given:
            asks["version"] = given["version"]
        if given["force"]:
            asks["force"] = 1
        if "caller" in given:
            asks["caller"] = given["caller"]
        if given["explain"]:
            asks |= self._how_explained(request)
        code, headers, data = asking.told(self.project.pk, asks, sent, size, sent.META["CONTENT_TYPE"])
        return HttpResponse(data, status=code, content_type=JSON, headers=headers)

    def _how_explained(self, request: Request) -> dict[str, Any]:
        """Who may not read items is told which they are, and not what is in them."""
        scopes_given = request.auth.scope_set if isinstance(request.auth, ApiToken) else {Scope.READ}
        if Scope.READ in scopes_given and may(person(request), self.project, Action.ITEMS_READ):
            return {"explain": 1, "preview": reverse("api:item-preview", args=[0])}
        return {"explain": 1}


def _size_of(length: str | None, kind: str) -> int:
    """Raises TooLarge, Invalid."""
    if not length:
        raise Invalid("rows", "The request has no body.")
    if int(length) > asking.most_bytes(kind):
        raise TooLarge
    return int(length)


class ServedQuery(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=ServedStatus.choices, required=False)
    band = serializers.ChoiceField(choices=Band.choices, required=False)
    model = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, help_text="A model's number.")
    content = serializers.CharField(max_length=64, required=False, help_text="The SHA-256 that names the content.")
    token = serializers.CharField(max_length=20, required=False, help_text="How the key of who asked begins.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ServedPredictionOut(serializers.ModelSerializer[ServedPrediction]):
    id = serializers.CharField()
    model = serializers.IntegerField(source="model_version.number")
    content = serializers.CharField(source="content_hash")
    answer = serializers.SerializerMethodField(help_text="Empty of an outlier.")
    asked_by = PersonField(source="asked_by.username", default=None, allow_null=True)
    token = serializers.CharField(
        source="token.prefix", default=None, allow_null=True, help_text="How its key begins; null of a page."
    )

    class Meta:
        model = ServedPrediction
        fields = (
            "id", "created_at", "model", "status", "band", "sure", "answer", "content", "asked_by", "token",
        )  # fmt: skip

    def get_answer(self, row: ServedPrediction) -> dict[str, Any]:
        answer: dict[str, Any] = self.context["view"].label_names.named(row.answer) if row.answer else {}
        return answer


class ServedPredictions(ProjectView, ListAPIView[ServedPrediction]):
    actions = {"GET": Action.SERVED_READ}
    serializer_class = ServedPredictionOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[ServedPrediction]:
        if getattr(self, "swagger_fake_view", False):
            return ServedPrediction.objects.none()
        lookups = {
            "model": "model_version__number", "content": "content_hash", "token": "token__prefix",
            "since": "created_at__gte", "until": "created_at__lt",
        }  # fmt: skip
        chosen = {lookups.get(name, name): value for name, value in query(ServedQuery, self.request).items()}
        rows = ServedPrediction.objects.filter(project=self.project, **chosen)
        return rows.select_related("model_version", "asked_by", "token").defer(
            "model_version__report", "model_version__metrics", "model_version__baselines", "model_version__labels"
        )

    @extend_schema(operation_id="served_predictions_list", parameters=[ServedQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the models of the project answered programs outside, newest first, while it is kept."""
        return super().get(request, *args, **kwargs)
