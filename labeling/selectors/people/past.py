"""One's own answers and skips to look back at, newest question first. Blind as the questions were: every sort of
question stands in it, in the order in which they were asked; nothing says which was gold, held out or asked twice."""

from dataclasses import dataclass
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Annotation, Project, Task, TaskState, User
from labeling.models.remark import NO_REMARK, Remark
from labeling.models.task import TaskQuerySet
from labeling.selectors.annotating import given_answer, shown
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.task_json import task_json

PAGE = 25
_THUMBNAIL = 320


@dataclass(frozen=True)
class PastAnswer:
    """``said`` is "" where it was skipped, ``remark`` is what was said with it; ``pictures`` are addresses, one of an
    item, two of a pair."""

    task: Task
    said: str
    about: str
    pictures: list[str]
    remark: Remark = NO_REMARK


@dataclass(frozen=True)
class PastPage:
    """``before`` is where the next page begins; None on the last."""

    answers: list[PastAnswer]
    before: int | None


def past_answers(user: User, project: Project, before: int | None = None) -> PastPage:
    """Up to ``PAGE`` that are older than the question ``before``. As dear on every page: by the history's index."""
    tasks = _given(user, project)
    if before is not None:
        tasks = tasks.filter(pk__lt=before)
    found = list(tasks.order_by("-pk")[: PAGE + 1])
    page = found[:PAGE]
    answers, names = _answers(page), label_names(project)
    rows = [_row(task, project, answers.get(task.pk), names) for task in page]
    return PastPage([row for row in rows if row], page[-1].pk if len(found) > PAGE else None)


def one_given(user: User, project: Project, task_id: int) -> dict[str, Any] | None:
    """One's own answered or skipped question as ``last_given`` has them; None where there is none of that number."""
    task = _given(user, project).filter(pk=task_id).first()
    answer = _answers([task]).get(task.pk) if task else None
    if task is None or (task.state == TaskState.ANSWERED and answer is None):
        return None
    given = given_answer(answer, label_names(project)) if answer is not None else {"skip": task.skip_reason}
    return {"task": task_json(task, project), "given": given}


def _given(user: User, project: Project) -> TaskQuerySet:
    tasks = Task.objects.filter(project=project, annotator=user, state__in=[TaskState.ANSWERED, TaskState.SKIPPED])
    return tasks.select_related(*shown(project))


def _answers(tasks: list[Task]) -> dict[int | None, Annotation]:
    """By task, of those that were answered."""
    answered = [task.pk for task in tasks if task.state == TaskState.ANSWERED]
    return {row.task_id: row for row in Annotation.objects.current().filter(task__in=answered)}


def _row(task: Task, project: Project, answer: Annotation | None, names: LabelIdentities) -> PastAnswer | None:
    if task.state == TaskState.ANSWERED and answer is None:
        return None  # taken back at this very moment
    said = (kind_of(project).flat(names.named(answer.answer)) or "none of these") if answer is not None else ""
    remark = answer.remark if answer is not None else NO_REMARK
    content = task_json(task, project)
    parts = [content["item"]] if "item" in content else [content["left"], content["right"]]
    about = [part["text"] or ", ".join(f"{name}: {value}" for name, value in part["fields"][:4]) for part in parts]
    pictures = [part["image"]["src"].partition("?")[0] + f"?size={_THUMBNAIL}" for part in parts if part["image"]]
    return PastAnswer(task, said, " | ".join(words for words in about if words), pictures, remark)
