"""Features of many items, computed by all workers: cut into parts, of which the run takes the next and others the last.

A part is a job row: whoever claims it computes it, and one whose worker died waits again. The run that needs them
works on them itself, so they are there even where no other worker is free; it calls for help one message at a time, so
that jobs of others get their turn. Cuts are those of a run alone, so the bytes are the same.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labeling.models import JobState
from labeling.services.jobs.attempts import attempt_at
from labeling.services.jobs.enqueue import enqueue, messages_waiting
from learning.models import EncoderVersion, FeaturePart
from learning.services import files
from learning.services.features import contents, encoder_versions

#: Of fewer rows the run computes all.
WORTH_PARTS = 4 * contents.ITEMS_PER_BLOCK
JOB = "learning.help_with_features"
CALL_EVERY_S = 2.0
LOOK_EVERY_S = 0.2
LOOK_FOR_DEAD_EVERY_S = 1.0

Report = Callable[[int, int], None]


class PartGone(Exception):
    """The file of a part is missing or damaged: it waits to be computed again."""


class PartFailed(Exception):
    """What went wrong with a part, whoever computed it."""


def compute(version: EncoderVersion, ranges: list[tuple[int, int]], report: Report) -> None:
    """Returns once every row of the ranges (of ordinals) is in a part. ``report(done, of)`` may end it by raising."""
    parts = _planned(version, ranges)
    of = sum(stop - first for first, stop in ranges)
    called_at = looked_at = float("-inf")
    while True:
        by_state = list(parts.values_list("state", "rows", "error"))
        report(sum(rows for state, rows, _ in by_state if state == JobState.DONE), of)
        if failed := [error for state, _, error in by_state if state not in _GOING]:
            parts.exclude(state__in=_GOING).delete()  # the next attempt begins with them anew
            raise PartFailed(failed[0])
        if all(state == JobState.DONE for state, _, _ in by_state):
            return
        now = time.monotonic()
        if now - looked_at > LOOK_FOR_DEAD_EVERY_S:
            parts.requeue_lost()
            looked_at = now
        waiting = sum(state == JobState.QUEUED for state, _, _ in by_state)
        if waiting > 1 and now - called_at > CALL_EVERY_S:
            if messages_waiting() == 0:
                enqueue(JOB, version.pk)
            called_at = now
        mine = parts.waiting().order_by("first").values_list("pk", flat=True).first()
        if mine is None or not _computed(mine):
            time.sleep(LOOK_EVERY_S)


_GOING = (JobState.QUEUED, JobState.RUNNING, JobState.DONE)


def help_with(version_pk: int) -> dict[str, Any]:
    """Takes parts from the end until none waits, or another job does. Safe to call any number of times."""
    computed = 0
    parts = FeaturePart.objects.filter(encoder=version_pk)
    with threadpool_limits(limits=1):
        while (last := parts.waiting().order_by("-first").values_list("pk", flat=True).first()) is not None:
            computed += _computed(last)
            if messages_waiting():
                break
    return {"encoder": version_pk, "parts": computed}


def rows_of(version: EncoderVersion, first: int, stop: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(ordinal, rows) of the parts from ``first`` up to ``stop``. Raises PartGone."""
    for part in version.parts.filter(first__gte=first, first__lt=stop):
        try:
            rows = np.frombuffer(files.load(part.path, part.sha256), dtype=np.float32)
        except files.Corrupt as error:
            version.parts.filter(pk=part.pk).update(state=JobState.QUEUED)
            raise PartGone from error
        yield part.first, rows.reshape(part.rows, version.dimension)


def let_go(version: EncoderVersion, first: int, stop: int) -> None:
    """Of parts whose rows are in a shard."""
    for part in version.parts.filter(first__gte=first, first__lt=stop):
        part.delete()
        if part.path and not FeaturePart.objects.filter(path=part.path).exists():  # named by content
            files.remove(part.path)


def _planned(version: EncoderVersion, ranges: list[tuple[int, int]]) -> Any:
    """The rows of the parts, those of an earlier attempt among them."""
    cuts = {first: end - first for start, stop in ranges for first, end in contents.cuts(start, stop)}
    for part in version.parts.all():
        if cuts.get(part.first) != part.rows or part.state not in _GOING:
            let_go(version, part.first, part.first + 1)
    FeaturePart.objects.bulk_create(
        [FeaturePart(encoder=version, first=first, rows=rows) for first, rows in cuts.items()], ignore_conflicts=True
    )
    return FeaturePart.objects.filter(encoder=version)


def _computed(pk: int) -> bool:
    """Whether this process had the part and computed it."""
    with attempt_at(FeaturePart.objects.all(), pk) as attempt:
        if attempt is None:
            return False
        part = FeaturePart.objects.select_related("encoder__project").get(pk=pk)
        version = part.encoder
        rows = np.zeros((part.rows, version.dimension), dtype=np.float32)
        for ordinals, block in contents.blocks(version.project, part.first, part.first + part.rows):
            rows[ordinals - part.first] = encoder_versions.fitted(version).transform(block)
        path, sha256 = files.store(_folder(version), ".rows", rows.data.cast("B"))
        attempt.finish(path=path, sha256=sha256)
        return True
    return False


def _folder(version: EncoderVersion) -> str:
    return f"learning/{version.project_id}/features/{version.pk}/parts"
