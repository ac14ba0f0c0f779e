"""A statement at the driver, for those that are run with every question: a cursor of Django's costs six times as much
as a short statement of SQLite.

Wherever somebody listens to statements, or a connection has to be looked at first, it is Django's cursor all the same.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX


class Statement:
    """SQL with Django's places (``%s``), for the database of the default connection."""

    __slots__ = ("native", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        is_sqlite = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
        #: as SQLite takes it; None where the driver takes it as it is
        self.native = FORMAT_QMARK_REGEX.sub("?", text).replace("%%", "%") if is_sqlite else None

    def rows(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection: Any = connections[DEFAULT_DB_ALIAS]
        if _needs_django(connection):
            with connection.cursor() as cursor:
                cursor.execute(self.text, values)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found
        cursor = self._executed(connection, values)
        try:
            return cursor.fetchall()
        except connection.Database.Error:
            with connection.wrap_database_errors:
                raise
        finally:
            cursor.close()

    def count(self, values: Sequence[Any]) -> int:
        """Runs it; how many rows it wrote."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        if _needs_django(connection):
            with connection.cursor() as cursor:
                cursor.execute(self.text, values)
                return int(cursor.rowcount)
        cursor = self._executed(connection, values)
        written: int = cursor.rowcount
        cursor.close()
        return written

    def _executed(self, connection: Any, values: Sequence[Any]) -> Any:
        """The driver's cursor; its errors are Django's."""
        try:
            if self.native is not None:
                return connection.connection.execute(self.native, values)
            cursor = connection.create_cursor()
            cursor.execute(self.text, values)
            return cursor
        except connection.Database.Error:
            with connection.wrap_database_errors:
                raise


def _needs_django(connection: Any) -> bool:
    return bool(
        connection.connection is None
        or connection.needs_rollback
        or connection.execute_wrappers
        or connection.force_debug_cursor
        or settings.DEBUG
        or (connection.health_check_enabled and not connection.health_check_done)
    )
