"""Answers that a reviewer sent back: asked once more of who gave them, before anything else, with what was said."""

from django.db.models import F
from django.db.models.functions import Now

from labeling.models import Annotation, Member, ReviewDecision, Task, TaskState
from labeling.selectors.label_names import label_names
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.sources import SubjectSource


def returned_tasks(source: SubjectSource, cursor: AnnotatorCursor, count: int) -> list[Task]:
    """Up to ``count`` of the person's own answered tasks that wait, with ``returned``: the comment, and his answer.

    They stay answered while he thinks: what he said counts until he says otherwise, and nobody takes his place.
    """
    project = cursor.project
    waiting = ReviewDecision.objects.waiting().filter(
        task__annotator=cursor.member.user_id, task__project=project, task__state=TaskState.ANSWERED
    )
    comments = dict(waiting.order_by("pk").values_list("task", "comment__text")[:count])
    tasks = list(
        Task.objects.filter(pk__in=list(comments)).select_related(*source.shown(cursor.pictures)).order_by("pk")
    )
    answers = {row.task_id: row for row in Annotation.objects.current().filter(task__in=tasks)}
    names = label_names(project)
    for task in tasks:
        task.project, answer = project, answers.get(task.pk)
        task.returned = {  # type: ignore[attr-defined]  # read by task_json
            "comment": comments[task.pk] or "",
            "answer": names.named(answer.answer if answer else None),
            "remark": answer.remark.told if answer else None,
        }
    return tasks


def looked_at(task_id: int, member: Member) -> None:
    """The person has dealt with what was sent back, whether he changed his answer or not. His membership is locked."""
    waiting = ReviewDecision.objects.waiting().filter(task=task_id)
    if n := waiting.update(waits=False, answered_at=Now()):
        Member.objects.filter(pk=member.pk).update(sent_back=F("sent_back") - n)


def no_longer_waits(decision: ReviewDecision, member: Member | None) -> None:
    """A reviewer decided otherwise. ``member`` is the author's membership, locked; None for who is no member now."""
    _move(decision, member, waits=False)


def waits_again(decision: ReviewDecision, member: Member | None) -> None:
    """What a reviewer decided otherwise was undone."""
    _move(decision, member, waits=member is not None)


def _move(decision: ReviewDecision, member: Member | None, *, waits: bool) -> None:
    moved = ReviewDecision.objects.filter(pk=decision.pk, waits=not waits).update(waits=waits)
    if moved and member is not None:
        Member.objects.filter(pk=member.pk).update(sent_back=F("sent_back") + (1 if waits else -1))
