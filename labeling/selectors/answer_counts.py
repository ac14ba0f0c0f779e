"""How many answers came when, and how often each label was given: what was counted before, and what came since.

A project of few answers is counted whole, each time. Above that what is kept (``AnswerCounts``, which a worker moves
on) is added to what came since, so that the figures are those of now and cost no more at a million.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from labeling.db.raw_rows import fetch
from labeling.kinds import PerSubject, kind_of
from labeling.models import AnswerCounts, Project, Source
from labeling.selectors.label_names import LabelIdentities, label_names

#: So many revisions are counted while somebody waits.
MOST_COUNTED = 5_000
#: Minutes are told apart for so long: an hour is made of them.
MINUTES_KEPT = timedelta(hours=2)
#: Days of before are let go of.
DAYS_KEPT = timedelta(days=400)
_DATE, _MINUTE = 10, 16


@dataclass
class Events:
    """What the annotations of some ids change: answers of people by date or by minute, those of the last hour, and how
    often each label is given. A revision takes away what it replaced."""

    times: "Counter[str]" = field(default_factory=Counter)
    fresh: int = 0
    labels: "Counter[str]" = field(default_factory=Counter)


@dataclass(frozen=True)
class AnswerFigures:
    """``labels`` by identity. ``as_of`` is None where these are the figures of now; else much came since then that a
    worker has yet to count. ``is_known``: False before anything was counted, where all is 0."""

    days: Mapping[str, int]
    last_hour: int
    labels: Mapping[str, int]
    as_of: datetime | None = None
    is_known: bool = True


def answer_figures(project: Project) -> AnswerFigures:
    """At most ``MOST_COUNTED`` annotations are read."""
    now, scheme = timezone.now(), label_names(project)
    kept = kept_counts(project, scheme)
    days, minutes = Counter(kept.days), kept.minutes
    last_hour = sum(n for minute, n in minutes.items() if minute > _text(now - timedelta(hours=1))[:_MINUTE])
    labels = Counter(kept.labels)
    if n_since(project, kept.folded, MOST_COUNTED + 1) > MOST_COUNTED:
        return AnswerFigures(days, last_hour, labels, kept.updated_at, kept.folded > 0)
    since = events(project, scheme, kept.folded, None, now)
    days.update(since.times)
    labels.update(since.labels)
    return AnswerFigures(days, last_hour + since.fresh, labels)


def kept_counts(project: Project, scheme: LabelIdentities) -> AnswerCounts:
    """As they are stored; nothing where they were counted by other labels than those of now."""
    kept = AnswerCounts.objects.filter(project=project).first()
    if kept is None or kept.scheme != scheme_signature(scheme):
        return AnswerCounts(project=project)
    return kept


def true_counts(project: Project, kept: AnswerCounts) -> dict[str, Mapping[str, int]]:
    """``days`` and ``labels`` as they should stand there. Reads all: for checks."""
    now = timezone.now()
    found = events(project, label_names(project), 0, kept.folded, now)
    first = _text(now - DAYS_KEPT)[:_DATE]
    days = {day: n for day, n in found.times.items() if n and day >= first}
    return {"days": days, "labels": {label: n for label, n in found.labels.items() if n}}


def scheme_signature(scheme: LabelIdentities) -> str:
    return hashlib.sha256(json.dumps(sorted(scheme.present.items())).encode(errors="surrogatepass")).hexdigest()


def n_since(project: Project, after: int, most: int) -> int:
    """Annotations with ids above ``after``, at most ``most``."""
    sql = "SELECT COUNT(*) FROM (SELECT 1 FROM labeling_annotation WHERE project_id = %s AND id > %s LIMIT %s) since"
    return int(fetch(sql, [project.pk, after, most])[0][0])


#: What an annotation counts for itself, and the answer that a revision of the same question replaced.
_COUNTED = ((1, "a", ""), (-1, "p", "CROSS JOIN labeling_annotation p"))
_REPLACED = (
    "AND a.task_id IS NOT NULL AND a.revision > 1 AND p.task_id IS NOT NULL AND p.task_id = a.task_id"
    " AND p.revision = a.revision - 1"
)


def events(
    project: Project, scheme: LabelIdentities, after: int, until: int | None, now: datetime,
    *, minutes_from: datetime | None = None,
) -> Events:  # fmt: skip
    """Of the annotations with ids above ``after``, up to ``until``. By date, from ``minutes_from`` on by minute."""
    found, given = Events(), _GIVEN.of(kind_of(project).subject)(project, scheme)
    adapted = connection.ops.adapt_datetimefield_value
    hour_ago, by_minute = adapted(now - timedelta(hours=1)), adapted(minutes_from or now + timedelta(days=1))
    up_to, params = ("", []) if until is None else (" AND a.id <= %s", [until])
    for sign, row, joined in _COUNTED:
        sql = f"""SELECT CASE WHEN {row}.created_at >= %s THEN {_moment(row, _MINUTE)} ELSE {_moment(row, _DATE)} END,
            CASE WHEN {row}.created_at >= %s THEN 1 ELSE 0 END, {row}.source, CAST({row}.answer AS TEXT), COUNT(*)
            FROM labeling_annotation a {joined} WHERE a.project_id = %s AND a.id > %s{up_to}
            AND {row}.answer IS NOT NULL AND {row}.source <> 'review' {_REPLACED if joined else ""}
            GROUP BY 1, 2, 3, 4"""
        for time, is_fresh, source, answer, n in fetch(sql, [by_minute, hour_ago, project.pk, after, *params]):
            if source == Source.HUMAN:
                found.times[time] += sign * n
                found.fresh += sign * n * is_fresh
            for label in given(source, answer):
                found.labels[label] += sign * n
    return found


def _moment(row: str, letters: int) -> str:
    if connection.vendor == "sqlite":
        return f"substr({row}.created_at, 1, {letters})"
    form = "YYYY-MM-DD HH24:MI"[: letters if letters == _DATE else None]
    return f"to_char({row}.created_at AT TIME ZONE 'UTC', '{form}')"


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


Given = Callable[[str, str], tuple[str, ...]]


def _labels(project: Project, scheme: LabelIdentities) -> Given:
    """The labels that an answer gives, whoever gave it."""
    labels_of: Callable[[Any], tuple[str, ...]] = kind_of(project).labels_of

    return _remembering(lambda source, answer: tuple(labels_of(scheme.read(orjson.loads(answer)))))


def _winners(project: Project, scheme: LabelIdentities) -> Given:
    """What people said of a pair."""
    return _remembering(lambda source, answer: (orjson.loads(answer)["winner"],) if source == Source.HUMAN else ())


def _remembering(read: Given) -> Given:
    known: dict[tuple[str, str], tuple[str, ...]] = {}

    def given(source: str, answer: str) -> tuple[str, ...]:
        if (source, answer) not in known:
            known[source, answer] = read(source, answer)
        return known[source, answer]

    return given


_GIVEN: PerSubject[Callable[[Project, LabelIdentities], Given]] = PerSubject(item=_labels, pair=_winners)
