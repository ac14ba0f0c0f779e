"""Emptying the database between tests meets the trail's own guard: it is lifted for that moment, and stands again."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATION = import_module("labeling.migrations.0011_audit_event")


@contextmanager
def unguarded(database: BaseDatabaseWrapper = connection) -> Iterator[None]:  # type: ignore[assignment]
    """The table without its triggers."""
    with database.cursor() as cursor:
        editor = SimpleNamespace(connection=database, execute=cursor.execute)
        MIGRATION.unguard(None, editor)
        try:
            yield
        finally:
            MIGRATION.guard(None, editor)
