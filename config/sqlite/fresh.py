"""The tables of a fresh SQLite database, from a file beside this one: migrations took 6 s of CPU of every first start.

The file is what the migrations make of an empty database, and names them. Those that are newer than the file are run
on top, so a file that is behind costs time and nothing else. After a new migration: ``python -m config.sqlite.fresh``.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLES = Path(__file__).with_suffix(".sql")
#: Django fills these after migrations, by the apps that are installed.
FILLED_AFTERWARDS = {"django_content_type", "auth_permission"}
_NOW = "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"


def is_empty(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM sqlite_master)")
        return bool(cursor.fetchone()[0])


def lay_out() -> None:
    """Makes the tables in the empty database of the default connection: all, with what Django puts in them, or none."""
    from django.core.management.sql import emit_post_migrate_signal  # noqa: PLC0415 - settings are read first
    from django.db import DEFAULT_DB_ALIAS, connection, transaction  # noqa: PLC0415

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(TABLES.read_text(encoding="utf-8")):
            cursor.execute(statement)
        emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS, plan=[])


def statements(text: str) -> Iterator[str]:
    """One after the other; a trigger has semicolons inside."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def written(connection: Any) -> str:
    """The tables of the database and the names of its migrations as SQL, which makes the same again.

    Raises ValueError for rows that migrations have put in: there are none so far, and the file would have to hold them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%%'"
            " ORDER BY type != 'table', type, name"  # not as they were made: who makes one anew changes that
        )
        made = cursor.fetchall()
        for kind, name, _ in made:
            if kind == "table" and name not in FILLED_AFTERWARDS | {"django_migrations"}:
                cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")')
                if cursor.fetchone()[0]:
                    raise ValueError(f"{name} has rows")
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        names = cursor.fetchall()
    rows = (
        f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', {_NOW});" for app, name in names
    )
    return "\n".join([*(f"{sql};" for *_, sql in made), *rows, ""])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="querent-fresh-") as home:
        os.environ |= {"QUERENT_HOME": home, "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "config.settings"}
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        call_command("migrate", verbosity=0, interactive=False)
        TABLES.write_text(written(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
