"""One housekeeping: by the rules of the keepers, then old rows, then what no row names."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from labeling.extensions import installed
from labeling.models import Backup, Housekeeping, JobState, Project, User
from labeling.services.audit.trail import record
from labeling.services.housekeeping.rows import drop_old_rows
from labeling.services.housekeeping.rules import Freed
from labeling.services.housekeeping.strays import Usage, sweep_strays
from labeling.services.jobs.attempts import Beat, attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit

log = logging.getLogger(__name__)

JOB = "labeling.run_housekeeping"


@transaction.atomic
def start_housekeeping(user: User | None = None) -> Housekeeping:
    """Asks for one; the one that is waiting already when there is one. Two at once do no harm."""
    waiting: Housekeeping | None = Housekeeping.objects.filter(state=JobState.QUEUED).first()
    if waiting is not None:
        return waiting
    asked = Housekeeping.objects.create(asked_by=user)
    if user is not None:
        record("housekeeping.started", user=user)
    enqueue_on_commit(JOB, asked.pk)
    return asked


def run_housekeeping(pk: int) -> dict[str, Any]:
    """Safe to call any number of times; a killed one goes on from the beginning and finds less to do."""
    with attempt_at(Housekeeping.objects.all(), pk) as attempt:
        if attempt is None:
            return {"housekeeping": pk, "outcome": "nothing to do"}
        if Backup.objects.under_way().exists():
            attempt.finish(note="A backup was under way: nothing was removed.", usage=_last_usage())
            return {"housekeeping": pk, "outcome": "backup"}
        freed = [*_by_the_rules(attempt.beat), *drop_old_rows(attempt.beat)]
        strays, usage = sweep_strays(attempt.beat)
        freed = [row for row in [*freed, *strays] if row.files or row.rows]
        usage[""] = {"database": [1, database_bytes()]}
        attempt.finish(freed=[asdict(row) for row in freed], usage=usage)
        log.info("housekeeping freed %s bytes", sum(row.size_bytes for row in freed))
    return {"housekeeping": pk, "outcome": "done", "freed_bytes": sum(row.size_bytes for row in freed)}


def _by_the_rules(beat: Beat) -> list[Freed]:
    freed = []
    for project_id in Project.objects.order_by("pk").values_list("pk", flat=True):
        for rule in installed().retention:
            beat()
            freed.append(rule.apply(project_id, beat))
    return freed


def _last_usage() -> Usage:
    last = Housekeeping.objects.filter(state=JobState.DONE).order_by("-pk").first()
    return last.usage if last else {}


def database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    place = Path(str(connection.settings_dict["NAME"]))
    return sum(path.stat().st_size for path in (place, Path(f"{place}-wal")) if path.exists())
