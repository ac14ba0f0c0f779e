"""Answers: recorded, revised, taken back, skipped. Annotation rows are only ever added (invariant 1)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from labeling import signals
from labeling.db.prepared import Prepared, PreparedInsert, PreparedRows, PreparedUpdate
from labeling.kinds import InvalidAnswer, kind_of
from labeling.models import (
    Action,
    Annotation,
    Because,
    ItemStatus,
    Label,
    Member,
    Project,
    Reason,
    SkipReason,
    Task,
    TaskState,
    User,
    Viewport,
)  # fmt: skip
from labeling.models.member import day_number
from labeling.models.remark import NO_REMARK, Remark
from labeling.models.task import TaskQuerySet
from labeling.services.answers.answer_check import AnswerCheck
from labeling.services.answers.feedback import Feedback, feedback_on
from labeling.services.answers.pace import AnswersTooFast, keep_pace
from labeling.services.answers.remark import checked_remark
from labeling.services.answers.skips import BY_SKIPS, Skip, is_skipped_by_everybody, settles, skips_of
from labeling.services.serving.cursor import UNASKED
from labeling.services.serving.known import asked_item_moved
from labeling.services.serving.leases import lease_end
from labeling.services.serving.required import spare_known
from labeling.services.serving.returned import looked_at
from labeling.services.serving.slots import ItemChange, LeaseLost, move_progress
from labeling.services.serving.sources import BEYOND_SLOTS, Row, SubjectSource, source_of
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

__all__ = ["AnswersTooFast", "InvalidAnswer", "LeaseLost", "Recorded", "record_answer", "skip", "take_back"]

#: What a 32-bit column holds: 24 days.
MAX_ELAPSED_MS = 2**31 - 1
_VIEWPORTS = frozenset(("", *Viewport.values))


@dataclass(frozen=True, slots=True)
class Recorded:
    """The current annotation of the task; ``created`` when it is the task's first. ``answer`` says labels by their
    names, the annotation by what never changes (``Label.identity``)."""

    annotation: Annotation
    answer: dict[str, Any]
    created: bool
    #: what the person hears of a gold question, where the project says so
    feedback: Feedback | None = None


@dataclass(slots=True)
class _Work:
    """A task with its item and its annotator's membership, all locked."""

    task: Task
    member: Member
    change: ItemChange
    revision: int
    deltas: "Counter[str]"

    @property
    def project(self) -> Project:
        return self.member.project

    @property
    def item(self) -> Row:
        return self.change.item

    @property
    def now(self) -> datetime:
        """What the database's clock told when the member was read."""
        return self.member.asked_at  # type: ignore[attr-defined]  # annotated by _member

    @property
    def holds_slot(self) -> bool:
        return self.task.reason not in BEYOND_SLOTS

    def same(self) -> TaskQuerySet:
        """All tasks about the same item or pair."""
        name = self.change.source.name
        return Task.objects.filter(**{name: getattr(self.task, f"{name}_id")})

    @property
    def about(self) -> dict[str, Any]:
        """What the task is about, as the columns of a task or an annotation."""
        return {column: getattr(self.task, column) for column in self.change.source.columns}


