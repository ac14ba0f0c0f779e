"""Totals of every person at once. Plain SQL: medians by window functions, on both databases the same text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Count, Max
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from labeling.db.raw_rows import fetch
from labeling.models import Annotation, Project, Task, TaskState, User
from labeling.selectors.people.key import CURRENT, KEY_COLUMNS, PersonKey

#: Times and comparisons are over the newest answers, so that a page costs no more at a million.
NEWEST_ANSWERS = 100_000
#: Nobody takes in a question in less (the same floor as for pairs, ``learning/core/pairwise/audit.py``).
FLOOR_MS = 300
#: Times of one person spread by a factor of two around their median: below a quarter lies one honest answer in forty.
FAST_SHARE_OF_MEDIAN = 0.25


@dataclass(frozen=True)
class Totals:
    """Of one person; ``timed`` and ``fast`` are over the newest answers."""

    answers: int
    first_at: datetime
    last_at: datetime
    timed: int
    fast: int
    doubted: int


@dataclass(frozen=True)
class Skips:
    count: int
    last_at: datetime | None


def newest_from(project: Project) -> int:
    """Id of the answer before the newest ones; 0 where all are among them."""
    ids = Annotation.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)
    return next(iter(ids[NEWEST_ANSWERS : NEWEST_ANSWERS + 1]), 0)


def newest_id(project: Project) -> int:
    """Of all answers and their revisions: it moves with every one."""
    return Annotation.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True).first() or 0


#: Answers of one person that say how fast he is by now.
LATELY = 50


def medians_lately(project: Project, after: int) -> dict[PersonKey, float]:
    """Milliseconds an answer among the newest ``LATELY`` of everybody who has so many with a time on record."""
    sql = f"""
        SELECT annotator_id, imported_annotator, elapsed_ms FROM (
            SELECT {KEY_COLUMNS}, a.elapsed_ms,
                ROW_NUMBER() OVER (PARTITION BY {KEY_COLUMNS} ORDER BY a.id DESC) AS back
            FROM labeling_annotation a WHERE {CURRENT} AND a.elapsed_ms IS NOT NULL AND a.id > %s
        ) newest WHERE back <= {LATELY}"""
    times: dict[PersonKey, list[int]] = {}
    for user, name, ms in fetch(sql, [project.pk, after]):
        times.setdefault(PersonKey(user, name), []).append(ms)
    return {person: median(some) for person, some in times.items() if len(some) == LATELY}


def medians(project: Project, after: int) -> dict[PersonKey, float]:
    """Milliseconds an answer, of everybody with a time on record."""
    sql = f"""
        SELECT annotator_id, imported_annotator, AVG(elapsed_ms) FROM (
            SELECT {KEY_COLUMNS}, a.elapsed_ms,
                ROW_NUMBER() OVER (PARTITION BY {KEY_COLUMNS} ORDER BY a.elapsed_ms) AS place,
                COUNT(*) OVER (PARTITION BY {KEY_COLUMNS}) AS timed
            FROM labeling_annotation a WHERE {CURRENT} AND a.elapsed_ms IS NOT NULL AND a.id > %s
        ) ranked WHERE place IN ((timed + 1) / 2, (timed + 2) / 2) GROUP BY annotator_id, imported_annotator"""
    return {PersonKey(user, name): float(ms) for user, name, ms in fetch(sql, [project.pk, after])}


def fast_below_ms(by_person: Mapping[PersonKey, float]) -> int | None:
    """What counts as too fast here: a quarter of what an answer takes, by the median of people's medians, so that who
    answers most does not set the limit he is held against."""
    if not by_person:
        return None
    return max(FLOOR_MS, round(FAST_SHARE_OF_MEDIAN * median(by_person.values())))


def totals(project: Project, after: int, fast_ms: int | None) -> dict[PersonKey, Totals]:
    """Of everybody who has answered."""
    sql = f"""
        SELECT {KEY_COLUMNS}, COUNT(*), MIN(a.created_at), MAX(a.created_at),
            COUNT(CASE WHEN a.elapsed_ms IS NOT NULL AND a.id > %s THEN 1 END),
            COUNT(CASE WHEN a.elapsed_ms < %s AND a.id > %s THEN 1 END),
            COUNT(CASE WHEN a.doubt THEN 1 END)
        FROM labeling_annotation a WHERE {CURRENT} GROUP BY {KEY_COLUMNS}"""
    found = fetch(sql, [after, fast_ms or 0, after, project.pk])
    return {
        PersonKey(user, name): Totals(answers, _moment(first), _moment(last), timed, fast, doubted)
        for user, name, answers, first, last, timed, fast, doubted in found
    }


def _moment(value: Any) -> datetime:
    """SQLite tells moments of plain SQL as text in UTC."""
    moment = parse_datetime(value) if isinstance(value, str) else value
    assert moment is not None
    return make_aware(moment) if is_naive(moment) else moment


#: Questions ``t`` of one user, read before anything else.
OF_ONE = "(SELECT id FROM labeling_task WHERE project_id = %s AND annotator_id = %s) t CROSS JOIN"


def per_day(project: Project, since: datetime, person: PersonKey | None = None) -> dict[PersonKey, dict[str, int]]:
    """Answers by date in UTC, of everybody or of one user."""
    text = (
        "CAST(a.created_at AS TEXT)"
        if connection.vendor == "sqlite"
        else "CAST(a.created_at AT TIME ZONE 'UTC' AS TEXT)"
    )
    # one user's by his questions: answers have no index by person, and of a million most are others'
    one, given = ("", []) if person is None else (OF_ONE, [project.pk, person.user_id])
    sql = f"""
        SELECT {KEY_COLUMNS}, substr({text}, 1, 10) AS date, COUNT(*) FROM {one} labeling_annotation a
        WHERE {"a.task_id = t.id AND " if one else ""}{CURRENT} AND a.created_at >= %s GROUP BY {KEY_COLUMNS}, date"""
    found: dict[PersonKey, dict[str, int]] = {}
    for user, name, date, n in fetch(sql, [*given, project.pk, since]):
        found.setdefault(PersonKey(user, name), {})[date] = n
    return found


def skips(project: Project, user: User | None = None) -> dict[int, Skips]:
    """By user, of everybody who has skipped, or of one: reads the skipped ones alone (``task_skipped``), so it is never
    kept from before, as what all answers come to is (``kept``)."""
    skipped = Task.objects.filter(project=project, state=TaskState.SKIPPED, **({"annotator": user} if user else {}))
    rows = skipped.order_by().values_list("annotator_id")
    return {user: Skips(n, last) for user, n, last in rows.annotate(n=Count("pk"), last=Max("skipped_at"))}
