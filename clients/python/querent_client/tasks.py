"""Questions and answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, cast

from querent_client.errors import QuerentError
from querent_client.models import AnswerOut, AnswerResult, AnswersOut, SkipOut, TaskOut
from querent_client.transport import Transport

_AT_ONCE = 100
_FOR_LATER = (429, 503, 507)

SkipReason = Literal["unclear", "broken", "out_of_scope", "unknown"]


class ProjectTasks:
    """The questions of a project, put to the owner of the token.

    All of it is harmless to repeat, so a lost connection costs nothing: open questions come first when asked again, the
    same answer again is the same answer, and another one is its revision.
    """

    def __init__(self, transport: Transport, slug: str) -> None:
        self._transport, self._slug = transport, slug

    def next(self, count: int = 1) -> list[TaskOut]:
        """Leases up to so many questions; an empty list when none is left."""
        return cast(list[TaskOut], self._transport.json("tasks_next", slug=self._slug, body={"count": count}))

    def __iter__(self) -> Iterator[TaskOut]:
        return self.each()

    def each(self, batch: int = 10) -> Iterator[TaskOut]:
        """Question after question until none is left, each once; one that was neither answered nor skipped is left."""
        given: set[int] = set()
        while fresh := [task for task in self.next(batch) if task["id"] not in given]:
            for task in fresh:
                given.add(task["id"])
                yield task

    def answer(
        self, task: TaskOut | int, answer: Mapping[str, Any], *, elapsed_ms: int | None = None,
        doubt: bool | None = None, comment: str | None = None,
    ) -> AnswerOut:  # fmt: skip
        """``{"label": …}``, ``{"labels": […]}`` or ``{"winner": "left"}``, by the kind of the project.

        ``doubt`` (not sure) and ``comment`` go with it; None leaves what stands with it.

        Raises InvalidRequest for an answer that does not fit, TaskLost when the question is somebody else's by now.
        """
        body: dict[str, Any] = {"answer": dict(answer)}
        if elapsed_ms is not None:
            body["elapsed_ms"] = elapsed_ms
        body |= {name: said for name, said in (("doubt", doubt), ("comment", comment)) if said is not None}
        return cast(AnswerOut, self._transport.json("tasks_answer", id=_id(task), body=body))

    def answer_all(self, answers: Iterable[Mapping[str, Any]]) -> list[AnswerResult]:
        """``{"task": …, "answer": {…}}`` each, with what else ``answer`` takes, by up to 100 a call.

        A result for each, in order: ``status`` is 200 or 201, or says with ``body`` why this one was refused. Where the
        server asks to go slower, it is waited for.
        """
        rest = [dict(one) for one in answers]
        results: list[AnswerResult] = []
        while rest:
            body = {"answers": rest[:_AT_ONCE]}
            told = cast(AnswersOut, self._transport.json("tasks_answer_several", body=body))["results"]
            taken = [one for one in told if one["status"] not in _FOR_LATER]
            if not taken:
                raise QuerentError("tasks_answer_several: no answer was taken, and the server said no reason.")
            results += taken
            rest = rest[len(taken) :]  # one to be sent again is the first now, by which the whole call waits
        return results

    def skip(self, task: TaskOut | int, reason: SkipReason) -> SkipOut:
        """Gives the question back; you are not asked about the item again."""
        return cast(SkipOut, self._transport.json("tasks_skip", id=_id(task), body={"reason": reason}))

    def take_back(self, task: TaskOut | int) -> TaskOut:
        """Takes an answer or a skip back: the question is open again."""
        return cast(TaskOut, self._transport.json("tasks_take_back", id=_id(task)))


def _id(task: TaskOut | int) -> int:
    return task if isinstance(task, int) else task["id"]