@transaction.atomic
def record_answer(
    user: User, task_id: int, answer: Any, elapsed_ms: Any = None, *, ui_version: Any = "", viewport: Any = "",
    doubt: Any = None, comment: Any = None,
) -> Recorded:  # fmt: skip
    """Records or revises an answer; the same answer again changes nothing. Announces ``answer_recorded`` on commit.

    ``ui_version`` and ``viewport`` say which page it was given on; ``doubt`` and ``comment`` go with the answer, None
    leaves what stands with it. Raises InvalidAnswer, Invalid (elapsed_ms, ui_version, viewport, doubt, comment),
    AnswersTooFast, LeaseLost, Http404 (not this person's task), PermissionDenied.
    """
    took_ms = _checked_elapsed(elapsed_ms)
    seen = {"elapsed_ms": took_ms, **_checked_page(ui_version, viewport)}
    remarked = checked_remark(doubt, comment)
    work = _work_on(user, task_id)
    kind = kind_of(work.project)
    labels = _labels(work.project.pk) if kind.has_labels else []
    asked = AnswerCheck(work.project, kind, work.task.item, labels)
    if work.task.state == TaskState.ANSWERED:
        current = Annotation.objects.current().get(task=work.task)
        checked, is_same = asked.again(answer, current.answer)
        stored, before = asked.stored(checked), current.remark
        remark = remarked.of(before)
        if is_same and remark == before:
            return Recorded(current, checked, False, _feedback(work, stored))
        if is_same:  # only what goes with it is another: how the answer was given stays
            seen = {name: getattr(current, name) for name in (*seen, "instructions_version")}
        return Recorded(_revise(work, stored, seen, remark), checked, False, _feedback(work, stored))
    checked = asked.checked(answer)
    keep_pace(work.member, work.now)
    if work.task.state != TaskState.OPEN:
        _retake(work)
        _set_state(work.task, TaskState.ANSWERED)
    else:
        _close(work.task.pk)
    if work.project.label_splits:
        _let_former_go(work)
    _count_answer(work, +1, took_ms or 0)
    stored = asked.stored(checked)
    annotation = _revise(work, stored, seen, remarked.of(NO_REMARK))
    _finish(work)
    return Recorded(annotation, checked, annotation.revision == 1, _feedback(work, stored))


def _feedback(work: _Work, stored: dict[str, Any]) -> Feedback | None:
    return feedback_on(work.project, work.task, stored)


@transaction.atomic
def take_back(user: User, task_id: int) -> Task:
    """Undoes an answer or a skip: the task is open again, with a fresh lease. Harmless to repeat.

    Raises LeaseLost (the slot of a skipped or expired task is gone), Http404, PermissionDenied.
    """
    work = _work_on(user, task_id)
    if work.task.state == TaskState.ANSWERED:
        _take_answer_back(work)
    elif work.task.state != TaskState.OPEN:
        _retake(work)
    work.task.lease_expires_at = lease_end(work.project.lease_s)
    _set_state(work.task, TaskState.OPEN)
    _finish(work)
    return work.task


@transaction.atomic
def skip(user: User, task_id: int, reason: Any) -> Task:
    """Gives the task back unanswered and does not ask this person again; may set the item aside. Harmless to repeat.

    Raises Invalid (reason), LeaseLost (the person was asked again meanwhile), Http404, PermissionDenied.
    """
    if not isinstance(reason, str) or reason not in SkipReason.values:
        raise Invalid("reason", f"One of {', '.join(SkipReason.values)}.")
    work = _work_on(user, task_id)
    task = work.task
    if reason == SkipReason.UNKNOWN:
        _check_one_label(work.project)
    if task.state == TaskState.SKIPPED and task.skip_reason == reason:
        return task
    if task.state == TaskState.ANSWERED:
        _take_answer_back(work)
    if task.state == TaskState.EXPIRED and _asked_again(work):
        raise LeaseLost("You were asked about this again meanwhile.")
    if task.state in (TaskState.OPEN, TaskState.ANSWERED) and work.holds_slot:
        work.item.slots_taken -= 1
    task.skip_reason, task.skipped_at = reason, timezone.now()
    _set_state(task, TaskState.SKIPPED)
    if work.item.status == ItemStatus.ACTIVE and (because := _settled(work, skips_of(work.same()), reason)):
        work.change.set_aside(because)
    _finish(work)
    return task


def _check_one_label(project: Project) -> None:
    """Raises Invalid where what an item is may be said by a label. Any kind but that of one label an item has other
    ways to say that none fits."""
    if not kind_of(project).is_one_label or project.labels.in_use().count() != 1:
        raise Invalid("reason", "Only a project with one label has unknown patterns: give a label, or skip otherwise.")


