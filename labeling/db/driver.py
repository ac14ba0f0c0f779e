"""A statement at the driver, for those that are run with every question: a cursor of Django's costs six times as much
as a short statement of SQLite.

Wherever somebody listens to statements, or a connection has to be looked at first, it is Django's cursor all the same.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
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
        return self._run(values)[0]

    def count(self, values: Sequence[Any]) -> int:
        """Runs it; how many rows it wrote."""
        return self._run(values, is_read=False)[1]

    def _run(self, values: Sequence[Any], *, is_read: bool = True) -> tuple[list[tuple[Any, ...]], int]:
        connection = connections[DEFAULT_DB_ALIAS]
        if _needs_django(connection):
            with connection.cursor() as cursor:
                cursor.execute(self.text, values)
                return (cursor.fetchall() if is_read else []), cursor.rowcount
        try:
            if self.native is not None:
                cursor = connection.connection.execute(self.native, values)
            else:
                cursor = connection.create_cursor()  # type: ignore[attr-defined]  # not in the stubs
                cursor.execute(self.text, values)
            found = cursor.fetchall() if is_read else []
            written = cursor.rowcount
            cursor.close()
        except connection.Database.Error:  # type: ignore[attr-defined]  # the driver's module
            with connection.wrap_database_errors:
                raise
        return found, written


def _needs_django(connection: BaseDatabaseWrapper) -> bool:
    return bool(
        connection.connection is None
        or connection.needs_rollback
        or connection.execute_wrappers
        or connection.queries_logged
        or (connection.health_check_enabled and not connection.health_check_done)
    )
