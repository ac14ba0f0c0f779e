"""Whether anything with an older number may still be committed."""

from datetime import datetime, timedelta

from django.db import connection, models
from django.utils import timezone

#: Between taking its number and being known to be under way a transaction needs less.
TAKES_NUMBER_IN = timedelta(seconds=1)
#: Clocks of machines that keep time are closer. A moment further ahead was noted before a clock was put back.
CLOCKS_DIFFER = timedelta(seconds=5)


def all_over_since(model: type[models.Model], project_id: int, written_at: datetime) -> bool:
    """Whether every transaction is over that was under way when the project's row of ``model`` was written last, which
    it was at ``written_at``: then all is there that ever will be with a number that was given until then.

    SQLite's writers come one after the other, and so do their numbers.
    """
    if not connection.features.has_select_for_update:
        return True
    now = timezone.now()
    if now - TAKES_NUMBER_IN < written_at <= now + CLOCKS_DIFFER:  # what lies further ahead: the clock was put back
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT age(xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)"
            f" FROM {model._meta.db_table} WHERE project_id = %s",
            [project_id],
        )
        return bool((cursor.fetchone() or (False,))[0])
