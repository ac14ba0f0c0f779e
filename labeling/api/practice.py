"""A practice round over REST: the calls of real questions under another address, for what is practised is no answer."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api import task_schema as schema
from labeling.api.base import ProjectView, person
from labeling.api.scopes import ENTER, LABEL
from labeling.api.tasks import TaskView, body_of
from labeling.models import Action, PracticeState
from labeling.selectors.access import require
from labeling.selectors.practice import Practice, needed, practice_of
from labeling.selectors.task_json import practice_json
from labeling.services.quality.practice import Practised, answer_practice, open_questions, question_of, start_practice
from labeling.services.serving.next_tasks import MAX_COUNT
from labeling.services.validation.errors import Invalid


class PracticeOut(serializers.Serializer[Any]):
    due = serializers.BooleanField(help_text="No real question before a round is passed.")
    state = serializers.CharField(help_text='running, passed, failed or waived; "" where none was begun.')
    questions = serializers.IntegerField()
    needed = serializers.IntegerField(help_text="Of these right, to pass.")
    right = serializers.IntegerField(allow_null=True, help_text="In the newest round, once it is over.")
    tries_left = serializers.IntegerField()


class PracticeStandingOut(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="running, passed or failed.")
    finished = serializers.BooleanField()


class PracticeAnswerOut(serializers.Serializer[Any]):
    task = serializers.IntegerField()
    answer = serializers.DictField(allow_null=True)
    feedback = schema.FeedbackOut()
    practice = PracticeStandingOut()


class PracticeView(ProjectView):
    actions = {"GET": Action.TASKS_ANSWER, "POST": Action.TASKS_ANSWER}
    scopes_to_read = ENTER
    scopes_to_write = LABEL

    def _told(self, standing: Practice) -> Response:
        last = standing.last
        return Response(
            {
                "due": standing.is_due,
                "state": standing.state,
                "questions": self.project.practice_questions,
                "needed": needed(self.project),
                "right": last.right if last and last.state != PracticeState.RUNNING else None,
                "tries_left": standing.tries_left,
            }
        )

    @extend_schema(operation_id="practice", responses=PracticeOut)
    def get(self, request: Request, slug: str) -> Response:
        """Whether one has to practise before the first question, and how that stands."""
        member = require(person(request), self.project, Action.TASKS_ANSWER)
        return self._told(practice_of(member) if member else Practice())

    @extend_schema(operation_id="practice_start", request=None, responses={200: PracticeOut, 400: schema.FieldErrors})
    def post(self, request: Request, slug: str) -> Response:
        """Begins a round; one that is under way goes on."""
        return self._told(start_practice(person(request), self.project))


class PracticeNext(ProjectView):
    actions = {"POST": Action.TASKS_ANSWER}
    scopes_to_write = LABEL

    @extend_schema(operation_id="practice_next", request=schema.NextIn, responses=schema.TaskOut(many=True))
    def post(self, request: Request, slug: str) -> Response:
        """The next questions of the round under way, in the form of real ones."""
        count = body_of(request).get("count", 1)
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
            raise Invalid("count", f"A whole number from 1 to {MAX_COUNT}.")
        found = open_questions(person(request), self.project, count)
        return Response([practice_json(question, self.project) for question in found])


class _Answering(TaskView):
    def _told(self, practised: Practised) -> Response:
        return Response(
            {
                "task": practised.question.pk,
                "answer": practised.answer,
                "feedback": practised.feedback.as_dict(),
                "practice": {"state": practised.state, "finished": practised.is_finished},
            }
        )


class PracticeAnswer(_Answering):
    actions = {"PUT": Action.TASKS_ANSWER}

    @extend_schema(
        operation_id="practice_answer",
        request=schema.AnswerIn,
        responses={200: PracticeAnswerOut, 400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal},
    )
    def put(self, request: Request, pk: int) -> Response:
        """Takes an answer; the first one counts. Says whether it is right, and why."""
        answer = body_of(request).get("answer")
        if answer is None:
            question_of(person(request), pk)  # what is not there is 404, whatever is said to it
            raise Invalid("answer", "Expected an answer.")
        return self._told(answer_practice(person(request), pk, answer))


class PracticeSkip(_Answering):
    actions = {"POST": Action.TASKS_ANSWER}

    @extend_schema(
        operation_id="practice_skip",
        request=schema.SkipIn,
        responses={200: PracticeAnswerOut, 400: schema.FieldErrors, 403: schema.Refusal, 404: schema.Refusal},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Says that one cannot tell: not right, and the truth is told."""
        return self._told(answer_practice(person(request), pk, None))
