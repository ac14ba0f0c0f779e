"""What the annotation page shows a person: label set, last answers, how far they and the project are. Constant cost."""

from typing import Any

from django.utils import timezone

from labeling.kinds import PerSubject, kind_of
from labeling.models import Action, Annotation, Member, Modality, Project, Task, TaskState, User
from labeling.models.member import day_number
from labeling.selectors.importing import importing
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.progress import progress
from labeling.selectors.task_json import task_json

#: How far back a person can go to change an answer.
REMEMBERED = 20


def standing(user: User, project: Project) -> dict[str, Any]:
    """How far the person and the project are. Shares and counts of people's work only, nothing about items."""
    member = Member.objects.filter(project=project, user=user).first()
    now = timezone.now()
    under_way = importing(project)
    counts = progress(project)
    return {
        "user": user.pk,
        "name": user.get_username(),
        "mine": member.answers if member else 0,
        "today": member.answers_on(day_number(now)) if member else 0,
        "today_ms": member.ms_on(day_number(now)) if member else 0,
        "goal": {"day": member.goal_day, "total": member.goal_total} if member else None,
        "nothing_because": member.asked_nothing_because(now) if member else "",
        "note": member.pause_note if member else "",
        "asked": bool(member and member.may(Action.TASKS_ANSWER.permission)),
        "project": {
            "items": counts["items"] - counts["gold"],
            "done": counts["done"],
            "set_aside": counts["set_aside"],
            "answers": counts["annotations"],
            "archived": project.archived_at is not None,
            "importing": under_way.as_dict() if under_way else None,
            "can_answer": not kind_of(project).has_labels or project.labels.in_use().exists(),
            "labels_version": project.labels_version + project.label_renames,
            "instructions_version": project.instructions_version,
        },
    }


def nothing_because(user: User, project: Project) -> str:
    """Why a member who may answer is asked nothing (``NOTHING_BECAUSE``); "" where it is for want of questions."""
    member = Member.objects.filter(project=project, user=user).first()
    return member.asked_nothing_because(timezone.now()) if member else ""


#: Relations of a task that lead to the items it shows.
_ITEMS = PerSubject(item=("item",), pair=("pair__first", "pair__second"))


def shown(project: Project) -> tuple[str, ...]:
    """Relations of a task that its JSON needs."""
    items = _ITEMS.of(kind_of(project).subject)
    context = ("pair__context__asset",) if kind_of(project).has_contexts else ()
    return (*context, *(f"{path}__asset" if project.modality == Modality.IMAGE else path for path in items))


def last_given(user: User, project: Project) -> list[dict[str, Any]]:
    """The last answered or skipped tasks, oldest first: ``[{"task": {…}, "given": …}]``, see ``given_answer``, or
    ``{"skip"}``."""
    tasks = list(
        Task.objects.filter(project=project, annotator=user, state__in=[TaskState.ANSWERED, TaskState.SKIPPED])
        .select_related(*shown(project))
        .order_by("-pk")[:REMEMBERED]
    )
    answers = {row.task_id: row for row in Annotation.objects.current().filter(task__in=tasks)}
    given, names = [], label_names(project)
    for task in reversed(tasks):
        if task.state == TaskState.SKIPPED:
            given.append({"task": task_json(task, project), "given": {"skip": task.skip_reason}})
        elif task.pk in answers:
            given.append({"task": task_json(task, project), "given": given_answer(answers[task.pk], names)})
    return given


def given_answer(annotation: Annotation, names: LabelIdentities) -> dict[str, Any]:
    """One's own answer with what one said with it."""
    return {"answer": names.named(annotation.answer), **annotation.remark.told}