def _checked_elapsed(elapsed_ms: Any) -> int | None:
    if elapsed_ms is None:
        return None
    if isinstance(elapsed_ms, bool) or not isinstance(elapsed_ms, int) or not 0 <= elapsed_ms <= MAX_ELAPSED_MS:
        raise Invalid("elapsed_ms", f"A whole number of milliseconds from 0 to {MAX_ELAPSED_MS}.")
    return elapsed_ms


def _checked_page(ui_version: Any, viewport: Any) -> dict[str, str]:
    if not isinstance(viewport, str) or viewport not in _VIEWPORTS:
        raise Invalid("viewport", f"One of {', '.join(Viewport.values)}.")
    return {"ui_version": text("ui_version", ui_version, max_length=40), "viewport": viewport}


def _work_on(user: User, task_id: int) -> _Work:
    """Locks member, task and item, in this order: everything one person does in a project comes one after the other."""
    if not (found := _member(user.pk, task_id) if task_id < 2**63 else []):
        raise Http404("No such task.")
    member = found[0]
    if not user.reaches(member.project_id):
        raise Http404("No such task.")
    if not member.may(Action.TASKS_ANSWER.permission):
        raise PermissionDenied(member.refusal)
    source = source_of(member.project)
    (task,) = _task(task_id, source=source)
    task.project = member.project
    if member.sent_back:
        looked_at(task_id, member)
    revision = task.revision or 0  # type: ignore[attr-defined]  # annotated below
    return _Work(task, member, ItemChange(getattr(task, source.name), source), revision, Counter())


@Prepared
def _member(user: int, task: int) -> "QuerySet[Member]":
    """The membership by which the task is the user's."""
    members = Member.objects.filter(user=user, project__tasks__pk=task, project__tasks__annotator=F("user"))
    members = members.annotate(asked_at=Now()).defer(*UNASKED)
    return members.order_by().select_related("project").select_for_update(no_key=True, of=("self",))


@Prepared
def _task(task: int, *, source: SubjectSource) -> TaskQuerySet:
    newest = Annotation.objects.filter(task=OuterRef("pk")).order_by("-revision").values("revision")[:1]
    # the slots keep the join an inner one: PostgreSQL locks no row that may be missing
    tasks = Task.objects.filter(pk=task, **{f"{source.name}__annotations_required__gte": 0}).annotate(
        revision=Subquery(newest)
    )
    return tasks.select_related(source.name).select_for_update(no_key=True, of=("self", source.name))


@PreparedRows
def _labels(project: int) -> "QuerySet[Label, tuple[str, str]]":
    return Label.objects.in_use().filter(project=project).order_by("position", "pk").values_list("name", "key")


def _revise(work: _Work, answer: dict[str, Any] | None, seen: dict[str, Any], remark: Remark = NO_REMARK) -> Annotation:
    """Adds the next revision (``answer`` None: taken back) and announces it."""
    if work.revision:
        Annotation.objects.filter(task=work.task, is_current=True).update(is_current=False)
    work.revision += 1
    transaction.on_commit(partial(_announce, work.project.pk))
    annotation = _insert.new(
        project_id=work.project.pk, task_id=work.task.pk, annotator_id=work.member.user_id, answer=answer,
        revision=work.revision, **{"instructions_version": work.project.instructions_version, **seen}, **work.about,
        **remark.columns,
    )  # fmt: skip
    _insert([annotation])
    return annotation


_insert = PreparedInsert(Annotation)


def _announce(project_id: int) -> None:
    """Robust: the answer is durable, so a listener that fails must not turn it into an error for the annotator."""
    signals.answer_recorded.send_robust(Annotation, project_id=project_id)


