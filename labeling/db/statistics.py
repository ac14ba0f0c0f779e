"""What the planner of PostgreSQL knows of a table into which many rows came at once.

Autovacuum counts them within a minute or two. Until then it may take a table for empty that held nothing when it was
last counted, and read all of it where it would seek: a random draw of a question out of 20,000 new items took 19 ms
instead of less than one. SQLite plans without statistics.
"""

import logging

from django.db import DatabaseError, connection, models

#: Below this many new rows, reading all of them costs less than a person notices.
MANY_ROWS = 10_000

log = logging.getLogger(__name__)


def count_anew(*tables: type[models.Model]) -> None:
    """Has PostgreSQL take its sample of the tables now (some 30,000 rows each, however many there are)."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table._meta.db_table)}")
    except DatabaseError:  # it is done by itself a little later
        log.warning("the planner's statistics could not be renewed", exc_info=True)
