"""Questions and answers over REST. Thin: the body is checked by the services, which name the field that is wrong."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar

import orjson
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import scopes
from labeling.api import task_schema as schema
from labeling.api.base import person
from labeling.api.exceptions import Conflict, TooLarge, handle
from labeling.api.lean import Call, LeanView, Reply
from labeling.models import Action, Project
from labeling.selectors.annotating import nothing_because
from labeling.selectors.suggestions import with_suggestions
from labeling.selectors.task_json import task_json, utc_text
from labeling.services.answers.record import AnswersTooFast, LeaseLost, record_answer, skip, take_back
from labeling.services.outages.causes import outage_of
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid

MAX_BODY_BYTES = 1024 * 1024


class SmallJsonParser(BaseParser):
    """JSON by orjson, up to ``MAX_BODY_BYTES``."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"Not JSON: {error}") from error


class TaskView(LeanView):
    """The services ask whether the person may: in the query that they need anyway."""

    parser_classes = [SmallJsonParser]
    scopes_to_write = scopes.LABEL
    lean: ClassVar[Mapping[str, Call]] = {}

    @classmethod
    def raised(cls, error: Exception) -> Exception:
        return Conflict({"detail": str(error), "code": "lease_lost"}) if isinstance(error, LeaseLost) else error


def body_of(request: Request) -> Mapping[str, Any]:
    return object_of(request.data)  # {} where there is no body; a body that says null is one


def object_of(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ParseError("Expected a JSON object.")
    return data


def ask(request: Any, data: Any, slug: str) -> Reply:
    """The next questions of who asks."""
    tasks = next_tasks(person(request), slug, object_of(data).get("count", 1))
    reply = Reply([task_json(task, task.project) for task in tasks])
    project = None if tasks else Project.objects.filter(slug=slug).first()
    if project and (because := nothing_because(person(request), project)):
        reply.headers = {schema.NOTHING_BECAUSE.name: because}
    return reply


class NextTasks(TaskView):
    actions = {"POST": Action.TASKS_ANSWER}
    lean = {"POST": ask}

    @extend_schema(
        operation_id="tasks_next",
        parameters=[schema.NOTHING_BECAUSE],
        request=schema.NextIn,
        responses={200: schema.TaskOut(many=True), 400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Leases up to `count` questions: open ones first, then new; an empty list when none is left, to who is paused
        and beyond a quota, which a header says."""
        return self.respond(ask(request, request.data, slug))


ANSWERED = dict.fromkeys((200, 201), schema.AnswerOut)
REFUSED = {400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal, 409: schema.Refusal}


_BESIDE = ("ui_version", "viewport", "doubt", "comment")


def answer(request: Any, data: Any, pk: int) -> Reply:
    """An answer of who asks, recorded."""
    body = object_of(data)
    beside = {name: body[name] for name in _BESIDE if name in body}
    recorded = record_answer(person(request), pk, body.get("answer"), body.get("elapsed_ms"), **beside)
    made = recorded.annotation
    answered = {
        "task": pk,
        "state": "answered",
        "revision": made.revision,
        "answer": recorded.answer,
        "elapsed_ms": made.elapsed_ms,
        "created_at": utc_text(made.created_at),
        **made.remark.told,
    }
    if recorded.feedback:
        answered["feedback"] = recorded.feedback.as_dict()
    return Reply(answered, status.HTTP_201_CREATED if recorded.created else status.HTTP_200_OK)


class TaskAnswer(TaskView):
    actions = {"PUT": Action.TASKS_ANSWER, "DELETE": Action.TASKS_ANSWER}
    lean = {"PUT": answer}

    @extend_schema(
        operation_id="tasks_answer",
        request=schema.AnswerIn,
        responses={**ANSWERED, **REFUSED, 413: schema.Refusal, 429: schema.Refusal},
    )
    def put(self, request: Request, pk: int) -> Response:
        """Records an answer (201), or the same again or a revision of it (200). Repeating it is harmless."""
        return self.respond(answer(request, request.data, pk))

    @extend_schema(operation_id="tasks_take_back", request=None, responses={200: schema.TaskOut, **REFUSED})
    def delete(self, request: Request, pk: int) -> Response:
        """Takes an answer or a skip back: the question is open again for the same person."""
        task = take_back(person(request), pk)
        with_suggestions([task], task.project)
        return Response(task_json(task, task.project))


def answers(request: Any, data: Any) -> Reply:
    """Several answers of who asks, in order, each recorded or refused for itself.

    It ends at the first that can be taken a little later (too fast, busy, away): what follows may depend on it. Where
    that is the very first, it is the whole call's answer.
    """
    entries = object_of(data).get("answers")
    if not isinstance(entries, list) or not 1 <= len(entries) <= schema.MAX_ANSWERS:
        raise Invalid("answers", f"Expected a list of 1 to {schema.MAX_ANSWERS} answers.")
    results: list[dict[str, Any]] = []
    for entry in entries:
        try:
            reply, is_last = answer(request, entry, _task_of(entry)), False
        except Exception as error:  # as in DRF: the handler says which are answers
            is_last = isinstance(error, AnswersTooFast) or outage_of(error) is not None
            told = None if is_last and not results else handle(TaskView.raised(error), {"request": request})
            if told is None:
                raise
            reply = Reply(told.data, told.status_code, told.headers)
        results.append(_result(entry, reply))
        if is_last:
            break
    return Reply({"results": results})


def _task_of(entry: Any) -> int:
    task = object_of(entry).get("task")
    if isinstance(task, bool) or not isinstance(task, int):
        raise Invalid("task", "Expected the number of a question.")
    if not 0 < task < 2**63:
        raise Http404
    return task


def _result(entry: Any, reply: Reply) -> dict[str, Any]:
    task = entry.get("task") if isinstance(entry, Mapping) else None
    result: dict[str, Any] = {"task": task if type(task) is int else None, "status": reply.status}
    if (wait := reply.headers.get("Retry-After")) is not None:
        result["retry_after_s"] = int(wait)
    return {**result, "body": reply.data}


class TaskAnswers(TaskView):
    actions = {"PUT": Action.TASKS_ANSWER}
    lean = {"PUT": answers}

    @extend_schema(
        operation_id="tasks_answer_several",
        request=schema.AnswersIn,
        responses={
            200: schema.AnswersOut, 400: schema.FieldErrors, 403: schema.Refusal, 413: schema.Refusal,
            429: schema.Refusal,
        },
    )  # fmt: skip
    def put(self, request: Request) -> Response:
        """Records several answers in order, each as by itself, with its own status. It ends at the first that is to be
        sent again later (429, 503, 507), with the results so far; where that is the first, it is the answer.
        Repeating it is harmless."""
        return self.respond(answers(request, request.data))


class TaskSkip(TaskView):
    actions = {"POST": Action.TASKS_ANSWER}

    @extend_schema(operation_id="tasks_skip", request=schema.SkipIn, responses={200: schema.SkipOut, **REFUSED})
    def post(self, request: Request, pk: int) -> Response:
        """Gives a question back unanswered; the caller is not asked about the item again."""
        task = skip(person(request), pk, body_of(request).get("reason"))
        return Response({"task": pk, "state": task.state, "reason": task.skip_reason})
