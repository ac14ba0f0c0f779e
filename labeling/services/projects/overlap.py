"""Changing how many people answer each item or pair, while people are answering."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from labeling.models import Item, ItemStatus, Pair, Progress, Project
from labeling.services.projects import doubled
from labeling.services.serving.sources import ANY_PAIRS, ITEMS

BATCH_ITEMS = 5_000
RETRIES = 100
RETRY_AFTER_S = 0.02

Rows = QuerySet[Any]


def apply_overlap(project: Project, beat: Callable[..., None] | None = None) -> int:
    """Brings ``slots_total`` of all items and pairs to the project's overlap, never below the slots taken; returns how
    many changed.

    Bounded batches, each with its counts in one transaction; harmless to repeat, and repeating finishes what a killed
    process began. ``beat`` hears how many of how many were looked at.
    """
    changed = done = 0
    with transaction.atomic():  # a chunk of an import that still knows the old overlap is waited for
        rows = Progress.objects.select_for_update().values_list("next_ordinal", flat=True)
        last = rows.get(project=project)
        highest_pair = Pair.objects.filter(project=project).aggregate(pk=Max("pk"))["pk"] or 0
    total = last + Pair.objects.filter(project=project, pk__lte=highest_pair).count()
    for among in _slices(project, last, highest_pair):
        if beat:
            beat(done=done, total=total, changed=changed)
        for _ in range(RETRIES):
            moved, left = _batch(project, among)
            changed += moved
            if not left:
                break
            time.sleep(RETRY_AFTER_S)
        done = min(done + BATCH_ITEMS, total)
    return changed


def _slices(project: Project, last_ordinal: int, highest_pair: int) -> Iterator[Rows]:
    """All items and pairs of the project, in bounded slices."""
    items, pairs = Item.objects.filter(project=project), Pair.objects.filter(project=project)
    for start in range(0, last_ordinal, BATCH_ITEMS):
        yield items.filter(ordinal__gte=start, ordinal__lt=start + BATCH_ITEMS)
    lowest_pair = pairs.order_by("pk").values_list("pk", flat=True).first()
    if lowest_pair is not None:
        for start in range(lowest_pair, highest_pair + 1, BATCH_ITEMS):
            yield pairs.filter(pk__gte=start, pk__lt=start + BATCH_ITEMS)


@transaction.atomic
def _batch(project: Project, among: Rows) -> tuple[int, int]:
    """Rows changed, and rows that somebody else held just now."""
    now = Project.objects.get(pk=project.pk)  # somebody may change it again
    among = _with_wanted(among, now)
    to_change = among.filter(
        Q(slots_total__lt=F("wanted"))
        | Q(slots_total__gt=F("wanted"), slots_taken__lt=F("slots_total"))
        | (Q() if among.model is Pair else ~Q(extra_slots=F("wanted_extra")))
    )
    rows = to_change
    if connection.features.has_select_for_update:
        # never waits for a row while holding others, so it cannot deadlock with a claim of several items; without
        # their keys, which who makes a pair needs while holding Progress
        held = list(to_change.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        rows = among.model._default_manager.filter(pk__in=held)
    pks = among.model._default_manager.filter(pk__in=list(rows.values_list("pk", flat=True)))
    before = _counts(pks)
    extra = {} if among.model is Pair else {"extra_slots": F("wanted_extra")}
    free = Q(status=ItemStatus.ACTIVE, slots_taken__lt=F("wanted"))
    moved = _with_wanted(pks, now).update(
        slots_total=Greatest("slots_taken", "wanted"), is_open=Case(When(free, then=True), default=False), **extra
    )
    after = _counts(pks)
    if moved:
        deltas = {name: F(name) + after[name] - before[name] for name in after}
        Progress.objects.filter(project=project).update(reopened=F("reopened") + 1, **deltas)
    left = to_change.count() if connection.features.has_select_for_update else 0
    return moved, left


def _with_wanted(among: Rows, project: Project) -> Rows:
    """Each with the slots it should have."""
    if among.model is Pair:
        return among.annotate(wanted=Value(project.overlap))
    return doubled.with_wanted(among, project.overlap, doubled.share_of(project))


def _counts(items: Rows) -> dict[str, int]:
    """How many of the items or pairs Progress counts as open and as done."""
    return (ANY_PAIRS if items.model is Pair else ITEMS).count(items)
