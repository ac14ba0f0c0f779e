"""Empties the database after a test whose transactions were real: the tables that hold rows, and no other.

Django's flush empties all tables, which on PostgreSQL makes a new file for each of them and of their indexes, and then
makes content types and permissions anew. Those are the same after every test, and stay.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.transaction import atomic

from labeling.models import AuditEvent
from tests.audit_guard import unguarded

STAY = (ContentType._meta.db_table, Permission._meta.db_table)
#: PostgreSQL keeps the place of deleted rows: a table that has grown beyond this gets a new file.
LARGE_BYTES = 2**20


def what_stays() -> list[tuple[int, ...]]:
    """Tells whether a test touched what migrations made."""
    return sorted(ContentType.objects.values_list("pk")) + sorted(Permission.objects.values_list("pk", "content_type"))


def empty(made: list[tuple[int, ...]]) -> None:
    """Leaves what stays. Raises AssertionError when the test made something else of it."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - {*STAY}
    with connection.constraint_checks_disabled(), atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _delete_on_postgresql(cursor, tables)
        else:
            _delete_on_sqlite(cursor, tables)
    assert what_stays() == made, "content types and permissions are for all tests: put them back"


def _delete_on_sqlite(cursor: CursorWrapper, tables: Iterable[str]) -> None:
    filled = _filled(cursor, tables)
    if AuditEvent._meta.db_table in filled:
        with unguarded():
            _delete(cursor, filled)
    else:
        _delete(cursor, filled)


def _delete_on_postgresql(cursor: CursorWrapper, tables: Iterable[str]) -> None:
    """As a truncation does it waits for whoever still writes, though the process may be gone."""
    cursor.execute(f"LOCK TABLE {_listed(tables)} IN ACCESS EXCLUSIVE MODE")
    filled = _filled(cursor, tables)
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND pg_relation_size(oid) > %s", [filled, LARGE_BYTES]
    )
    if large := [name for (name,) in cursor.fetchall()]:
        cursor.execute(f"TRUNCATE {_listed(large)} CASCADE")
    cursor.execute(
        "SET LOCAL session_replication_role = replica"
    )  # no triggers: keys are not looked up, nor the trail guarded
    _delete(cursor, set(filled) - set(large))


def _filled(cursor: CursorWrapper, tables: Iterable[str]) -> list[str]:
    found = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {_listed([name])})" for name in sorted(tables))
    cursor.execute(" UNION ALL ".join(found))
    return [name for (name,) in cursor.fetchall()]


def _delete(cursor: CursorWrapper, tables: Iterable[str]) -> None:
    for name in tables:
        cursor.execute(f"DELETE FROM {_listed([name])}")


def _listed(tables: Iterable[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, sorted(tables)))
