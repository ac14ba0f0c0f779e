"""Items whose true answer is known. Nobody who is only asked sees any of it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import PersonField, ProjectView, StrictSerializer, body, found, person
from labeling.models import Action, Item, KnownAnswer, KnownFrom
from labeling.selectors.known_answers import NOBODY_YET, GoldAnswers, answers_to_gold
from labeling.services.imports.records.rows import MAX_EXPLANATION
from labeling.services.quality.known_answers import make_gold, remove_gold


class GoldIn(StrictSerializer):
    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    answer = serializers.DictField(help_text="As people answer it.")
    explanation = serializers.CharField(required=False, allow_blank=True, default="", max_length=MAX_EXPLANATION)


class GoldOut(serializers.ModelSerializer[KnownAnswer]):
    item = serializers.IntegerField(source="item_id")
    external_id = serializers.CharField(source="item.external_id", allow_null=True)
    split = serializers.CharField(source="item.split", help_text="Only items of the pool are asked about as gold.")
    answer = serializers.SerializerMethodField()
    origin = serializers.ChoiceField(choices=KnownFrom.choices)
    made_by = PersonField(source="made_by.username", default=None, allow_null=True)
    answers = serializers.SerializerMethodField(help_text="People who answered it, quarantined ones apart.")
    right = serializers.SerializerMethodField(help_text="Of those.")
    suspicious = serializers.SerializerMethodField(help_text="Most of three people or more contradict it.")

    class Meta:
        model = KnownAnswer
        fields = (
            "item", "external_id", "split", "answer", "explanation", "origin", "made_by", "made_at", "answers", "right",
            "suspicious",
        )  # fmt: skip

    def get_answer(self, row: KnownAnswer) -> dict[str, Any]:
        answer: dict[str, Any] = self.context["view"].label_names.named(row.answer)
        return answer

    def _tested(self, row: KnownAnswer) -> GoldAnswers:
        tested: dict[int, GoldAnswers] = self.context["tested"]
        return tested.get(row.item_id, NOBODY_YET)

    def get_answers(self, row: KnownAnswer) -> int:
        return self._tested(row).answers

    def get_right(self, row: KnownAnswer) -> int:
        return self._tested(row).right

    def get_suspicious(self, row: KnownAnswer) -> bool:
        return self._tested(row).is_suspicious


class GoldView(ProjectView, ListAPIView[KnownAnswer]):
    actions = {"GET": Action.GOLD_READ, "POST": Action.GOLD_CHANGE}
    serializer_class = GoldOut
    ordering = "-pk"

    def get_queryset(self) -> QuerySet[KnownAnswer]:
        if getattr(self, "swagger_fake_view", False):
            return KnownAnswer.objects.none()
        return KnownAnswer.objects.filter(project=self.project).select_related("item", "made_by")

    def _told(self, rows: list[KnownAnswer]) -> Any:
        tested = answers_to_gold(self.project, [row.item_id for row in rows])
        return GoldOut(rows, many=True, context={"view": self, "tested": tested}).data

    @extend_schema(operation_id="gold_list", responses=GoldOut(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Items of known answer, newest first, with how people did by them."""
        return self.get_paginated_response(self._told(self.paginate_queryset(self.get_queryset()) or []))

    @extend_schema(operation_id="gold_set", request=GoldIn, responses={200: GoldOut, 201: GoldOut})
    def post(self, request: Request, slug: str) -> Response:
        """Makes an answer the known one of an item (201), in place of one that it has (200)."""
        given = body(GoldIn, request)
        item: Item = found(Item.objects.filter(project=self.project, pk=given["item"]).first(), "item")
        item.project = self.project
        was_there = KnownAnswer.objects.filter(item=item).exists()
        made = make_gold(person(request), item, given["answer"], given["explanation"])
        return Response(self._told([made])[0], status.HTTP_200_OK if was_there else status.HTTP_201_CREATED)


class GoldDetail(ProjectView):
    actions = {"DELETE": Action.GOLD_CHANGE}

    @extend_schema(operation_id="gold_remove", request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """The answer of the item is not known any more. People's answers stay."""
        items = Item.objects.filter(project=self.project)
        there: Item = found(items.filter(pk=pk).first() if pk < 2**63 else None, "item")
        there.project = self.project
        found(remove_gold(person(request), there) or None, "known answer")
        return Response(status=status.HTTP_204_NO_CONTENT)
