"""Moves the kept counts of a project's answers on: a worker does it where somebody looked and much had come.

Answering costs nothing for it. Nothing is counted twice or missed whatever dies: what was added and up to where stand
in one row and are written at once (``labeling/selectors/answer_counts.py`` says why any sum of ids is right).
"""

import time
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling.db.raw_rows import fetch
from labeling.db.settled import CLOCKS_DIFFER, all_over_since
from labeling.models import AnswerCounts, Project
from labeling.selectors.answer_counts import DAYS_KEPT, MINUTES_KEPT, events, kept_counts, n_since, scheme_signature
from labeling.selectors.label_names import label_names
from labeling.services.jobs.enqueue import enqueue_on_commit

JOB = "labeling.count_answers"
#: From so many on a worker is asked: all that is new is counted by everybody who looks.
ASK_FROM = 1_000
AT_ONCE = 20_000
#: A worker that was asked so long ago may be dead, or may have waited in vain for somebody's long transaction.
ASK_AGAIN_AFTER = timedelta(seconds=30)
#: A worker waits so long for transactions that may still bring an older number.
WAIT_S, LOOK_EVERY_S = 5.0, 0.2


def keep_up(project: Project) -> None:
    """For whoever looks: asks a worker where much is new."""
    if n_since(project, 0, ASK_FROM + 1) <= ASK_FROM:  # a project of few answers is counted whole
        return
    kept = kept_counts(project, label_names(project))
    if kept.folded and n_since(project, kept.folded, ASK_FROM + 1) <= ASK_FROM:
        return
    now = timezone.now()
    AnswerCounts.objects.get_or_create(project=project)
    free = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN_AFTER) | Q(asked_at__gt=now + CLOCKS_DIFFER)
    if AnswerCounts.objects.filter(free, project=project).update(asked_at=now):
        enqueue_on_commit(JOB, project.pk)


def go_on(project_id: int) -> int:
    """The worker's part: until nothing is left, or somebody's transaction may still bring an older number. Returns up
    to which annotation all are counted."""
    until = time.monotonic() + WAIT_S
    while project := Project.objects.filter(pk=project_id, deleted_at=None).first():
        folded, waits = _step(project)
        if waits is None:
            AnswerCounts.objects.filter(project=project).update(asked_at=None)
            return folded
        if waits and time.monotonic() > until:
            return folded
        if waits:
            time.sleep(LOOK_EVERY_S)
    return 0


@transaction.atomic
def _step(project: Project) -> tuple[int, bool | None]:
    """Up to where all is counted; whether transactions under way have to end before more can be, None where no more is
    there."""
    AnswerCounts.objects.get_or_create(project=project)
    counts = AnswerCounts.objects.select_for_update(no_key=True).get(project=project)
    scheme = label_names(project)
    if counts.scheme != scheme_signature(scheme):
        counts.folded, counts.scheme = 0, scheme_signature(scheme)
        counts.days, counts.minutes, counts.labels = {}, {}, {}
    elif counts.folded >= counts.candidate:
        pass
    elif not all_over_since(AnswerCounts, project.pk, counts.updated_at):
        return counts.folded, True
    if counts.folded < counts.candidate:
        now = timezone.now()
        end = _end(project, counts)
        new = events(project, scheme, counts.folded, end, now, minutes_from=now - MINUTES_KEPT)
        counts.folded = end
        _add(counts, new.times, new.labels)
    newest = fetch("SELECT MAX(id) FROM labeling_annotation WHERE project_id = %s", [project.pk])[0][0] or 0
    if counts.folded >= counts.candidate and newest > counts.candidate:
        counts.candidate = newest
    counts.updated_at = timezone.now()
    counts.save(update_fields=["folded", "candidate", "days", "minutes", "labels", "scheme", "updated_at"])
    return counts.folded, False if counts.folded < counts.candidate else None


def _end(project: Project, counts: AnswerCounts) -> int:
    """The id of the last annotation that is counted at once."""
    sql = """SELECT id FROM labeling_annotation WHERE project_id = %s AND id > %s AND id <= %s
        ORDER BY id LIMIT 1 OFFSET %s"""
    found = fetch(sql, [project.pk, counts.folded, counts.candidate, AT_ONCE - 1])
    return found[0][0] if found else counts.candidate


def _add(counts: AnswerCounts, times: "Counter[str]", labels: "Counter[str]") -> None:
    """``times`` by date, and by minute where these are kept, which are of a date, too."""
    days, minutes, given = Counter(counts.days), Counter(counts.minutes), Counter(counts.labels)
    for at, n in times.items():
        days[at[:10]] += n
        if len(at) > 10:
            minutes[at] += n
    given.update(labels)
    now = timezone.now()
    first, since = f"{now - DAYS_KEPT:%Y-%m-%d}", f"{now - MINUTES_KEPT:%Y-%m-%d %H:%M}"
    counts.days = {day: n for day, n in sorted(days.items()) if n and day >= first}
    counts.minutes = {minute: n for minute, n in sorted(minutes.items()) if n and minute >= since}
    counts.labels = {label: n for label, n in given.items() if n}
