"""PostgreSQL: every table of one moment by COPY, in a format of ours that needs no program of the server's version."""

import gzip
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from config.backup.manifest import BackupRefused, Migrations
from config.single_migrations import one_by_one

FOLDER = "database"
MIGRATIONS = "django_migrations"


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction that sees the database as it was at its first statement, whatever is written meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def dump(folder: Path) -> dict[str, list[str]]:
    """Writes ``database/<table>.gz`` for every table; returns the columns of each."""
    (folder / FOLDER).mkdir()
    tables: dict[str, list[str]] = {}
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in sorted(_tables(cursor)):
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            chosen = ", ".join(map(quote, columns))
            with gzip.GzipFile(folder / FOLDER / f"{table}.gz", "wb", compresslevel=3, mtime=0) as file:
                cursor.copy_expert(f"COPY (SELECT {chosen} FROM {quote(table)}) TO STDOUT", file)
            tables[table] = columns
    return tables


def _tables(cursor: Any) -> list[str]:
    return [found.name for found in connection.introspection.get_table_list(cursor) if found.type == "t"]


def has_tables() -> bool:
    with connection.cursor() as cursor:
        return bool(_tables(cursor))


def others_connected() -> int:
    """Connections of anybody else to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


class Staging:
    """A schema beside the one in use, which takes its place in one transaction once everything is in it."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            self.in_use = str(cursor.fetchone()[0])
            self.name = f"restoring_{secrets.token_hex(4)}"
            cursor.execute(f"CREATE SCHEMA {self.name}")
            cursor.execute(f"SET search_path TO {self.name}")

    def drop(self) -> None:
        """What is left of an attempt that failed."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {connection.ops.quote_name(self.in_use)}")
            cursor.execute(f"DROP SCHEMA IF EXISTS {self.name} CASCADE")

    def load(self, folder: Path, tables: dict[str, list[str]], migrations: Migrations, gap: int) -> None:
        """Makes the tables as they were by their migrations, and fills them."""
        _migrate(migrations)
        quote = connection.ops.quote_name
        with transaction.atomic(), connection.cursor() as cursor:
            there = set(_tables(cursor))
            if lacking := set(tables) - there:
                raise BackupRefused(f"The backup has tables that its migrations do not make: {', '.join(lacking)}.")
            for table in sorted(there):
                cursor.execute(f"SELECT EXISTS (SELECT FROM {quote(table)})")
                if cursor.fetchone()[0]:  # what migrations wrote; an append-only table refuses even when it is empty
                    cursor.execute(f"TRUNCATE {quote(table)} CASCADE")
            for table, columns in tables.items():
                chosen = ", ".join(map(quote, columns))
                with gzip.open(folder / FOLDER / f"{table}.gz", "rb") as file:
                    cursor.copy_expert(f"COPY {quote(table)} ({chosen}) FROM STDIN", file)
            for table, columns in tables.items():
                _leave_room(cursor, table, columns, gap)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # every reference is looked at here, not at the end

    def take_over(self, keep_as: str | None) -> None:
        """The one moment at which the restored database becomes the database. ``keep_as``: what becomes of the old."""
        with transaction.atomic(), connection.cursor() as cursor:
            old = connection.ops.quote_name(self.in_use)
            if keep_as:
                cursor.execute(f"ALTER SCHEMA {old} RENAME TO {keep_as}")
            else:
                cursor.execute(f"DROP SCHEMA {old}")  # without CASCADE: it is empty, or this fails
            cursor.execute(f"ALTER SCHEMA {self.name} RENAME TO {old}")
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {old}")


def _migrate(migrations: Migrations) -> None:
    """To exactly the migrations of the backup, without the rows that Django adds after a migration."""
    wanted = {(app, name) for app, name in migrations}
    executor = MigrationExecutor(connection)
    squashed = {key: migration.replaces for key, migration in executor.loader.graph.nodes.items() if migration.replaces}
    if all(wanted.issuperset(replaced) for replaced in squashed.values()):
        wanted |= squashed.keys()
    else:
        executor = one_by_one()  # it ends between two that are squashed
    graph = executor.loader.graph
    targets = [node for node in graph.nodes if node in wanted and not set(_children(graph, node)) & wanted]
    executor.migrate(targets)


def _children(graph: Any, node: tuple[str, str]) -> list[tuple[str, str]]:
    return [child.key for child in graph.node_map[node].children if child.key[0] == node[0]]


def _leave_room(cursor: Any, table: str, columns: list[str], gap: int) -> None:
    """Numbers go on behind the greatest, with a gap: what a browser still holds must not fit another row."""
    quote = connection.ops.quote_name
    for column in columns:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [quote(table), column])
        (sequence,) = cursor.fetchone()
        if sequence:
            cursor.execute(
                f"SELECT setval(%s, coalesce(max({quote(column)}), 0) + %s) FROM {quote(table)}", [sequence, gap]
            )
