"""How long a statement waits for what somebody else has locked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def patience(wait_s: float) -> Iterator[None]:
    """Statements inside wait at most so long for a lock of SQLite or of PostgreSQL, then raise OperationalError."""
    wait_ms = int(wait_s * 1000)
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout" if is_sqlite else "SHOW lock_timeout")
        (before,) = cursor.fetchone()
        # 0 is "not at all" to SQLite and "for ever" to PostgreSQL
        cursor.execute(f"PRAGMA busy_timeout = {wait_ms}" if is_sqlite else f"SET lock_timeout = {max(1, wait_ms)}")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {before}" if is_sqlite else f"SET lock_timeout = '{before}'")
