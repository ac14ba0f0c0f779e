"""Many items accepted at once, and undone as one, over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.base import ProjectView, StrictSerializer, body, person
from labeling.api.reviews import MAX_ID, REFUSED
from labeling.models import Action
from labeling.services.review.bulk import LEFT_OUT, MAX_ITEMS, Bulk, accept_many, in_words, look_at, undo_batch


class BulkIn(StrictSerializer):
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=MAX_ITEMS
    )
    preview = serializers.BooleanField(default=False, help_text="Only say what would be accepted and left out.")
    last_annotation = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_ID,
        help_text="As the preview said it: items that somebody has answered since are left out.",
    )
    batch = serializers.CharField(
        required=False,
        max_length=32,
        help_text="A name of your own for the batch: one that is there already is told again, and nothing is done.",
    )


class LeftOutOut(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    reason = serializers.CharField(help_text=f"One of {', '.join(LEFT_OUT)}.")
    words = serializers.CharField()


class BulkOut(serializers.Serializer[Any]):
    batch = serializers.CharField(allow_blank=True, help_text="What undoes it; empty where nothing was decided.")
    accepted = serializers.ListField(child=serializers.IntegerField())
    answers = serializers.DictField(child=serializers.IntegerField(), help_text="How often each answer was accepted.")
    left_out = LeftOutOut(many=True)
    last_annotation = serializers.IntegerField(help_text="The newest that was looked at; 0 for a batch told again.")


class ReviewsBulk(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(operation_id="reviews_bulk", request=BulkIn, responses={200: BulkOut, 201: BulkOut, **REFUSED})
    def post(self, request: Request, slug: str) -> Response:
        """Accepts what people's answers to up to 1,000 items come to: a decision each, one undo for all. Left out, with
        the reason, is what is decided, claimed by another reviewer, held out, tied, or answered since the preview."""
        given, user = body(BulkIn, request), person(request)
        items, newest = given["items"], given.get("last_annotation")
        if given["preview"]:
            return Response(self._told(look_at(user, self.project, items, newest)))
        found = accept_many(user, self.project, items, batch=given.get("batch", ""), last_annotation=newest)
        return Response(self._told(found), status=status.HTTP_201_CREATED if found.batch else status.HTTP_200_OK)

    def _told(self, found: Bulk) -> dict[str, Any]:
        return {
            "batch": found.batch,
            "accepted": list(found.accepted),
            "answers": dict(in_words(self.project, found)),
            "left_out": [
                {"item": item, "reason": reason, "words": LEFT_OUT[reason]} for item, reason in found.left_out.items()
            ],
            "last_annotation": found.last_annotation,
        }


class BulkUndoIn(StrictSerializer):
    batch = serializers.CharField(max_length=32)


class BulkUndoOut(serializers.Serializer[Any]):
    batch = serializers.CharField()
    items = serializers.ListField(child=serializers.IntegerField(), help_text="Undone, now or before.")
    left_out = serializers.ListField(child=serializers.IntegerField(), help_text="Another decision followed.")


class ReviewsBulkUndo(ProjectView):
    actions = {"POST": Action.REVIEWS_DECIDE}

    @extend_schema(operation_id="reviews_bulk_undo", request=BulkUndoIn, responses={200: BulkUndoOut, **REFUSED})
    def post(self, request: Request, slug: str) -> Response:
        """Takes a batch back as a whole: what stood before it stands again. Harmless to repeat."""
        undone = undo_batch(person(request), self.project, body(BulkUndoIn, request)["batch"])
        return Response({"batch": undone.batch, "items": undone.items, "left_out": undone.left_out})