def _let_former_go(work: _Work) -> None:
    """What the person had said before a label was split goes with the answer that is asked again: one person is never
    counted twice. Such an answer stands at a task that has expired (``services/scheme/relabel.py``)."""
    for former in Annotation.objects.current().filter(task__in=work.same(), annotator=work.member.user_id):
        work.deltas["annotations"] -= 1
        if former.task_id != work.task.pk:
            Annotation.objects.filter(pk=former.pk).update(is_current=False)
            gone = Annotation(
                project=work.project, task_id=former.task_id, annotator_id=former.annotator_id, answer=None,
                revision=former.revision + 1, instructions_version=former.instructions_version, **work.about,
            )  # fmt: skip
            _insert([gone])


def _take_answer_back(work: _Work) -> None:
    _count_answer(work, -1)
    _revise(work, None, {})


def _count_answer(work: _Work, by: int, elapsed_ms: int = 0) -> None:
    work.item.answers += by if work.holds_slot else 0
    work.deltas["annotations"] += by
    today = day_number(work.now)
    in_day = max(0, work.member.answers_on(today) + by)
    _count_member(work.member.pk, by, today, in_day, work.member.ms_on(today) + elapsed_ms)


@PreparedUpdate
def _count_member(
    member: int, by: int, day: int, in_day: int, day_ms: int
) -> "tuple[QuerySet[Member], dict[str, Any]]":
    counts = {"answers": F("answers") + by, "counted_day": day, "answers_day": in_day, "day_ms": day_ms}
    return Member.objects.filter(pk=member), counts


def _set_state(task: Task, state: TaskState) -> None:
    task.state = state
    task.save(update_fields=["state", "lease_expires_at", "skip_reason", "skipped_at"])


def _finish(work: _Work) -> None:
    """Writes the item, then the counts: the person's, and last the project's."""
    was_open = work.change.was_open
    work.deltas.update(work.change.save())
    if work.item.is_open and (spared := spare_known(work.change.source, [work.item.pk], work.project)):
        work.deltas.update(spared)  # given back, and nobody else is to be asked
        work.item.is_open = False
    asked_item_moved(work.change.source, work.member, work.item.split, work.item.is_open - was_open)
    move_progress(work.project.pk, work.deltas)


@PreparedUpdate
def _close(task: int) -> tuple[TaskQuerySet, dict[str, Any]]:
    """An open task is answered: the everyday case, of which nothing else changes."""
    return Task.objects.filter(pk=task), {"state": TaskState.ANSWERED}


def _asked_again(work: _Work) -> Task | None:
    """The task by which the same person was asked about it once more after this one had expired."""
    task = work.task
    if task.reason == Reason.REPEAT:
        return None
    others = work.same().filter(annotator=task.annotator_id).exclude(pk=task.pk)
    return others.exclude(state=TaskState.EXPIRED).exclude(reason=Reason.REPEAT).first()


def _retake(work: _Work) -> None:
    """Takes the slot of a skipped or expired task again. Raises LeaseLost."""
    if work.task.state == TaskState.SKIPPED:
        _undo_skip(work)
    elif again := _asked_again(work):
        if again.state != TaskState.OPEN:
            raise LeaseLost("You have dealt with this meanwhile.")
        _set_state(again, TaskState.EXPIRED)
        work.item.slots_taken -= again.reason not in BEYOND_SLOTS  # its slot passes on, if it had one
    if work.holds_slot:
        work.change.take_slot()


def _undo_skip(work: _Work) -> None:
    """Forgets the skip; an item set aside because of it comes back unless other skips settle it."""
    work.task.skip_reason, work.task.skipped_at = "", None
    if work.item.set_aside_because in BY_SKIPS:
        skips = skips_of(work.same().exclude(pk=work.task.pk))
        because = next((reason for reason in SkipReason.values if settles(reason, skips)), None)
        work.change.set_aside(because) if because else work.change.restore()


def _settled(work: _Work, skips: list[Skip], reason: str) -> str:
    """Why the item is to be set aside by these skips; "" where it is asked about further on."""
    if settles(reason, skips):
        return reason
    return Because.EVERYBODY if not work.item.answers and is_skipped_by_everybody(work.project, skips) else ""
