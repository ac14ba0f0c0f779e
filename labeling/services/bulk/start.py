"""A step is begun: what it is about is frozen, who may is asked, and what would move an estimate is refused."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from labeling.kinds import InvalidAnswer, kind_of
from labeling.models import Action, BulkDo, BulkStep, JobState, Project, User
from labeling.selectors.access import may, require
from labeling.services.answers.answer_check import AnswerCheck
from labeling.services.audit.trail import record
from labeling.services.bulk.choose import Selection, chosen_ordinals, held_out
from labeling.services.bulk.names import add_name
from labeling.services.bulk.run import JOB, run_bulk_step
from labeling.services.bulk.steps import MANAGERS_STEPS
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

#: Up to so many items are dealt with before the request ends; to keep them changes nothing and costs little.
AT_ONCE = 500
KEPT_AT_ONCE = 10_000
MAX_REASON = 2_000
#: What becomes of items of the eval split.
LEAVE_OUT, INCLUDE = "leave_out", "include"
EVAL_CHOICES = (LEAVE_OUT, INCLUDE)
#: Of these the answer is a label.
_GIVE_LABELS = frozenset((BulkDo.LABEL, BulkDo.GOLD, BulkDo.NAME))
_OF_ANSWERS = frozenset((BulkDo.NAME, BulkDo.LABEL, BulkDo.ASK_AGAIN, BulkDo.REVIEW, BulkDo.GOLD))


class AsksFirst(Invalid):
    """Nothing was done, and something is to be said before it is: of ``total`` items now ``n_eval`` are held out."""

    def __init__(self, field: str, reason: str, total: int, n_eval: int) -> None:
        super().__init__(field, reason)
        self.total, self.n_eval = total, n_eval


def begin(
    user: User,
    project: Project,
    do: Any,
    selection: Selection,
    *,
    answer: Any = None,
    reason: Any = "",
    eval_items: str = "",
    is_confirmed: bool = False,
    public_id: uuid.UUID | None = None,
) -> BulkStep:
    """Carries the step out, or has a worker do it where it is about more than 500 items; returns it as it is then.

    ``answer`` is what *label* gives, and *gold* where it is not what an item's answers come to. Items of the eval split
    are left out (``eval_items`` *leave_out*) or are among them for a ``reason`` that a manager gives (*include*).

    Raises AsksFirst (count: the view has another number of items than was said, eval), Invalid (do, items, view,
    answer, reason), InvalidAnswer, Http404, PermissionDenied; IntegrityError for a ``public_id`` that there is.
    """
    require(user, project, Action.ITEMS_BULK)
    if do not in BulkDo.values or do == BulkDo.UNDO:
        raise Invalid("do", f"One of {', '.join(name for name in BulkDo.values if name != BulkDo.UNDO)}.")
    if do in MANAGERS_STEPS:
        require(user, project, Action.ITEMS_BULK_ALL)
    if do in _OF_ANSWERS and not kind_of(project).answers_are_of_items:
        raise Invalid("do", "This project compares pairs: nothing is said of single items.")
    stored = _checked(project, do, answer) if do != BulkDo.NAME else None
    why = text("reason", reason, max_length=MAX_REASON)
    bits = chosen_ordinals(project, selection)
    bits = _without_held_out(user, project, do, bits, selection, why, eval_items, is_confirmed)
    total = bits.bit_count()
    if not total:
        raise Invalid("items", "No item is left that this could be about.")
    told = {"do": do, "items": total, "view": selection.view.address if selection.view else "", "reason": why}
    with transaction.atomic():
        if do == BulkDo.NAME:
            add_name(user, project, answer)
            stored = _checked(project, do, answer)
        step = BulkStep.objects.create(
            project=project,
            created_by=user,
            do=do,
            answer=stored,
            reason=why if eval_items == INCLUDE else "",
            view=selection.view.address if selection.view else "",
            chosen=BulkStep.packed(bits),
            total=total,
            public_id=public_id or uuid.uuid4(),
        )
        after = {name: value for name, value in told.items() if value}
        record("items.bulk", user=user, project=project, subject=f"step {step.public_id}", after=after)
        if not _at_once(step):
            enqueue_on_commit(JOB, step.pk)
    return _carried_out(step)


def is_of(
    step: BulkStep, project: Project, do: str, selection: Selection, *, answer: Any = None, eval_items: str = ""
) -> bool:
    """Whether the step was begun by these very words; a view by its address, whatever it has by now. Raises Invalid."""
    if (step.do, step.view) != (do, selection.view.address if selection.view else ""):
        return False
    if step.answer != _checked(project, do, answer):
        return False
    if selection.view is not None:
        return True
    bits = chosen_ordinals(project, selection)
    if eval_items == LEAVE_OUT and do not in (BulkDo.SELECT, BulkDo.NAME):
        bits &= ~held_out(project, bits)
    return step.ordinals == bits


def undo(user: User, project: Project, step: BulkStep) -> BulkStep:
    """Takes a step back, one that is under way as well: what is done of it. Harmless to repeat; an undo that failed
    goes on where it stopped. Whoever may do the step may. Raises Invalid (step), Http404, PermissionDenied."""
    require(user, project, Action.ITEMS_BULK_ALL if step.do in MANAGERS_STEPS else Action.ITEMS_BULK)
    if step.do in (BulkDo.UNDO, BulkDo.SELECT):
        raise Invalid("step", "There is nothing to undo: it changed no item.")
    with transaction.atomic():
        locked = BulkStep.objects.select_for_update(no_key=True).get(pk=step.pk)
        made = BulkStep.objects.filter(undoes=locked).first()
        if made is not None and made.state != JobState.FAILED:
            return made
        # what is under way is fenced off: the chunk it is at is rolled back
        BulkStep.objects.filter(pk=locked.pk).unfinished().update(state=JobState.CANCELLED, finished_at=Now())
        total = locked.items.standing().count()
        if made is None:
            made = BulkStep.objects.create(
                project=project, created_by=user, do=BulkDo.UNDO, undoes=locked, chosen=locked.chosen, total=total
            )
        else:
            again = {"state": JobState.QUEUED, "created_by": user, "finished_at": None, "error": ""}
            BulkStep.objects.filter(pk=made.pk).update(**again)
        told = {"do": locked.do, "items": total}
        record("items.bulk_undone", user=user, project=project, subject=f"step {locked.public_id}", before=told)
        if not _at_once(made):
            enqueue_on_commit(JOB, made.pk)
    return _carried_out(made)


def _at_once(step: BulkStep) -> bool:
    return step.total <= (KEPT_AT_ONCE if step.do == BulkDo.SELECT else AT_ONCE)


def _carried_out(step: BulkStep) -> BulkStep:
    if _at_once(step):
        run_bulk_step(step.pk)
    return BulkStep.objects.select_related("undoes").get(pk=step.pk)


def _checked(project: Project, do: str, answer: Any) -> dict[str, Any] | None:
    """The answer as it is stored. Raises Invalid, InvalidAnswer."""
    if do not in _GIVE_LABELS or (do == BulkDo.GOLD and answer is None):
        if answer is not None:
            raise Invalid("answer", "This step gives no answer.")
        return None
    if answer is None:
        raise Invalid("answer", "Say which label the items are to have.")
    kind = kind_of(project)
    labels = list(project.labels.in_use().order_by("position", "pk").values_list("name", "key"))
    check = AnswerCheck(project, kind, None, labels if kind.has_labels else [])
    try:
        return check.stored(check.checked(answer))
    except InvalidAnswer as error:
        raise Invalid("answer", error.reason) from error


def _without_held_out(
    user: User, project: Project, do: str, bits: int, selection: Selection, reason: str, choice: str, confirmed: bool
) -> int:
    """Raises AsksFirst, Invalid (eval, reason)."""
    total, held = bits.bit_count(), held_out(project, bits)
    n_eval = held.bit_count()
    if selection.view is not None and not confirmed and selection.count != total:
        said = "how many items it has was not said" if selection.count is None else f"{selection.count:,} were shown"
        raise AsksFirst("count", f"The view has {total:,} items now, {said}: nothing was done.", total, n_eval)
    if not held or do in (BulkDo.SELECT, BulkDo.NAME):  # what is held out is put back, and people are asked about it
        return bits
    if choice == LEAVE_OUT:
        return bits & ~held
    if choice == INCLUDE and reason and may(user, project, Action.ITEMS_BULK_ALL):
        return bits
    if choice == INCLUDE and not may(user, project, Action.ITEMS_BULK_ALL):
        words = "only a manager may say why they are to be among them"
    else:
        words = "leave them out, or say why they are to be among them"
    of = f"{n_eval:,} of these {total:,} items {'is' if n_eval == 1 else 'are'} held out to measure models"
    raise AsksFirst("eval", f"{of}: {words}. Nothing was done.", total, n_eval)
