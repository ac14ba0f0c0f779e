"""What questions and answers look like, for the OpenAPI document only: the hot path renders plain dicts."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from labeling.kinds import kind_choices
from labeling.models import Modality, SkipReason, Viewport
from labeling.models.member import NOTHING_BECAUSE as WHY_NOTHING
from labeling.models.remark import MAX_COMMENT
from labeling.services.answers.record import MAX_ELAPSED_MS
from labeling.services.serving.next_tasks import MAX_COUNT

#: Of one call.
MAX_ANSWERS = 100

NOTHING_BECAUSE = OpenApiParameter(
    "X-Nothing-Because",
    str,
    OpenApiParameter.HEADER,
    enum=WHY_NOTHING,
    response=[200],
    description="With an empty list: why the caller is asked nothing though there may be questions.",
)


class TaskImage(serializers.Serializer[Any]):
    src = serializers.CharField(help_text="A derived preview.")
    width = serializers.IntegerField(help_text="Pixels of the upright original.")
    height = serializers.IntegerField(help_text="Pixels of the upright original.")
    deep = serializers.BooleanField(
        required=False,
        help_text="Of greys of more than 8 bits: a preview takes `low` and `high`, a part of their range.",
    )


@extend_schema_field({"type": "array", "items": {}, "minItems": 2, "maxItems": 2})
class TaskField(serializers.Field[Any, Any, Any, Any]):
    """``[column, value]``."""


class TaskItem(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    context = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    fields = serializers.ListField(child=TaskField(), help_text="[column, value] of a table row.")  # type: ignore[assignment]
    image = TaskImage(allow_null=True)


@extend_schema_serializer(component_name="TaskView")  # as generated clients know it
class TaskContent(serializers.Serializer[Any]):
    """One of the two of a pair: no number, no name, no score."""

    text = serializers.CharField(allow_blank=True)
    fields = serializers.ListField(child=TaskField(), help_text="[column, value] of a table row.")  # type: ignore[assignment]
    image = TaskImage(allow_null=True)


class TaskContext(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField(help_text="What the better one is better for.")
    facts = serializers.ListField(child=TaskField(), help_text="[name, value].")
    image = TaskImage(allow_null=True)


@extend_schema_serializer(component_name="AnswerRemark")
class RemarkOut(serializers.Serializer[Any]):
    """What its author said with an answer."""

    doubt = serializers.BooleanField()
    comment = serializers.CharField(allow_blank=True)


class TaskReturned(serializers.Serializer[Any]):
    """Of an own answer that a reviewer sent back: what he said, and the answer, which counts until it is changed."""

    comment = serializers.CharField(allow_blank=True)
    answer = serializers.DictField(allow_null=True)
    remark = RemarkOut(allow_null=True, help_text="What stands with the answer; null for nothing.")


class TaskSuggestion(serializers.Serializer[Any]):
    """What a machine takes it to be, in projects that show this; it says nothing that was not withheld elsewhere."""

    answer = serializers.DictField(help_text="As it would be answered.")


class TaskOut(serializers.Serializer[Any]):
    """A question, and nothing that could bias the answer: about `item`, or about `left` and `right` in `context`."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=kind_choices())
    modality = serializers.ChoiceField(choices=Modality.choices)
    lease_expires_at = serializers.DateTimeField()
    item = TaskItem(required=False)
    context = TaskContext(required=False)  # type: ignore[assignment]
    left = TaskContent(required=False)
    right = TaskContent(required=False)
    returned = TaskReturned(required=False)
    suggestion = TaskSuggestion(required=False)


class NextIn(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=1, max_value=MAX_COUNT, default=1)


class AnswerIn(serializers.Serializer[Any]):
    answer = serializers.DictField(
        help_text='By kind: {"label": "…"}, {"labels": ["…"]} or {"winner": "left|right|tie|neither"}.'
    )
    elapsed_ms = serializers.IntegerField(min_value=0, max_value=MAX_ELAPSED_MS, allow_null=True, required=False)
    ui_version = serializers.CharField(max_length=40, allow_blank=True, required=False, help_text="Of the page.")
    viewport = serializers.ChoiceField(choices=Viewport.choices, allow_blank=True, required=False)
    doubt = serializers.BooleanField(
        allow_null=True, required=False, help_text="I am not sure. Left out, it stays as it is with the answer."
    )
    comment = serializers.CharField(
        max_length=MAX_COMMENT, allow_blank=True, allow_null=True, required=False,
        help_text="Goes with the answer; reviewers and managers read it. Left out, it stays; empty, it goes.",
    )  # fmt: skip


class FeedbackOut(serializers.Serializer[Any]):
    right = serializers.BooleanField(help_text="Of the first answer.")
    truth = serializers.DictField()
    explanation = serializers.CharField()


class AnswerOut(serializers.Serializer[Any]):
    task = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["answered"])
    revision = serializers.IntegerField(min_value=1)
    answer = serializers.DictField()
    elapsed_ms = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    doubt = serializers.BooleanField()
    comment = serializers.CharField(allow_blank=True)
    feedback = FeedbackOut(required=False, help_text="On gold, in projects whose `gold_feedback` is said.")


class AnswersIn(serializers.Serializer[Any]):
    answers = serializers.ListField(
        child=serializers.JSONField(),  # one that is wrong is refused in its own result
        min_length=1,
        max_length=MAX_ANSWERS,
        help_text='Each `{"task": 17, "answer": {…}}`, with what else goes with an answer alone.',
    )


class AnswerResult(serializers.Serializer[Any]):
    task = serializers.IntegerField(allow_null=True, help_text="Null where none was said.")
    status = serializers.IntegerField(help_text="What the answer alone would have been answered with.")
    retry_after_s = serializers.IntegerField(required=False, help_text="Of 429, 503 and 507, which end the list.")
    body = serializers.DictField(help_text="As of the answer alone: the answer, or why it was refused.")


class AnswersOut(serializers.Serializer[Any]):
    results = serializers.ListField(
        child=AnswerResult(), min_length=1, help_text="In order; fewer where the last one is to be sent again."
    )


class SkipIn(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=SkipReason.choices)


class SkipOut(serializers.Serializer[Any]):
    task = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["skipped"])
    reason = serializers.ChoiceField(choices=SkipReason.choices)


class FieldErrors(serializers.Serializer[Any]):
    """Each key names a field, each value is a list of reasons."""


class Refusal(serializers.Serializer[Any]):
    detail = serializers.CharField()
    code = serializers.CharField(required=False)
