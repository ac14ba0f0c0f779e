"""A step is carried out: some items a transaction, each with what became of it, so that a killed worker loses nothing
and repeats nothing."""

from collections import Counter
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from labeling.models import BulkDo, BulkItem, BulkStep, Item, User
from labeling.services.bulk.choose import ordinals_of
from labeling.services.bulk.names import let_go_of_name
from labeling.services.bulk.steps import STEPS
from labeling.services.jobs.attempts import Attempt, attempt_at

JOB = "labeling.run_bulk_step"
#: Items of one transaction.
CHUNK = 500


def run_bulk_step(step_pk: int) -> dict[str, Any]:
    """Goes on with a step where it was left. Safe to call any number of times."""
    with attempt_at(BulkStep.objects.all(), step_pk) as attempt:
        if attempt is not None:
            step = BulkStep.objects.select_related("project", "created_by", "undoes").get(pk=step_pk)
            if step.created_by is None:
                raise PermissionDenied("Who began this is gone.")
            carry = _undo if step.do == BulkDo.UNDO else _do
            while carry(step.created_by, step, attempt):
                pass
            if step.undoes is not None and step.undoes.do == BulkDo.NAME:
                let_go_of_name(step.created_by, step.undoes)
            attempt.finish()
    return {"step": step_pk, "state": BulkStep.objects.values_list("state", flat=True).get(pk=step_pk)}


@transaction.atomic
def _do(user: User, step: BulkStep, attempt: Attempt) -> bool:
    """The next items; False when there are none."""
    ordinals = list(islice(ordinals_of(step.ordinals, step.cursor), CHUNK))
    if not ordinals:
        return False
    ids = list(
        Item.objects.filter(project=step.project, ordinal__in=ordinals).order_by("pk").values_list("pk", flat=True)
    )
    found = STEPS[step.do].do(user, step, ids)
    BulkItem.objects.bulk_create(
        BulkItem(project=step.project, step=step, item_id=pk, why=found[pk].why, before=found[pk].before) for pk in ids
    )
    _counted(step, [found[pk].why for pk in ids])
    step.cursor = ordinals[-1] + 1
    # last, and in the same transaction: an attempt that was fenced off leaves no trace
    attempt.beat(cursor=step.cursor, done=step.done, left_out=step.left_out)
    return True


@transaction.atomic
def _undo(user: User, step: BulkStep, attempt: Attempt) -> bool:
    """The next items of the step that is undone; False when there are none."""
    assert step.undoes is not None  # a constraint of the table
    undone = step.undoes
    undone.project = step.project
    rows = list(undone.items.standing().filter(pk__gt=step.cursor).order_by("pk")[:CHUNK])
    if not rows:
        return False
    put_back = set(STEPS[undone.do].put_back(user, undone, rows))
    BulkItem.objects.filter(pk__in=[row.pk for row in rows if row.item_id in put_back]).update(is_undone=True)
    BulkItem.objects.bulk_create(
        BulkItem(project=step.project, step=step, item_id=row.item_id, why="" if row.item_id in put_back else "changed")
        for row in rows
    )
    _counted(step, ["" if row.item_id in put_back else "changed" for row in rows])
    step.cursor = rows[-1].pk
    attempt.beat(cursor=step.cursor, done=step.done, left_out=step.left_out)
    return True


def _counted(step: BulkStep, reasons: list[str]) -> None:
    counts = Counter(reasons)
    step.done += counts.pop("", 0)
    step.left_out = dict(Counter(step.left_out) + counts)
