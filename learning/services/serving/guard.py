"""Who may ask the model now: no caller that a manager has stopped, and none beyond the project's limits."""

import time
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from labeling.db.prepared import PreparedRows
from labeling.models import Project
from labeling.services.outages.patience import patience
from labeling.services.validation.errors import Invalid
from learning.models import PredictionCaller
from learning.models.prediction_caller import DAY_S, MINUTE_S, caller_key
from learning.services.serving.answering import WRITE_PATIENCE_S, Caller

#: How old what a process knows of stopped callers may be.
FRESH_S = 1.0
_MOST_PROJECTS = 1_000


_stopped_callers = PreparedRows(
    lambda project: PredictionCaller.objects.stopped().filter(project=project).values_list("caller", "stopped_why")
)


class Stopped(Exception):
    """A manager has stopped this caller; the text is for who asks."""


class TooMany(Exception):
    """More rows than the project lets one caller ask about; asking again is worth it after ``retry_after_s``."""

    def __init__(self, words: str, retry_after_s: int) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class Guard:
    """Of one process. Not for threads."""

    def __init__(self) -> None:
        self._stopped: dict[int, tuple[float, dict[str, str]]] = {}

    def refuse_stopped(self, project: Project, caller: Caller) -> None:
        """Raises Stopped."""
        if (why := self._stopped_in(project.pk).get(caller_key(caller.user_id, caller.token_id))) is not None:
            raise Stopped(f"Your predictions were stopped by a manager of this project: {why}")

    def count(self, project: Project, caller: Caller, rows: int) -> None:
        """Counts the rows of a request before they are answered, where there are limits. Raises TooMany, Invalid (more
        at once than there may be in a minute or a day)."""
        for limit, words in ((project.predictions_a_minute, "a minute"), (project.predictions_a_day, "a day")):
            if limit and rows > limit:
                raise Invalid(
                    "rows", f"At most {limit:,} {words} for one caller, here are {rows:,}: send fewer at once."
                )
        if project.predictions_a_minute or project.predictions_a_day:
            _count(project, caller, rows, _windows(project))

    def count_in_day(self, project: Project, caller: Caller, rows: int) -> None:
        """Counts rows of a file, which a worker answers at its own pace: the limit of a minute is for requests. Raises
        TooMany."""
        if project.predictions_a_day:
            minute, day = _windows(project)
            _count(project, caller, rows, [replace(minute, limit=0), day])

    def _stopped_in(self, project_id: int) -> dict[str, str]:
        read_at, stopped = self._stopped.get(project_id, (0.0, {}))
        now = time.monotonic()
        if now - read_at > FRESH_S or not read_at:
            if len(self._stopped) > _MOST_PROJECTS:
                self._stopped.clear()
            stopped = dict(_stopped_callers(project_id))
            self._stopped[project_id] = now, stopped
        return stopped


@dataclass(frozen=True)
class _Window:
    """One of the two spans that are counted."""

    name: str
    begun: int
    limit: int
    ends_in_s: int


def _windows(project: Project) -> list[_Window]:
    now = int(timezone.now().timestamp())
    return [
        _Window("minute", now // MINUTE_S, project.predictions_a_minute, MINUTE_S - now % MINUTE_S),
        _Window("day", now // DAY_S, project.predictions_a_day, DAY_S - now % DAY_S),
    ]


def _count(project: Project, caller: Caller, rows: int, windows: list[_Window]) -> None:
    """One statement decides and counts, so that no two processes let in more together. Raises TooMany."""
    table = connection.ops.quote_name(PredictionCaller._meta.db_table)
    after = {
        one.name: f"CASE WHEN {table}.{one.name} = excluded.{one.name} THEN {table}.in_{one.name} ELSE 0 END + {rows:d}"
        for one in windows
    }
    sets = ", ".join(f"{name} = excluded.{name}, in_{name} = {counted}" for name, counted in after.items())
    fits = " AND ".join(f"{after[one.name]} <= {one.limit:d}" for one in windows if one.limit)
    values: dict[str, Any] = {
        "project_id": project.pk,
        "caller": caller_key(caller.user_id, caller.token_id),
        "token_id": caller.token_id,
    }
    values["user_id"] = caller.user_id if caller.token_id is None else None
    for one in windows:
        values |= {one.name: one.begun, f"in_{one.name}": rows}
    marks = ", ".join(["%s"] * len(values))
    with patience(WRITE_PATIENCE_S), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks}) ON CONFLICT (project_id, caller)"
            f" DO UPDATE SET {sets} WHERE {fits} RETURNING id",
            list(values.values()),
        )
        if cursor.fetchone() is not None:
            return
    known = PredictionCaller.objects.get(project=project, caller=caller_key(caller.user_id, caller.token_id))
    full = [
        one for one in windows
        if one.limit and getattr(known, one.name) == one.begun
        and getattr(known, f"in_{one.name}") + rows > one.limit
    ]  # fmt: skip
    last = max(full, key=lambda one: one.ends_in_s, default=windows[0])  # where it has begun anew meanwhile: at once
    retry_after_s = last.ends_in_s if full else 1
    raise TooMany(f"At most {last.limit:,} predictions a {last.name} for one caller.", retry_after_s)
