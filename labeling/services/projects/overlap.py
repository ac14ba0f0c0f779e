"""Changing how many people answer each item or pair, and which are asked about, while people are answering."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from labeling.models import Progress, Project
from labeling.services.serving.required import bring, to_change
from labeling.services.serving.sources import EVERY_ROW, SubjectSource

BATCH_ROWS = 5_000
RETRIES = 100
RETRY_AFTER_S = 0.02

Rows = QuerySet[Any]


def rows_of(project: Project) -> int:
    """How many rows have an overlap to be brought to."""
    progress = Progress.objects.get(project=project)
    return sum(getattr(progress, source.rows_column) for source in EVERY_ROW)


def apply_overlap(project: Project, beat: Callable[..., None] | None = None) -> int:
    """Brings ``annotations_required`` of every row to what the project's settings say, never below the slots taken;
    returns how many changed.

    Bounded batches, each with its counts in one transaction; harmless to repeat, and repeating finishes what a killed
    process began. ``beat`` hears how many of how many were looked at.
    """
    changed = done = 0
    with transaction.atomic():  # a chunk of an import that still knows the old overlap is waited for
        Progress.objects.select_for_update().get(project=project)
        total = rows_of(project)
        slices = [(source, among) for source in EVERY_ROW for among in source.slices(project.pk, BATCH_ROWS)]
    for source, among in slices:
        if beat:
            beat(done=done, total=total, changed=changed)
        for _ in range(RETRIES):
            moved, left = _batch(project, source, among)
            changed += moved
            if not left:
                break
            time.sleep(RETRY_AFTER_S)
        done = min(done + BATCH_ROWS, total)
    return changed


@transaction.atomic
def _batch(project: Project, source: SubjectSource, among: Rows) -> tuple[int, int]:
    """Rows changed, and rows that somebody else held just now."""
    now = Project.objects.get(pk=project.pk)  # somebody may change it again
    changing = to_change(source, among, now)
    rows = changing
    if connection.features.has_select_for_update:
        # never waits for a row while holding others, so it cannot deadlock with a claim of several items; without
        # their keys, which who makes a pair needs while holding Progress
        rows = changing.select_for_update(skip_locked=True, no_key=True)
    moved, deltas = bring(source, list(rows.values_list("pk", flat=True)), now)
    if moved:
        by = {name: F(name) + delta for name, delta in deltas.items()}
        Progress.objects.filter(project=project).update(reopened=F("reopened") + moved, **by)
    left = changing.count() if connection.features.has_select_for_update else 0
    return moved, left
