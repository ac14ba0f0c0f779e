"""How long a statement waits for what somebody else has locked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

#: On a connection that waits so long (milliseconds) whenever nothing else is said: see ``stand``.
_STANDING = "standing_patience_ms"


def stand(connection: BaseDatabaseWrapper, wait_s: float) -> None:
    """For a process that always waits as long: said once a connection, ``patience`` of the same asks nothing any more.
    To be called with every new connection (``connection_created``)."""
    wait_ms = int(wait_s * 1000)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {wait_ms}")
        else:
            cursor.execute(f"SET lock_timeout = {max(1, wait_ms)}")
    setattr(connection, _STANDING, wait_ms)


@contextmanager
def patience(wait_s: float) -> Iterator[None]:
    """Statements inside wait at most so long for a lock of SQLite or of PostgreSQL, then raise OperationalError."""
    wait_ms = int(wait_s * 1000)
    if connection.connection is not None and getattr(connection, _STANDING, None) == wait_ms:
        yield
        return
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
