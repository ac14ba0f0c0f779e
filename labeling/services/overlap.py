"""Changing how many people answer each item, while people are answering."""

import time

from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, Value, When

from labeling.models import Item, ItemStatus, Progress, Project, Split
from labeling.models.item import ItemQuerySet

BATCH_ITEMS = 5_000
RETRIES = 100
RETRY_AFTER_S = 0.02


def apply_overlap(project: Project) -> int:
    """Brings ``slots_total`` of all items to the project's overlap, never below the slots taken; returns items changed.

    Bounded batches, each with its counts in one transaction; harmless to repeat, and repeating finishes what a killed
    process began.
    """
    changed = 0
    with transaction.atomic():  # a chunk of an import that still knows the old overlap is waited for
        rows = Progress.objects.select_for_update().values_list("next_ordinal", flat=True)
        last = rows.get(project=project)
    for start in range(0, last, BATCH_ITEMS):
        for _ in range(RETRIES):
            moved, left = _batch(project, start, start + BATCH_ITEMS)
            changed += moved
            if not left:
                break
            time.sleep(RETRY_AFTER_S)
    return changed


@transaction.atomic
def _batch(project: Project, start: int, end: int) -> tuple[int, int]:
    """Items changed, and items that somebody else held just now."""
    overlap = Project.objects.values_list("overlap", flat=True).get(pk=project.pk)  # somebody may change it again
    to_change = Item.objects.filter(project=project, ordinal__gte=start, ordinal__lt=end).filter(
        Q(slots_total__lt=overlap) | Q(slots_total__gt=overlap, slots_taken__lt=F("slots_total"))
    )
    rows = to_change
    if connection.features.has_select_for_update:
        # never waits for a row while holding others, so it cannot deadlock with a claim of several items
        held = list(to_change.select_for_update(skip_locked=True).values_list("pk", flat=True))
        rows = Item.objects.filter(pk__in=held)
    pks = Item.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    before = _counts(pks)
    total = Case(When(slots_taken__gt=overlap, then=F("slots_taken")), default=Value(overlap))
    free = Q(status=ItemStatus.ACTIVE, slots_taken__lt=overlap)
    moved = pks.update(slots_total=total, is_open=Case(When(free, then=True), default=False))
    after = _counts(pks)
    if moved:
        deltas = {name: F(name) + after[name] - before[name] for name in after}
        Progress.objects.filter(project=project).update(reopened=F("reopened") + 1, **deltas)
    left = to_change.count() if connection.features.has_select_for_update else 0
    return moved, left


def _counts(items: ItemQuerySet) -> dict[str, int]:
    """How many of the items Progress counts as open and as done."""
    is_done = Q(status=ItemStatus.ACTIVE, answers__gte=F("slots_total"))
    return items.aggregate(
        pool_open=Count("pk", filter=Q(split=Split.POOL, is_open=True)),
        eval_open=Count("pk", filter=Q(split=Split.EVAL, is_open=True)),
        pool_done=Count("pk", filter=Q(split=Split.POOL) & is_done),
        eval_done=Count("pk", filter=Q(split=Split.EVAL) & is_done),
    )
